import ClusterModel
import Glibc

/// The System V shared memory that killed servers leave behind.
///
/// A server frees its segment when it ends, or the next one in its data directory does; a cluster that is destroyed
/// has no next one. (Dynamic shared memory lies in the data directory: `dynamic_shared_memory_type = mmap`.)
enum SharedMemory {
    /// A row of `/proc/sysvipc/shm` (proc(5)).
    struct Segment: Equatable {
        let id: Int32
        let attached: Int
        let user: uid_t
    }

    /// Removes the segments of the cluster's servers, and as root all of the cluster's own account.
    ///
    /// Call it when the processes are gone and the data directories are not: `postmaster.pid` names the segment.
    ///
    /// - Parameter account: the account that only this cluster has; nil where it shares the caller's.
    static func remove(of state: ClusterState, account: Account?) {
        let named = Set(
            DataDirectories.all(of: state).compactMap { DataDirectories.postmasterFile($0)?.sharedMemory })
        guard let table = try? PrivateFiles.read("/proc/sysvipc/shm") else { return }
        for segment in segments(table) where segment.attached == 0 {
            let isOurs = account.map { $0.user == segment.user } ?? false
            guard isOurs || named.contains(segment.id) && (segment.user == geteuid() || geteuid() == 0) else {
                continue
            }
            shmctl(segment.id, IPC_RMID, nil)
        }
    }

    /// Reads the table.
    ///
    /// Its columns: key, shmid, perms, size, cpid, lpid, nattch, uid, and more.
    static func segments(_ table: String) -> [Segment] {
        table.split(separator: "\n").dropFirst().compactMap { line in
            let fields = line.split(separator: " ")
            guard fields.count > 7, let id = Int32(fields[1]), let attached = Int(fields[6]),
                let user = uid_t(fields[7])
            else { return nil }
            return Segment(id: id, attached: attached, user: user)
        }
    }
}
