// swift-tools-version: 6.2
import PackageDescription

// The house. Arrows point down only: a target may depend on targets listed above it, never below.
// docs/architecture.md draws it; Tests/ArchitectureTests keeps it true.

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let collections: Target.Dependency = .product(name: "OrderedCollections", package: "swift-collections")
let subprocess: Target.Dependency = .product(name: "Subprocess", package: "swift-subprocess")
let system: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")

func room(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

func tests(
    _ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = [], exclude: [String] = []
) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, exclude: exclude, resources: resources, swiftSettings: strict)
}

/// An executable that is not installed.
func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// One executable of a few lines over the library of the same tool.
func tool(_ name: String, _ library: Target.Dependency) -> Target {
    .executableTarget(
        name: name, dependencies: [library, "ToolSupport"], path: "Sources/Executables/\(name)",
        swiftSettings: strict)
}

let package = Package(
    name: "gpha",
    products: [
        "gpstate", "gpaddmirrors", "gpinitstandby", "gpactivatestandby", "gprecoverseg", "gpdemo", "gpftsd", "gpha",
    ].map {
        .executable(name: $0, targets: [$0])
    },
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", exact: "1.0.2", traits: []),
        .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
    ],
    targets: [
        // C, each imported by one target.
        .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CLibSSH", pkgConfig: "libssh", providers: [.apt(["libssh-dev"])]),

        // Pure values.
        room("Reporting"),
        room("ClusterModel", [collections]),

        // Blocking C on threads of our own.
        room("BlockingWork"),
        room("PostgresClient", ["BlockingWork", "CLibPQ"]),
        room("RemoteShell", ["Reporting", "BlockingWork", "CLibSSH", subprocess, system]),

        // What can be done to a cluster.
        room(
            "ClusterOperations",
            ["ClusterModel", "PostgresClient", "RemoteShell", "Reporting", "BlockingWork", logging]),

        // What every tool has.
        room("ToolSupport", ["Reporting", "RemoteShell", "BlockingWork", argumentParser, logging]),

        // The embedded engine: a cluster of plain PostgreSQL servers, and its fault-tolerance service.
        room(
            "EmbeddedCluster",
            [
                "ClusterModel", "ClusterOperations", "PostgresClient", "RemoteShell", "BlockingWork", subprocess,
                system,
                logging,
            ],
            resources: [.embedInCode("embedded_catalog.sql")]),
        room("FaultTolerance", ["ClusterModel", "ClusterOperations", "PostgresClient", "BlockingWork", logging]),

        // One room per tool.
        room(
            "GPState",
            [
                "ToolSupport", "ClusterOperations", "RemoteShell", "PostgresClient", "BlockingWork", "ClusterModel",
                "Reporting",
                argumentParser, logging,
            ]),
        room(
            "GPAddMirrors",
            [
                "ToolSupport", "ClusterOperations", "RemoteShell", "PostgresClient", "BlockingWork", "ClusterModel",
                "Reporting", argumentParser, logging,
            ]),
        room(
            "GPInitStandby",
            [
                "ToolSupport", "ClusterOperations", "RemoteShell", "PostgresClient", "BlockingWork", "ClusterModel",
                "Reporting", argumentParser, logging,
            ]),
        room(
            "GPActivateStandby",
            [
                "ToolSupport", "ClusterOperations", "RemoteShell", "PostgresClient", "BlockingWork", "ClusterModel",
                "Reporting", argumentParser, logging,
            ]),
        room(
            "GPRecoverSeg",
            [
                "ToolSupport", "ClusterOperations", "RemoteShell", "PostgresClient", "BlockingWork", "ClusterModel",
                "Reporting", argumentParser, logging,
            ]),
        room(
            "GPDemo",
            [
                "ToolSupport", "EmbeddedCluster", "FaultTolerance", "ClusterOperations", "PostgresClient",
                "RemoteShell", "BlockingWork", "ClusterModel", "Reporting", argumentParser, logging,
            ]),
        tool("gpstate", "GPState"),
        tool("gpaddmirrors", "GPAddMirrors"),
        tool("gpinitstandby", "GPInitStandby"),
        tool("gpactivatestandby", "GPActivateStandby"),
        tool("gprecoverseg", "GPRecoverSeg"),
        tool("gpdemo", "GPDemo"),
        tool("gpftsd", "GPDemo"),

        // All of them in one program: what is installed.
        room(
            "GPHa",
            [
                "GPState", "GPAddMirrors", "GPInitStandby", "GPActivateStandby", "GPRecoverSeg", "GPDemo",
                "ToolSupport",
                argumentParser,
            ]),
        tool("gpha", "GPHa"),

        // `make bench`; not a product.
        program(
            "Benchmarks",
            [
                "EmbeddedCluster", "ClusterOperations", "PostgresClient", "RemoteShell", "BlockingWork", "ClusterModel",
            ]),

        tests("ClusterModelTests", ["ClusterModel"]),
        tests(
            "ClusterOperationsTests",
            [
                "ClusterOperations", "ClusterModel", "FaultTolerance", "PostgresClient", "RemoteShell", "BlockingWork",
                "TestSupport", subprocess, system,
            ]
        ),
        tests(
            "RecoveryMethodTests",
            [
                "ClusterOperations", "ClusterModel", "EmbeddedCluster", "PostgresClient", "RemoteShell", "BlockingWork",
                "TestSupport", logging,
            ]),
        tests(
            "GPAddMirrorsTests",
            ["GPAddMirrors", "ClusterOperations", "ClusterModel", "Reporting", "ToolSupport", "TestSupport"]),
        tests(
            "EmbeddedClusterTests",
            ["EmbeddedCluster", "ClusterModel", "PostgresClient", "RemoteShell", "BlockingWork", "TestSupport"]),
        tests("GPDemoTests", ["GPDemo", "EmbeddedCluster", "ToolSupport", "Reporting", "ClusterModel", "TestSupport"]),
        tests(
            "GPStateTests",
            [
                "GPState", "ClusterModel", "ClusterOperations", "RemoteShell", "Reporting", "BlockingWork",
                "ToolSupport", "TestSupport",
            ],
            exclude: ["Fixtures"]),
        // Tests, and what they share.
        .target(
            name: "TestSupport", dependencies: ["BlockingWork", "Reporting"], path: "Tests/TestSupport",
            swiftSettings: strict),
        .target(
            name: "TestClusters",
            dependencies: [
                "EmbeddedCluster", "ClusterModel", "ClusterOperations", "PostgresClient", "RemoteShell", "BlockingWork",
            ],
            path: "Tests/TestClusters", swiftSettings: strict),
        tests("BlockingWorkTests", ["BlockingWork", "TestSupport"]),
        tests("PostgresClientTests", ["PostgresClient", "BlockingWork", "TestSupport"]),
        tests("RemoteShellTests", ["RemoteShell", "TestSupport"]),
        tests(
            "AddMirrorsIntegrationTests",
            [
                "GPAddMirrors", "EmbeddedCluster", "ClusterOperations", "ClusterModel", "PostgresClient", "RemoteShell",
                "BlockingWork", "TestClusters", "TestSupport",
            ]),
        tests(
            "StandbyIntegrationTests",
            [
                "GPInitStandby", "EmbeddedCluster", "ClusterOperations", "ClusterModel", "PostgresClient",
                "RemoteShell",
                "BlockingWork", "TestClusters", "TestSupport",
            ]),
        tests(
            "GPInitStandbyTests",
            [
                "GPInitStandby", "ClusterOperations", "ClusterModel", "Reporting", "ToolSupport", "TestSupport",
            ]),
        tests(
            "ActivationIntegrationTests",
            [
                "GPActivateStandby", "EmbeddedCluster", "ClusterOperations", "ClusterModel", "PostgresClient",
                "RemoteShell", "BlockingWork", "TestClusters", "TestSupport",
            ]),
        tests(
            "GPActivateStandbyTests",
            [
                "GPActivateStandby", "ClusterOperations", "ClusterModel", "BlockingWork", "RemoteShell", "Reporting",
                "TestSupport", "ToolSupport",
            ]),
        tests(
            "GPRecoverSegTests",
            [
                "GPRecoverSeg", "ClusterOperations", "ClusterModel", "Reporting", "ToolSupport", "BlockingWork",
                "TestSupport", argumentParser,
            ]),
        tests(
            "RebalanceIntegrationTests",
            [
                "GPRecoverSeg", "EmbeddedCluster", "ToolSupport", "ClusterOperations", "ClusterModel", "PostgresClient",
                "RemoteShell", "BlockingWork", "TestClusters", "TestSupport", "Reporting", logging,
            ]),
        tests(
            "RecoveryIntegrationTests",
            [
                "GPRecoverSeg", "EmbeddedCluster", "ClusterModel", "PostgresClient", "RemoteShell", "Reporting",
                "BlockingWork", "TestClusters", "TestSupport",
            ]),
        tests("ArchitectureTests", []),
        tests("ReportingTests", ["Reporting"]),
        tests(
            "ToolMatrixTests",
            [
                "GPState", "GPAddMirrors", "GPInitStandby", "GPActivateStandby", "GPRecoverSeg", "GPDemo",
                "ToolSupport", "ClusterModel", "BlockingWork", "ClusterOperations", "EmbeddedCluster", "TestSupport",
                argumentParser,
            ]),
        tests(
            "StateIntegrationTests",
            [
                "EmbeddedCluster", "ClusterOperations", "ClusterModel", "PostgresClient", "RemoteShell", "Reporting",
                "BlockingWork", "TestClusters", "TestSupport",
            ],
            exclude: ["Goldens"]),
        tests("PackagingTests", ["GPHa", "GPState", "ToolSupport", "TestSupport"]),
        tests(
            "ManualPageTests",
            [
                "GPHa", "GPState", "EmbeddedCluster", "ToolSupport", "BlockingWork", "Reporting", "TestSupport",
                argumentParser,
            ]),
        tests("ToolSupportTests", ["ToolSupport", "Reporting", "RemoteShell", "TestSupport", argumentParser, logging]),
        tests(
            "FaultToleranceTests",
            [
                "FaultTolerance", "ClusterModel", "ClusterOperations", "PostgresClient", "RemoteShell", "BlockingWork",
                "EmbeddedCluster", "TestSupport", "gpftsd", logging,
            ]),
    ]
)
