import Testing

@Suite("the house of docs/architecture.md")
struct ArchitectureTests {
    /// The storeys from the ground up; a target may use what stands on a lower one.
    static let storeys: [[String]] = [
        ["CLibPQ", "CLibSSH"],
        ["BlockingWork", "Reporting", "ClusterModel"],
        ["PostgresClient", "RemoteShell"],
        ["ClusterOperations", "ToolSupport"],
        ["EmbeddedCluster", "FaultTolerance"],
        ["GPState", "GPAddMirrors", "GPInitStandby", "GPActivateStandby", "GPRecoverSeg", "GPDemo"],
        ["GPHa"],
        [
            "gpstate", "gpaddmirrors", "gpinitstandby", "gpactivatestandby", "gprecoverseg", "gpdemo", "gpftsd", "gpha",
            "Benchmarks",
        ],
    ]
    static let systemModules: Set<String> = ["Glibc", "Synchronization", "Swift"]

    let files: [SourceTree.File]
    let manifest: PackageManifest

    init() throws {
        files = try SourceTree.files()
        manifest = PackageManifest(try SourceTree.text(of: "Package.swift"))
    }

    private func storey(of target: String) -> Int? { Self.storeys.firstIndex { $0.contains(target) } }

    @Test("the tree and the manifest were read")
    func readsSomething() {
        #expect(files.count > 30)
        #expect(manifest.dependencies["PostgresClient"]?.contains("CLibPQ") == true)
        #expect(manifest.dependencies["gpstate"] == ["GPState", "ToolSupport"])
        #expect(files.contains { $0.imports.contains("CLibPQ") })
    }

    @Test("every target stands on a storey")
    func everyTargetHasAPlace() {
        let targets = Set(files.map(\.target))
        #expect(targets.subtracting(manifest.dependencies.keys).isEmpty, "Package.swift was not read in full")
        let unplaced = targets.union(manifest.dependencies.keys).filter { storey(of: $0) == nil }
        #expect(unplaced.isEmpty, "give these a storey here and in docs/architecture.md")
    }

    @Test("declared dependencies point down only")
    func dependenciesPointDown() {
        for (target, dependencies) in manifest.dependencies {
            for dependency in dependencies {
                guard let own = storey(of: target), let other = storey(of: dependency) else { continue }
                #expect(other < own, "Package.swift: \(target) depends on \(dependency)")
            }
        }
    }

    @Test("imports point down only, and every one is declared")
    func importsPointDown() {
        var violations: [String] = []
        for file in files {
            for module in file.imports where !Self.systemModules.contains(module) {
                if let own = storey(of: file.target), let other = storey(of: module), other >= own {
                    violations.append("\(file) imports \(module), which stands no lower")
                }
                if manifest.dependencies[file.target]?.contains(module) != true {
                    violations.append("\(file) imports \(module), which Package.swift does not give it")
                }
            }
        }
        #expect(violations.isEmpty)
    }

    @Test("C libraries have one importer each", arguments: [("CLibPQ", "PostgresClient"), ("CLibSSH", "RemoteShell")])
    func oneImporter(of library: String, is owner: String) {
        let importers = Set(files.filter { $0.imports.contains(library) }.map(\.target))
        #expect(importers.subtracting([owner]).isEmpty)
    }

    @Test("pure values import nothing but collections", arguments: ["ClusterModel", "Reporting"])
    func pureTargetsArePure(_ target: String) {
        for file in files where file.target == target {
            #expect(Set(file.imports).subtracting(["OrderedCollections"]).isEmpty, "\(file)")
        }
    }

    @Test("nothing imports Foundation")
    func noFoundation() {
        for file in files {
            #expect(!file.imports.contains { $0.hasPrefix("Foundation") }, "\(file)")
        }
    }

    @Test(
        "nothing runs Python or reads Greenplum's own environment", arguments: ["greenplum_path", "GPHOME", "python"])
    func standsAlone(_ word: String) {
        // gpdemo makes clusters with the server of a Greenplum installation; nothing that works on clusters needs one.
        let makers: Set = word == "GPHOME" ? ["EmbeddedCluster", "GPDemo"] : []
        for file in files where !makers.contains(file.target) {
            let code = file.lines.filter { !$0.drop(while: \.isWhitespace).hasPrefix("//") }
            #expect(!code.contains { $0.lowercased().contains(word.lowercased()) }, "\(file)")
        }
    }

    @Test("no source file is longer than 300 lines")
    func filesAreShort() {
        for file in files { #expect(file.lines.count <= 301, "\(file) has \(file.lines.count - 1) lines") }
    }

    @Test("an import is recognised in each of its spellings")
    func recognisesImports() {
        let text =
            "import A\npublic import B\n@preconcurrency import C\nimport struct D.E\n// import F\nlet important = 1"
        let file = SourceTree.File(target: "x", path: "x", lines: text.split(separator: "\n"))
        #expect(file.imports == ["A", "B", "C", "D"])
    }

    @Test("no file is named after nothing")
    func noNamelessFiles() {
        let banned = ["Utilities", "Helpers", "Common", "Extensions", "Misc"]
        for file in files {
            #expect(!banned.contains { file.path.contains("/\($0)") }, "\(file)")
        }
    }
}
