public import EmbeddedCluster
import Glibc

// A build without tests (`-c release`) has no such module, and nobody to use what needs it.
#if canImport(Testing)
    public import Testing
#endif

/// What the integration tests' clusters are made of: `make test ENGINE=greenplum GPHOME=…` sets `GPHA_TEST_ENGINE`.
public enum TestEngine {
    /// The engine of all clusters of this run.
    public static let current: DemoEngine = {
        let name = variable("GPHA_TEST_ENGINE") ?? DemoEngine.embedded.rawValue
        guard let engine = DemoEngine(rawValue: name) else { fatalError("GPHA_TEST_ENGINE=\(name) is no engine") }
        return engine
    }()

    public static var isGreenplum: Bool { current == .greenplum }

    #if canImport(Testing)
        /// Ends the running test as skipped where the clusters are Greenplum's.
        ///
        /// - Parameter reason: what that server does not have, or does itself.
        public static func skipOnGreenplum(_ reason: Comment) throws {
            if isGreenplum { try Test.cancel(reason) }
        }
    #endif

    /// The network of clusters whose hosts' names have to be known to the servers: Greenplum connects to the catalog's
    /// host names, which only namespaces resolve.
    static var greenplumNetwork: DemoNetwork { geteuid() == 0 ? .namespaces : .loopback }

    /// The programs of the Greenplum installation.
    static var greenplumPrograms: String { (variable("GPHOME") ?? "/GPHOME-is-not-set") + "/bin" }

    /// Options of `gpdemo create` for a cluster of the engine under test.
    public static var createOptions: [String] {
        isGreenplum ? ["--engine", "greenplum", "--gphome", variable("GPHOME") ?? "/GPHOME-is-not-set"] : []
    }

    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }
}

extension DemoSpecification {
    /// The same cluster with servers of the engine under test.
    public var underTest: DemoSpecification {
        guard TestEngine.isGreenplum else { return self }
        var own = self
        own.engine = .greenplum
        own.serverPrograms = TestEngine.greenplumPrograms
        own.faultTolerance = false
        own.network = TestEngine.greenplumNetwork
        return own
    }
}

#if canImport(Testing)
    extension Trait where Self == ConditionTrait {
        /// For what makes sense on the embedded engine alone, with the reason that the report gives.
        public static func embeddedOnly(_ reason: Comment) -> Self {
            .enabled(if: !TestEngine.isGreenplum, reason)
        }
    }
#endif
