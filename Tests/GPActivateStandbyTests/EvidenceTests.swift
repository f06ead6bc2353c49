import ClusterModel
import Reporting
import Testing

@testable import ClusterOperations
@testable import GPActivateStandby

/// What is said of the standby's state before it is promoted, and what proves it.
@Suite struct EvidenceTests {
    @Test func `what is said of the standby's state follows from what the old host showed`() throws {
        func words(_ change: (inout CoordinatorSurvey) -> Void) throws -> String {
            PlanTests.plan(try PlanTests.facts { $0.old = .stopped(PlanTests.survey(change)) }).evidence.map(\.text)
                .joined(separator: "\n")
        }
        #expect(try words { _ in }.contains("the standby was NOT in sync"))
        #expect(try words { $0.state = "shut down" }.contains("no transaction is lost"))
        let behind = try words { $0.checkpoint = "0/4000400" }
        #expect(behind.contains("1 kB beyond what the standby is known to have"))
        let unknown = PlanTests.plan(try PlanTests.facts { $0.old = .unreachable(reason: "x") }).evidence.map(\.text)
        #expect(unknown.contains { $0.hasPrefix("whether the standby was in sync is not known") })
    }

    @Test func `a restart point at the last record of a clean end proves that nothing is lost`() throws {
        func isProved(_ checkpoint: String, state: String = "shut down") throws -> Bool {
            let facts = try PlanTests.facts {
                ($0.server, $0.cluster, $0.own, $0.hidesCatalog) = (nil, nil, nil, true)
                $0.directory = try TemporaryStandby(version: "12").read()
                $0.survey = PlanTests.survey()
                $0.old = .stopped(
                    PlanTests.survey {
                        $0.checkpoint = checkpoint
                        $0.state = state
                    })
            }
            return PlanTests.plan(facts, forced: true).evidence.contains { $0.text.hasPrefix("no transaction is lost") }
        }
        #expect(try isProved("0/3000028"))
        #expect(try !isProved("0/3000060"))
        #expect(try !isProved("0/3000028", state: "in production"))
        // What a running server received ends where its position is: the record there is missing.
        let running = try PlanTests.facts {
            $0.old = .stopped(
                PlanTests.survey {
                    $0.checkpoint = "0/4000000"
                    $0.state = "shut down"
                })
        }
        #expect(!PlanTests.plan(running).evidence.contains { $0.text.hasPrefix("no transaction is lost") })
    }

    @Test(
        "in sync is said when the old coordinator's names and the standby's own history both say so",
        arguments: [
            ("gp_walreceiver", true, "the standby was in sync: "),
            ("gp_walreceiver", false, "whether the standby was in sync is not known: "),
            ("gp_walreceiver", nil, "whether the standby was in sync is not known: "),
            ("", true, "the standby was NOT in sync: "), ("", false, "the standby was NOT in sync: "),
            ("", nil, "the standby was NOT in sync: "),
        ] as [(String, Bool?, String)])
    func synchrony(_ names: String, _ history: Bool?, _ start: String) throws {
        func lines(_ change: (inout ActivationFacts) -> Void) throws -> [String] {
            PlanTests.plan(
                try PlanTests.facts { facts in
                    facts.isInSyncInHistory = history
                    change(&facts)
                }
            ).evidence.map(\.text)
        }
        func isAbout(_ line: String) -> Bool { line.contains("in sync") || line.contains("no transaction is lost") }
        let crashed = try lines { $0.old = .stopped(PlanTests.survey { $0.synchronousNames = names }) }.filter(isAbout)
        #expect(crashed.count == 1 && crashed[0].hasPrefix(start), "\(crashed)")
        #expect(crashed[0].contains("cannot be read") == (names != "" && history == nil), "\(crashed)")
        // A clean end with everything handed over needs neither.
        let clean = try lines {
            $0.old = .stopped(
                PlanTests.survey {
                    $0.synchronousNames = names
                    $0.state = "shut down"
                })
        }.filter(isAbout)
        #expect(clean.count == 1 && !clean[0].contains("not known") && !clean[0].contains("NOT"), "\(clean)")
        // The standby cannot know of a later line of the history.
        let silent = try lines { $0.old = .unreachable(reason: "x") }.filter(isAbout)
        #expect(silent.count == 1 && silent[0].hasPrefix("whether the standby was in sync is not known: "), "\(silent)")
    }
}
