import ArgumentParser
import ClusterModel
import Testing
import ToolSupport

@testable import GPRecoverSeg

/// What options mean before anything is asked.
@Suite struct OptionTests {
    private func tool(_ arguments: String...) throws -> GPRecoverSeg {
        try GPRecoverSeg.parse(arguments)
    }

    private func refusal(_ arguments: [String]) throws -> String? {
        let tool = try GPRecoverSeg.parse(arguments)
        do {
            try tool.checkRanges()
            try tool.checkCombinations()
            return nil
        } catch {
            return error.message
        }
    }

    @Test(arguments: [
        (["-B", "0"], "Invalid parallelDegree value provided with -B argument: 0"),
        (["-B", "65"], "Invalid parallelDegree value provided with -B argument: 65"),
        (["-b", "129"], "Invalid parallelPerHost value provided with -b argument: 129"),
        (["-i", "f", "-r"], "Only one of -i, -p, -r and --differential may be specified"),
        (["-p", "h", "--differential"], "Only one of -i, -p, -r and --differential may be specified"),
        (["-F", "--differential"], "Only one of -F and --differential may be specified"),
        (["-o", "f", "--differential"], "Invalid -o provided with --differential argument"),
        (["--disable-replay-lag"], "--disable-replay-lag should be used only with -r"),
        (["-r", "-o", "f"], "Invalid -o provided with -r argument"),
        (["--fallback", "some"], "Invalid --fallback: 'some' is not differential, full or none"),
        (["--wait=0"], "Invalid --wait: '0' is not a number of seconds"),
        (["--wait=soon"], "Invalid --wait: 'soon' is not a number of seconds"),
        (["--max-rate", "31"], "Invalid --max-rate: '31' is not between 32 and 1048576 kB, or 1 and 1024 with M"),
    ])
    func `what does not fit together is refused in the original's words`(_ words: [String], _ text: String) throws {
        #expect(try refusal(words) == text)
    }

    @Test(arguments: [
        ["-F", "-i", "f"], ["-F", "-p", "h"], ["-F", "-r"], ["-F", "-o", "f"], ["-i", "f", "-o", "g"],
        ["-r", "--disable-replay-lag"], ["--replay-lag", "5"], ["--max-rate", "32k"], ["--max-rate", "1024M"],
    ])
    func `what the original lets pass passes`(_ words: [String]) throws {
        #expect(try refusal(words) == nil)
    }

    @Test func `a rate is kilobytes a second, or megabytes with M`() {
        #expect(GPRecoverSeg.kilobytes(rate: "32") == 32)
        #expect(GPRecoverSeg.kilobytes(rate: "10M") == 10_240)
        for bad in ["", "k", "M", "-5", "31", "1025M", "1.5M", "99999999999999999999", "32m"] {
            #expect(GPRecoverSeg.kilobytes(rate: bad) == nil, "\(bad)")
        }
    }

    @Test func `the ladder goes as far as the user agreed`() throws {
        #expect(try tool("--fallback", "full").fallbacks(after: .incremental) == [.differential, .full])
        #expect(try tool("--fallback", "differential").fallbacks(after: .incremental) == [.differential])
        #expect(try tool("--fallback", "full").fallbacks(after: .full) == [])
        #expect(try tool().fallbacks(after: .incremental) == [])
        #expect(try tool("-F").method == .full)
        #expect(try tool("--differential").method == .differential)
    }
}
