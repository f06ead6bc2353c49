import ClusterModel
import Testing

@testable import ClusterOperations

/// The connection string of the session that a copy keeps open.
@Suite struct LongSessionTests {
    @Test func `a session that lasts is not ended by the server's timeouts, and keeps no database from being made`() {
        let source = Samples.item(mirrorDirectory: "/m").source
        let sessions = [
            Engine(family: .embedded, postgresMajor: 15), Engine(family: .greenplum7, postgresMajor: 12),
        ].map {
            MirrorBuild(engine: $0, binaryDirectory: "/b", user: "u").longSession(source, name: "n")
        }
        #expect(sessions.allSatisfy { $0.contains("dbname='postgres' application_name='n'") })
        #expect(sessions[0].contains("-c tcp_keepalives_count=4 -c idle_session_timeout=0'"))
        #expect(sessions[1].contains("-c tcp_keepalives_count=4 -c gp_role=utility'"))
        #expect(sessions.allSatisfy { $0.contains("connect_timeout='20' keepalives_idle='60'") })
    }
}
