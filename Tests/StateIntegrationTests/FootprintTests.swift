import Glibc
import TestClusters
import TestSupport
import Testing

extension RealClusters {
    /// The figures hold for optimized programs on a machine that is not busy with other things.
    @Suite("A program that only prints its help", .serialized, .embeddedOnly("it looks at nothing that the servers do"))
    struct FootprintTests {
        static let isReleaseBuilt = BuiltPrograms.names.allSatisfy {
            access("\(BuiltPrograms.release)/\($0)", X_OK) == 0
        }

        @Test(
            "takes at most 15 ms and 30 MB, in a release build",
            .enabled(if: isReleaseBuilt, "needs swift build -c release"), arguments: BuiltPrograms.names)
        func bounds(_ name: String) async throws {
            let best = try await smallest("\(BuiltPrograms.release)/\(name)")
            #expect(best.duration <= .milliseconds(15), "\(best.duration)")
            #expect(best.kilobytes <= 30_000, "\(best.kilobytes) KiB")
        }

        @Test("takes at most twice as much in a debug build", arguments: BuiltPrograms.names)
        func debugSize(_ name: String) async throws {
            let best = try await smallest("\(BuiltPrograms.debug)/\(name)")
            #expect(best.kilobytes <= 60_000, "\(best.kilobytes) KiB")
            print("\(name) --help, debug build: \(best.duration), \(best.kilobytes) KiB")
        }

        /// The shortest time and the smallest size of ten runs, taken by a small program: the kernel counts what the
        /// parent of a new process held towards the child's largest size.
        private func smallest(_ program: String) async throws -> (duration: Duration, kilobytes: Int) {
            let run = try await FinishedProgram.run(
                ["\(BuiltPrograms.debug)/Benchmarks", "footprint", program], environment: [:])
            let numbers = run.output.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
            try #require(run.status == 0 && numbers.count == 2, "\(run.output)")
            return (.milliseconds(numbers[0]), numbers[1])
        }
    }
}
