import Glibc
import TestSupport
import Testing

/// Where `make deb` leaves its package.
enum BuiltPackage {
    static let path: String? = {
        var found = glob_t()
        defer { globfree(&found) }
        guard glob(BuiltPrograms.package + "/.build/deb/gpha_*.deb", 0, nil, &found) == 0, found.gl_pathc == 1,
            let path = found.gl_pathv[0]
        else { return nil }
        return String(cString: path)
    }()
}

/// The Debian package that `make deb` left in `.build/deb`; a release build takes minutes, so tests make none.
@Suite("The Debian package", .serialized, .enabled(if: BuiltPackage.path != nil, "no package: make deb makes one"))
struct PackageTests {
    private func dpkg(_ option: String, _ words: String...) async throws -> String {
        let run = try await FinishedProgram.run(["/usr/bin/dpkg-deb", option, BuiltPackage.path ?? ""] + words)
        #expect(run.status == 0, "\(run.error)")
        return run.output
    }

    @Test("names the libraries that the program needs, and asks for no server on the host of a cluster")
    func fields() async throws {
        let depends = try await dpkg("--field", "Depends")
        for library in ["libpq5", "libssh-4", "libc6"] { #expect(depends.contains(library)) }
        #expect(!depends.contains("swift"))
        let recommends = try await dpkg("--field", "Recommends")
        #expect(recommends == "openssh-client, rsync\n")
        #expect(try await dpkg("--field", "Suggests").contains("postgresql-15"))
    }

    @Test("holds at most 25 MB, a link for each tool, and files that belong to root")
    func contents() async throws {
        let size = try #require(Int(try await dpkg("--field", "Installed-Size").filter(\.isNumber)))
        #expect(size <= 25_000_000 / 1024)
        let lines = try await dpkg("--contents").split(separator: "\n")
        #expect(lines.allSatisfy { $0.contains(" root/root ") })
        for tool in BuiltPrograms.names {
            #expect(lines.contains { $0.hasSuffix(" ./usr/bin/\(tool) -> gpha") }, "\(tool)")
            #expect(lines.contains { $0.hasSuffix(" ./usr/share/man/man8/\(tool).8.gz") }, "\(tool)")
        }
        for file in ["changelog.gz", "changelog.Debian.gz", "copyright"] {
            #expect(lines.contains { $0.hasSuffix(" ./usr/share/doc/gpha/\(file)") }, "\(file)")
        }
    }

    @Test("is one that lintian finds no fault with", .enabled(if: access("/usr/bin/lintian", X_OK) == 0, "no lintian"))
    func lintian() async throws {
        let run = try await FinishedProgram.run(
            ["/usr/bin/lintian", "--allow-root", "--fail-on", "error,warning", BuiltPackage.path ?? ""],
            timeout: .seconds(120))
        #expect(run.status == 0, "\(run.output)\(run.error)")
    }

    /// `make debcheck` does the same, and makes a cluster in there.
    @Test(
        "installs and runs on a bare Debian 12",
        .enabled(if: geteuid() == 0, "a Debian in a folder needs root"),
        .enabled(
            if: ["mmdebstrap", "debootstrap"].contains {
                access("/usr/bin/\($0)", X_OK) == 0 || access("/usr/sbin/\($0)", X_OK) == 0
            },
            "neither mmdebstrap nor debootstrap is installed"))
    func bareDebian() async throws {
        let run = try await FinishedProgram.run(
            [BuiltPrograms.package + "/packaging/check-deb.sh", BuiltPackage.path ?? ""], timeout: .seconds(300))
        if run.status == 77 {
            // No mirror in reach: nothing is known, and the reason is told.
            withKnownIssue { Issue.record("\(run.output)") }
        } else {
            #expect(run.status == 0, "\(run.output)\(run.error)")
            #expect(run.output.hasSuffix("check-deb: passed\n"))
        }
    }
}
