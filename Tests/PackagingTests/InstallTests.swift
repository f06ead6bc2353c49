import Glibc
import TestSupport
import Testing

/// `make install` with the program of the debug build: everything but the size and the static runtime, which
/// `make installcheck` looks at.
@Suite("make install", .serialized)
struct InstallTests {
    private func make(_ target: String, _ variables: String...) async throws -> FinishedProgram {
        try await FinishedProgram.run(
            ["/usr/bin/make", "-s", "-C", BuiltPrograms.package, target, "PROGRAM=.build/debug/gpha"] + variables,
            environment: ["PATH": "/usr/bin:/bin", "HOME": "/nonexistent"], timeout: .seconds(120))
    }

    /// Files and links below a directory, without it.
    private func files(_ directory: String) async throws -> Set<String> {
        let run = try await FinishedProgram.run(["/usr/bin/find", directory, "!", "-type", "d", "-printf", "%P\n"])
        return Set(run.output.split(separator: "\n").map(String.init))
    }

    @Test("puts program, links, pages, completions, units and documents below PREFIX; uninstall removes exactly that")
    func thereAndBack() async throws {
        let directory = try TemporaryDirectory()
        // What others have there stays.
        let foreign: Set<String> = [
            "opt/x/bin/gpstart", "opt/x/share/man/man8/gpstart.8", "opt/x/share/doc/gpha/notes",
        ]
        for path in foreign {
            try runProgram(["/usr/bin/install", "-D", "/dev/null", "\(directory.path)/\(path)"])
        }
        let installed = try await make("install", "PREFIX=/opt/x", "DESTDIR=\(directory.path)")
        #expect(installed.status == 0, "\(installed.error)")
        let found = try await files(directory.path)
        var expected: Set<String> = ["bin/gpha", "share/man/man7/gpha.7", "share/gpha/embedded_catalog.sql"]
        for tool in BuiltPrograms.names {
            expected.formUnion([
                "bin/\(tool)", "share/man/man8/\(tool).8", "share/bash-completion/completions/\(tool)",
                "share/zsh/site-functions/_\(tool)", "share/fish/vendor_completions.d/\(tool).fish",
            ])
            let path = "\(directory.path)/opt/x/bin/\(tool)"
            #expect(try await FinishedProgram.run(["/usr/bin/readlink", path]).output == "gpha\n")
            let version = try await FinishedProgram.run([path, "--version"])
            #expect(version.output.hasPrefix("\(tool) version "))
        }
        expected.formUnion(
            ["gpftsd@.service", "gpha-metrics@.service", "gpha-metrics@.timer"].map { "lib/systemd/system/\($0)" })
        expected.formUnion(
            ["cluster.env", "crontab", "recover-segments"].map { "share/doc/gpha/examples/\($0)" })
        let documents = found.filter { $0.hasPrefix("opt/x/share/doc/gpha/") && !$0.contains("/examples/") }
        #expect(documents.isSuperset(of: ["README.md", "LICENSE", "json.md"].map { "opt/x/share/doc/gpha/\($0)" }))
        #expect(found.subtracting(documents).subtracting(foreign) == Set(expected.map { "opt/x/\($0)" }))

        let removed = try await make("uninstall", "PREFIX=/opt/x", "DESTDIR=\(directory.path)")
        #expect(removed.status == 0, "\(removed.error)")
        #expect(try await files(directory.path) == foreign)
        #expect(access("\(directory.path)/opt/x/share/gpha", F_OK) != 0)
    }

    @Test(
        "refuses a PREFIX that is no absolute path or that a unit cannot hold, before it writes anything",
        arguments: ["opt/x", "", "/opt/a b", "/opt/$(touch hit)", "/opt/%i"])
    func badPrefix(_ prefix: String) async throws {
        let directory = try TemporaryDirectory()
        let run = try await FinishedProgram.run([
            "\(BuiltPrograms.package)/packaging/install.sh", "install", directory.path, prefix,
            ".build/debug/gpha",
        ])
        #expect(run.status == 2)
        #expect(run.error.contains("PREFIX"))
        #expect(try await files(directory.path) == [])
    }

    @Test(
        "installs units that systemd understands",
        .enabled(if: access("/usr/bin/systemd-analyze", X_OK) == 0, "systemd-analyze is not installed"))
    func units() async throws {
        let directory = try TemporaryDirectory()
        // The commands of the units have to be there, so nothing stands before PREFIX.
        let installed = try await make("install", "PREFIX=\(directory.path)")
        #expect(installed.status == 0, "\(installed.error)")
        let units = directory.path + "/lib/systemd/system"
        for unit in ["gpftsd@.service", "gpha-metrics@.service", "gpha-metrics@.timer"] {
            let run = try await FinishedProgram.run([
                "/usr/bin/systemd-analyze", "verify", "--man=no", "\(units)/\(unit)",
            ])
            #expect(run.status == 0, "\(unit): \(run.output)\(run.error)")
            let own = (run.output + run.error).split(separator: "\n").filter {
                $0.contains("gpha") || $0.contains("gpftsd")
            }
            #expect(own == [], "\(unit)")
        }
        // A unit with a mistake is told, or the above says nothing.
        try directory.write("[Service]\nExecStart=/nonexistent/gpftsd\nRestrat=always\n", to: "bad.service")
        let bad = try await FinishedProgram.run([
            "/usr/bin/systemd-analyze", "verify", "--man=no", directory.path + "/bad.service",
        ])
        #expect(bad.status != 0 && bad.error.contains("nonexistent"), "\(bad.output)\(bad.error)")
    }
}
