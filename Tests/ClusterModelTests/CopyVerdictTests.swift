import Testing

@testable import ClusterModel

@Suite struct CopyVerdictTests {
    private typealias Facts = RecoveryVerdictTests

    private func judge(
        _ target: TargetRecoveryFacts, _ source: SourceRecoveryFacts = Facts.source(), spaces: [String: String] = [:]
    ) -> RecoveryVerdict { Facts.judge(target, source, spaces: spaces) }

    private func space(_ free: Int?, _ device: String = "/dev/a") -> FileSystemRoom {
        FileSystemRoom(device: device, freeBytes: free)
    }

    @Test func `differential wants rsync on both ends`() {
        #expect(judge(Facts.oldPrimary { $0.hasRsync = false }).differential == .impossible("its host has no rsync"))
        let without = Facts.source { $0.hasRsync = false }
        #expect(judge(Facts.oldPrimary(), without).differential == .impossible("the source's host has no rsync"))
        let unknown = judge(Facts.oldPrimary(), Facts.source { $0.hasRsync = nil })
        #expect(
            unknown.differential.isPossible && unknown.doubts == ["whether the source's host has rsync is not known"])
    }

    @Test func `differential wants a directory of the same system, whatever its control file`() {
        #expect(judge(Facts.oldPrimary { $0.control = .unreadable("bad") }).differential.isPossible)
        #expect(!judge(Facts.oldPrimary { $0.directory = .missing }).differential.isPossible)
        let foreign = judge(Facts.oldPrimary { $0.control = .read(Facts.control { $0.systemIdentifier = "7002" }) })
        let reason = "/data/p0 belongs to another system: identifier 7002, the source's is 7001"
        #expect(foreign.differential == .impossible(reason))
        #expect(foreign.full == .impossible(reason) && foreign.fullCopyPlace == nil)
    }

    @Test func `differential wants the same tablespaces, in the engine's places`() {
        let source = Facts.source { $0.tablespaces = [.init(oid: "16400", location: "/ts", bytes: 1 << 20)] }
        func target(_ directory: String, exists: Bool = true) -> TargetRecoveryFacts {
            Facts.oldPrimary { $0.tablespaces = [.init(oid: "16400", directory: directory, exists: exists)] }
        }
        #expect(judge(target("/ts"), source).differential.isPossible)
        #expect(judge(target("/ts/2"), source, spaces: ["/ts": "/ts/2"]).differential.isPossible)
        let other = MethodOutcome.impossible("its tablespaces are not those of the source")
        #expect(judge(target("/ts"), source, spaces: ["/ts": "/ts/2"]).differential == other)
        #expect(judge(Facts.oldPrimary(), source).differential == other)
        #expect(
            judge(target("/ts", exists: false), source).differential
                == .impossible("its tablespace directory /ts is missing"))
    }

    @Test func `full goes beside, in place, or nowhere, by the space there is`() {
        // 40 MB of data, 6 of WAL, 4 of growth.
        #expect(judge(Facts.oldPrimary { $0.room = space(50 << 20) }).fullCopyPlace == .beside)
        #expect(
            judge(Facts.oldPrimary { $0.room = space(50 << 20 - 1) }).fullCopyPlace
                == .inPlace("no space for a second copy on /dev/a: 50 MB needed, 50 MB free"))
        let none = judge(
            Facts.oldPrimary {
                $0.room = space(10 << 20)
                $0.usedBytes = 20 << 20
            })
        #expect(none.full == .impossible("no space on /dev/a: 50 MB needed, 10 MB free, 20 MB in the old copy"))
        #expect(judge(Facts.oldPrimary { $0.room = space(nil) }).fullCopyPlace == .beside)
    }

    @Test func `tablespaces on the same file system count together, others by themselves`() {
        let source = Facts.source { $0.tablespaces = [.init(oid: "16400", location: "/ts", bytes: 30 << 20)] }
        func target(_ device: String, free: Int) -> TargetRecoveryFacts {
            Facts.oldPrimary {
                $0.room = space(60 << 20)
                $0.tablespaces = [
                    .init(oid: "16400", directory: "/ts", exists: true, room: space(free, device), usedBytes: 1 << 20)
                ]
            }
        }
        #expect(judge(target("/dev/b", free: 30 << 20), source).fullCopyPlace == .beside)
        #expect(
            judge(target("/dev/a", free: 60 << 20), source).fullCopyPlace
                == .inPlace("no space for a second copy on /dev/a: 80 MB needed, 60 MB free"))
        #expect(judge(target("/dev/b", free: 1 << 20), source).full.isPossible == false)
        #expect(judge(target("/dev/b", free: 1 << 20), source).full.reason?.hasPrefix("no space on /dev/b") == true)
        #expect(judge(target("/dev/b", free: 30 << 20), source).full == .possible(bytes: 70 << 20))
    }

    @Test func `a mount point cannot be swapped, a missing directory can be made`() {
        #expect(
            judge(Facts.oldPrimary { $0.isMountPoint = true }).fullCopyPlace == .inPlace("/data/p0 is a mount point"))
        #expect(judge(Facts.oldPrimary { $0.directory = .missing }).fullCopyPlace == .beside)
        #expect(judge(Facts.oldPrimary { $0.directory = .notADirectory }).full.isPossible == false)
    }

    @Test func `a size that is not known is a doubt`() {
        let verdict = judge(Facts.oldPrimary { $0.room = space(1) }, Facts.source { $0.dataBytes = nil })
        #expect(verdict.full == .possible(bytes: nil))
        #expect(verdict.doubts == ["the source could not add up its size in time: space is not checked"])
    }

    @Test func `why it is down is told in words, the weightiest first`() {
        func causes(_ change: (inout TargetRecoveryFacts) -> Void) -> [String] {
            judge(Facts.oldPrimary(change)).causes
        }
        #expect(
            causes {
                $0.directory = .missing
                $0.nearestDirectory = "/data"
            } == [
                "its data directory /data/p0 is missing",
                "the nearest directory that exists is /data: its file system may not be mounted",
            ])
        #expect(
            causes { $0.postmaster = .init(pid: 7, state: "S") }
                == ["a postmaster (PID 7) runs in it, and the catalog has it as down"])
        #expect(
            causes { $0.postmaster = .init(pid: 7, state: "T") }
                == ["its postmaster (PID 7) is stopped and answers nobody"])
        #expect(
            causes {
                $0.strayProcesses = [8, 9]
                $0.room = space(4096)
                $0.lastFatalLine = "PANIC:  no space"
                $0.control = .read(Facts.control { $0.state = "shut down" })
            } == [
                "its postmaster is gone, and 2 process(es) still work in it",
                "its file system /dev/a is full: 4 kB free",
                "it was shut down in order (\"shut down\")", "its log's last fatal line: PANIC:  no space",
            ])
        #expect(causes { $0.control = .unreadable("short") } == ["its control file cannot be read: short"])
    }

    @Test func `without the host or the source nothing is possible`() {
        let unreachable = RecoveryVerdict.unreachable(host: "sdw2", reason: "no route")
        let text = "host sdw2 is not reachable: no route"
        #expect(RecoveryMethod.allCases.allSatisfy { unreachable.outcome(of: $0) == .impossible(text) })
        #expect(unreachable.causes == [text])
        let alone = RecoveryVerdict.withoutSource(target: Facts.oldPrimary(), reason: "refused")
        #expect(
            RecoveryMethod.allCases.allSatisfy {
                alone.outcome(of: $0).reason == "its acting primary does not answer: refused"
            })
        #expect(alone.causes.count == 1)
    }
}
