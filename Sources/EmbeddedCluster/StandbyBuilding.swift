import BlockingWork
import ClusterModel
import ClusterOperations
import Glibc
import PostgresClient

extension DemoCluster {
    /// Makes and starts the coordinator's standby, if the specification asks for one, and waits until it is in sync.
    func addStandby(_ progress: @escaping DemoProgress) async throws {
        guard state.standby else { return }
        let others = try await instances()
        let highest = others.map(\.dbid.rawValue).max() ?? 0
        let standby = state.layout.standby(dbid: DatabaseID(highest + 1))
        let coordinator = state.layout.coordinator
        progress("copying the coordinator to its standby")
        let building = MirrorBuilding(launcher: launcher, files: files)
        try await threads.run { [self] in
            try building.admit(coordinator, standby)
            for segment in others where !segment.isCoordinatorPair { try admit(standby, at: segment) }
            try building.copy(coordinator, standby)
            if state.engine == .greenplum {
                try enter(standby)
                try servers.start(standby)
                return try awaitGreenplumStandby()
            }
            try servers.start(standby)
            try enter(standby)
            try awaitSynchronous(coordinator)
        }
    }

    /// Enters the standby's row; Greenplum wants that in a utility session.
    private func enter(_ standby: Segment) throws {
        let engine = state.engine.facts
        let session = try PostgresConnection.connect(
            connection(to: state.layout.coordinator, settings: engine.utilitySetting.map { [$0] } ?? []))
        try session.query(
            "SELECT pg_catalog.\(engine.addStandbyFunction)($1, $2, $3, $4::int4)",
            [standby.hostname, standby.address, standby.dataDirectory, "\(standby.port)"])
    }

    /// Lets the standby's sessions in at a segment, for the day when it is the coordinator.
    private func admit(_ standby: Segment, at segment: Segment) throws(DemoError) {
        let path = "\(segment.dataDirectory)/pg_hba.conf"
        let lines = HostBasedAuthentication.sessionLines(
            user: state.account, peers: [standby.address], method: "trust")
        guard
            let text = HostBasedAuthentication.adding(
                lines, to: try PrivateFiles.read(path), comment: "gpdemo: standby")
        else { return }
        try files.write(text, to: path)
        if let server = DataDirectories.server(segment.dataDirectory) { kill(server.process, SIGHUP) }
    }
}
