import Glibc
import TestSupport
import Testing

extension RealClusters {
    /// The figures hold for optimized programs on a machine that is not busy with other things.
    @Suite("A program that only prints its help", .serialized)
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

        /// The shortest time and the smallest size of ten runs.
        private func smallest(_ program: String) async throws -> (duration: Duration, kilobytes: Int) {
            var runs: [FinishedProgram] = []
            for _ in 0..<10 {
                let run = try await FinishedProgram.run([program, "--help"], environment: [:])
                #expect(run.status == 0)
                runs.append(run)
            }
            return (runs.map(\.duration).min() ?? .zero, runs.map(\.maxResident).min() ?? 0)
        }
    }
}
