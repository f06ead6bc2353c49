import ClusterModel
import ClusterOperations
import PostgresClient
import Reporting
import ToolSupport

/// `-n`: starts the configured standby and says whether it catches up.
struct StandbyStart {
    let context: ToolContext
    let options: GPInitStandby
    let cluster: OpenCluster

    private var access: ClusterAccess { cluster.access }

    func run() async throws -> ExitStatus {
        guard let standby = cluster.configuration.standby else {
            context.report(.error("Cannot use -n option when standby coordinator has not yet been configured"))
            throw ToolError(.plain, "Standby coordinator not configured", hint: "add one: gpinitstandby -s <host>")
        }
        let board = context.progressBoard(isWanted: !options.hidesProgress && !options.isDryRun)
        defer { board.close() }
        let sync = StandbySync(access: access, patience: .seconds(60)) { [board] stream in
            board.update(standby.dbid.rawValue, phase: stream.phase)
        }
        let before = try await sync.stream()
        if before.isStreaming, before.isSynchronous || !access.engine.setsCoordinatorSync {
            context.report(.info("Standy coordinator is already up and running."))
            context.emit(json: StandbyJSON.result("start", standby: standby, succeeded: true, stream: before))
            return .done
        }
        try await checkSlot(before, standby)
        if options.isDryRun {
            context.report(.info("the standby on \(standby.hostname) would be started and brought into sync"))
            context.emit(json: StandbyJSON.result("start", standby: standby, succeeded: true, stream: before))
            return .done
        }
        board.add(standby.dbid.rawValue, label: "standby on \(standby.hostname):\(standby.port)", phase: "starting")
        try await start(standby, sync)
        board.finish(standby.dbid.rawValue, phase: "in sync")
        let after = try await sync.stream()
        context.report([
            .info("standby coordinator has caught up and streams, \(after.syncState ?? "state unknown")"),
            .info("Successfully started standby coordinator"),
        ])
        context.emit(json: StandbyJSON.result("start", standby: standby, succeeded: true, stream: after))
        return .done
    }

    /// The WAL it needs must still be there.
    private func checkSlot(_ stream: StandbyStream, _ standby: Segment) async throws {
        let wanted = stream.slot == nil ? try await StandbyServer(access: access, standby: standby).slotName() : nil
        if let reason = Self.slotObstacle(stream, wanted: wanted) {
            throw ToolError(
                .plain, "the standby cannot catch up: its WAL is gone from the coordinator (\(reason))",
                hint: replacement(standby))
        }
        if stream.slot == nil {
            context.report(
                .warning(
                    "the standby streams without a slot: whether the WAL it needs is still there is seen when it runs"))
        }
    }

    /// Why no start is tried: a slot that lost its WAL, or none where the standby's settings want one.
    ///
    /// Not every standby has one: Greenplum's own gpinitstandby makes them without (seen on 7.0.0).
    /// - Parameter wanted: the slot that the standby's settings name, asked where the coordinator has none.
    static func slotObstacle(_ stream: StandbyStream, wanted: String?) -> String? {
        guard let slot = stream.slot else { return wanted.map { "the coordinator has no slot \($0)" } }
        return slot.isKept ? nil : "the slot's WAL is \(slot.walStatus)"
    }

    private func replacement(_ standby: Segment) -> String {
        "build it anew: gpinitstandby --replace -s \(standby.hostname)"
    }

    private func start(_ standby: Segment, _ sync: StandbySync) async throws {
        let server = StandbyServer(access: access, standby: standby)
        context.report([
            .info("Starting standby coordinator"),
            .info(
                "Checking if standby coordinator is running on host: \(standby.hostname)  "
                    + "in directory: \(standby.dataDirectory)"),
        ])
        // Commits that wait for a standby that is behind would wait until it has caught up.
        try await sync.disable()
        try await server.start()
        do {
            try await sync.bringUp()
        } catch {
            let complaint = await server.lastComplaint().map { "; its log says: \($0)" } ?? ""
            context.report(.warning("Could not start standby coordinator"))
            throw OperationError("\(error)\(complaint)", hint: replacement(standby))
        }
    }
}
