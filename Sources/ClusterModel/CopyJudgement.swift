/// Whether a differential or a full copy can be made.
struct CopyJudgement {
    let target: TargetRecoveryFacts
    let source: SourceRecoveryFacts
    let rules: RecoveryVerdict.Rules

    /// Fails unless the data directory is there.
    static func checkPresent(_ target: TargetRecoveryFacts) throws(Obstacle) {
        switch target.directory {
        case .present: return
        case .missing: throw Obstacle("its data directory \(target.dataDirectory) is missing")
        case .notADirectory: throw Obstacle("\(target.dataDirectory) is not a directory")
        case .empty: throw Obstacle("its data directory \(target.dataDirectory) is empty")
        case .closed: throw Obstacle("no permission to look into \(target.dataDirectory)")
        }
    }

    /// What could not be found out.
    var doubts: [String] {
        var doubts: [String] = []
        if source.hasRsync == nil { doubts.append("whether the source's host has rsync is not known") }
        if source.dataBytes == nil {
            doubts.append("the source could not add up its size in time: space is not checked")
        }
        return doubts
    }

    func differential() -> MethodOutcome {
        do {
            try checkDifferential()
        } catch {
            return .impossible(error.reason)
        }
        return .possible(bytes: nil)
    }

    private func checkDifferential() throws(Obstacle) {
        try Self.checkPresent(target)
        guard !source.isInRecovery else { throw Obstacle("its source does not act as a primary") }
        guard target.hasRsync else { throw Obstacle("its host has no rsync") }
        guard source.hasRsync != false else { throw Obstacle("the source's host has no rsync") }
        try checkSameSystem()
        let own = target.tablespaces.map { "\($0.oid) \($0.directory)" }.sorted()
        let theirs = source.tablespaces.map {
            "\($0.oid) \(rules.tablespaceDirectories[$0.location] ?? $0.location)"
        }.sorted()
        guard own == theirs else { throw Obstacle("its tablespaces are not those of the source") }
        if let lost = target.tablespaces.first(where: { !$0.exists }) {
            throw Obstacle("its tablespace directory \(lost.directory) is missing")
        }
    }

    /// A directory of another system is nobody's to overwrite.
    private func checkSameSystem() throws(Obstacle) {
        if let data = target.control.data, data.systemIdentifier != source.systemIdentifier {
            throw Obstacle(
                "\(target.dataDirectory) belongs to another system: identifier \(data.systemIdentifier), the source's "
                    + "is \(source.systemIdentifier)")
        }
    }

    func full() -> (outcome: MethodOutcome, place: FullCopyPlace?) {
        do {
            let place = try fullCopyPlace()
            return (.possible(bytes: source.copiedBytes), place)
        } catch {
            return (.impossible(error.reason), nil)
        }
    }

    private func fullCopyPlace() throws(Obstacle) -> FullCopyPlace {
        switch target.directory {
        case .notADirectory, .closed: try Self.checkPresent(target)
        case .missing, .empty, .present: break
        }
        guard !source.isInRecovery else { throw Obstacle("its source does not act as a primary") }
        try checkSameSystem()
        let needs = demand()
        for (device, need) in needs.sorted(by: { $0.key < $1.key }) {
            guard let free = need.free, free + need.used < need.bytes else { continue }
            throw Obstacle(
                "no space on \(device): \(Self.megabytes(need.bytes)) needed, \(Self.megabytes(free)) free, "
                    + "\(Self.megabytes(need.used)) in the old copy")
        }
        if target.directory == .missing { return .beside }
        if target.isMountPoint { return .inPlace("\(target.dataDirectory) is a mount point") }
        for (device, need) in needs.sorted(by: { $0.key < $1.key }) {
            guard let free = need.free, free < need.bytes else { continue }
            return .inPlace(
                "no space for a second copy on \(device): \(Self.megabytes(need.bytes)) needed, "
                    + "\(Self.megabytes(free)) free")
        }
        return .beside
    }

    /// What a copy needs and has on a file system.
    private struct Demand {
        var bytes = 0
        var free: Int?
        var used = 0
    }

    private func demand() -> [String: Demand] {
        var demands: [String: Demand] = [:]
        func add(_ room: FileSystemRoom?, bytes: Int, used: Int) {
            guard let room else { return }
            demands[room.device, default: Demand()].bytes += bytes
            demands[room.device]?.free = room.freeBytes
            demands[room.device]?.used += used
        }
        guard let needed = source.neededBytes else { return [:] }
        add(target.room, bytes: needed, used: target.usedBytes ?? 0)
        for tablespace in target.tablespaces {
            guard let theirs = source.tablespaces.first(where: { $0.oid == tablespace.oid }) else { continue }
            add(tablespace.room, bytes: theirs.bytes ?? 0, used: tablespace.usedBytes ?? 0)
        }
        return demands
    }

    private static func megabytes(_ bytes: Int) -> String { "\((bytes + (1 << 20) - 1) >> 20) MB" }
}

/// Why an instance is down, in words.
enum DownCause {
    /// The weightiest first; empty when nothing tells.
    static func words(_ target: TargetRecoveryFacts) -> [String] {
        var words: [String] = []
        do throws(Obstacle) {
            try CopyJudgement.checkPresent(target)
        } catch {
            words.append(error.reason)
            if target.directory == .missing {
                words.append(
                    "the nearest directory that exists is \(target.nearestDirectory): its file system may not be mounted"
                )
            }
            return words
        }
        if let postmaster = target.postmaster {
            words.append(
                postmaster.isStopped
                    ? "its postmaster (PID \(postmaster.pid)) is stopped and answers nobody"
                    : "a postmaster (PID \(postmaster.pid)) runs in it, and the catalog has it as down")
        } else if !target.strayProcesses.isEmpty {
            words.append("its postmaster is gone, and \(target.strayProcesses.count) process(es) still work in it")
        }
        if let room = target.room, let free = room.freeBytes, free < 32 << 20 {
            words.append("its file system \(room.device) is full: \(free >> 10) kB free")
        }
        switch target.control {
        case .missing: words.append("its control file global/pg_control is missing")
        case .unreadable(let reason): words.append("its control file cannot be read: \(reason)")
        case .read(let data) where target.postmaster == nil:
            words.append(
                data.wasShutDown
                    ? "it was shut down in order (\"\(data.state)\")"
                    : "it did not shut down: its control file says \"\(data.state)\"")
        case .read: break
        }
        if let line = target.lastFatalLine { words.append("its log's last fatal line: \(line)") }
        return words
    }
}
