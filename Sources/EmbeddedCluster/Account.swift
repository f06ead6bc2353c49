import BlockingWork
import Glibc
import RemoteShell

/// The operating-system account that the cluster's servers run as.
///
/// PostgreSQL refuses root, so a cluster that root makes gets an account of its own.
struct Account: Sendable, Equatable {
    let name: String
    let user: uid_t
    let group: gid_t
    let home: String

    /// Whether this process is root's.
    static var isRoot: Bool { geteuid() == 0 }

    /// The name of the account that a cluster with this id gets.
    static func name(forCluster id: String) -> String { "gpd\(id)" }

    /// Looks an account up by its name; nil when there is none.
    static func find(_ name: String) -> Account? { entry { getpwnam_r(name, $0, $1, $2, $3) } }

    /// The account that runs this process; nil when its user ID has no name.
    static var current: Account? { entry { getpwuid_r(geteuid(), $0, $1, $2, $3) } }

    private static func entry(
        _ look: (
            UnsafeMutablePointer<passwd>, UnsafeMutablePointer<CChar>, Int,
            UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>
        ) -> Int32
    ) -> Account? {
        var record = passwd()
        var buffer = [CChar](repeating: 0, count: 1 << 14)
        var found: UnsafeMutablePointer<passwd>?
        guard look(&record, &buffer, buffer.count, &found) == 0, found != nil else { return nil }
        return Account(
            name: String(cString: record.pw_name), user: record.pw_uid, group: record.pw_gid,
            home: String(cString: record.pw_dir))
    }

    /// Makes the account.
    ///
    /// It can log in with a key only: `*` is no password, and not locked either, which an sshd
    /// without PAM would refuse.
    ///
    /// - Throws: `DemoError` when `useradd` fails for other reasons than a busy password file.
    static func make(name: String, home: String) throws(DemoError) -> Account {
        try changeAccounts(
            [
                "/usr/sbin/useradd", "--system", "--user-group", "--no-create-home", "--home-dir", home,
                "--shell", "/bin/sh", "--password", "*", "--comment", "gpdemo cluster", name,
            ], mark: mark(name), purpose: "adding the account \(name)")
        guard let account = find(name) else { throw DemoError("useradd made no account \(name)") }
        return account
    }

    /// Removes the account if its home says that gpdemo made it for this directory.
    static func remove(name: String, home: String) throws(DemoError) {
        guard let account = find(name), account.home == home, account.user != 0 else { return }
        try changeAccounts(["/usr/sbin/userdel", name], mark: mark(name), purpose: "removing the account \(name)")
    }

    /// What lets `destroy` find a `useradd` that outlived its caller.
    private static func mark(_ account: String) -> (name: String, value: String) {
        ("GPDEMO_CLUSTER", String(account.dropFirst(Account.name(forCluster: "").count)))
    }

    /// `useradd` and `userdel` give up at once when another one holds the files: try again for 20 s.
    private static func changeAccounts(
        _ arguments: [String], mark: (name: String, value: String), purpose: String
    ) throws(DemoError) {
        let deadline = Deadline.after(.seconds(20))
        var backoff = Backoff(first: .milliseconds(50), longest: .seconds(1))
        while true {
            let output = try Program(
                arguments: arguments, environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", mark.name: mark.value],
                purpose: purpose
            ).run()
            if output.succeeded { return }
            // 1: files busy, 8: a process of the account is just ending, 10: the group file is busy.
            guard [1, 8, 10].contains(output.status), !deadline.isPast else {
                throw DemoError("\(purpose): \(output.lastErrorLine)")
            }
            usleep(UInt32(backoff.next().inSeconds * 1_000_000))
        }
    }
}
