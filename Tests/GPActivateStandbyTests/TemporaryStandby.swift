import BlockingWork
import ClusterModel
import ClusterOperations
import Glibc
import TestSupport

/// The files of a standby's data directory that does not run, gone with this object.
final class TemporaryStandby: Sendable {
    let path: String

    /// - Parameter version: of the server, as `PG_VERSION` has it; 12 is Greenplum 7's.
    init(conninfo: String = "user=gpadmin host=10.0.0.1 port=5432", version: String = "15") throws {
        path = try makeTemporaryDirectory(named: "gacp")
        try LocalFiles.write("\(version)\n", to: path + "/PG_VERSION")
        try LocalFiles.write("port = 5432\n", to: path + "/postgresql.conf")
        try LocalFiles.write(
            "\nprimary_conninfo = \(ServerSettings.quoted(conninfo))\n", to: path + "/postgresql.auto.conf")
        try LocalFiles.write("", to: path + "/standby.signal")
        try LocalFiles.write("/opt/pg/bin/postgres \"-D\" \"/s\"\n", to: path + "/postmaster.opts")
    }

    /// What the tool reads there.
    func read() throws -> StandbyDirectory { try StandbyDirectory(dataDirectory: path) }

    deinit {
        for name in ["PG_VERSION", "postgresql.conf", "postgresql.auto.conf", "standby.signal", "postmaster.opts"] {
            unlink("\(path)/\(name)")
        }
        rmdir(path)
    }
}
