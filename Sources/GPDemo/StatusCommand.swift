import ArgumentParser
import ClusterModel
import EmbeddedCluster
import Reporting
import ToolSupport

/// Lists hosts and instances and whether their processes run.
struct StatusCommand: DemoCommand {
    static let configuration = CommandConfiguration.tool("status", abstract: "List hosts, instances and processes.")

    @OptionGroup var standard: StandardOptions
    @OptionGroup var location: DirectoryOptions

    func perform(_ context: ToolContext, in directory: String) async throws -> ExitStatus {
        let status = await (try DemoCluster.open(directory: directory)).status()
        if context.isJSON {
            context.emit(json: Self.json(status, directory))
        } else {
            context.report(Self.lines(status))
        }
        return .done
    }

    static func lines(_ status: DemoStatus) -> [ReportLine] {
        var hosts = Table(marksWarnings: true)
        hosts.add(["Host", "Address", "sshd"])
        for entry in status.hosts {
            hosts.add([entry.host.name, entry.host.address, shown(entry.process)], warn: entry.process == nil)
        }
        var instances = Table(marksWarnings: true)
        instances.add(["Content", "Role", "Status", "Host", "Port", "Datadir", "Postmaster"])
        for entry in status.instances {
            let segment = entry.segment
            instances.add(
                [
                    "\(segment.content)", segment.role.rawValue, segment.status.rawValue, segment.hostname,
                    "\(segment.port)", segment.dataDirectory, shown(entry.process),
                ], warn: entry.process == nil)
        }
        var lines = hosts.lines + [.rule()] + instances.lines
        if let problem = status.catalogProblem { lines.append(.warning("catalog not read: \(problem)")) }
        let isGreenplum = status.engine == .greenplum
        lines.append(
            .info(isGreenplum ? "gpftsd: none, Greenplum probes itself" : "gpftsd: \(shown(status.faultTolerance))"))
        return lines
    }

    private static func shown(_ process: Int32?) -> String { process.map(String.init) ?? "not running" }

    private static func json(_ status: DemoStatus, _ directory: String) -> JSONValue {
        func number(_ process: Int32?) -> JSONValue { .optional(process.map { Int($0) }) }
        return .object([
            ("schema", .int(1)), ("tool", .string("gpdemo")), ("directory", .string(directory)),
            (
                "hosts",
                .array(
                    status.hosts.map {
                        .object([
                            ("name", .string($0.host.name)), ("address", .string($0.host.address)),
                            ("sshd", number($0.process)),
                        ])
                    })
            ),
            (
                "instances",
                .array(
                    status.instances.map {
                        .object([
                            ("dbid", .int($0.segment.dbid.rawValue)), ("content", .int($0.segment.content.rawValue)),
                            ("role", .string($0.segment.role.rawValue)),
                            ("status", .string($0.segment.status.rawValue)),
                            ("host", .string($0.segment.hostname)), ("port", .int($0.segment.port)),
                            ("datadir", .string($0.segment.dataDirectory)), ("postmaster", number($0.process)),
                        ])
                    })
            ),
            ("catalog_problem", .optional(status.catalogProblem)), ("gpftsd", number(status.faultTolerance)),
        ])
    }
}
