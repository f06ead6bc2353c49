import ClusterModel
import Testing

@testable import ClusterOperations

/// The engine follows from what the server says it is, and its names are those of that line's catalog.
@Suite struct EngineVersionTests {
    @Test(arguments: CatalogShape.all)
    func `each line is known by its version and by the file in its data directory`(shape: CatalogShape) throws {
        let engine = try Engine(version: shape.version)
        #expect(engine.family == shape.family)
        #expect(Engine.presumed(versionFile: shape.versionFile) == engine)
    }

    @Test(arguments: CatalogShape.all)
    func `every name that is asked for stands in the catalog of that line`(shape: CatalogShape) throws {
        let engine = try Engine(version: shape.version)
        let segment = CatalogShape.columns(shape.segmentConfiguration)
        #expect(CatalogShape.columns(Segment.catalogColumns).isSubset(of: segment))
        #expect(
            CatalogShape.columns(shape.configurationHistory) == [
                "time", "dbid", engine.historyColumn.filter { $0 != "\"" },
            ])
        let view = CatalogShape.columns(shape.replicationView)
        let wal = engine.wal
        #expect(Set([wal.sent, wal.written, wal.flushed, wal.replayed]).isSubset(of: view))
        #expect(view.contains("write_lag") == wal.hasLags)
        let functions = [
            engine.addStandbyFunction, engine.removeStandbyFunction, wal.current, wal.replay, wal.difference,
            wal.fileName,
        ]
        #expect(Set(functions).isSubset(of: shape.functions), "\(functions)")
    }

    @Test(arguments: [
        "PostgreSQL 15.14 (Debian 15.14-0+deb12u1) on x86_64-pc-linux-gnu, compiled by gcc (Debian 12.2.0-14) 12.2.0",
        "PostgreSQL 17.2 on x86_64-pc-linux-musl, compiled by gcc", "PostgreSQL 18beta1 on aarch64",
    ])
    func `plain PostgreSQL from 15 on is the embedded engine, whoever packed it`(version: String) throws {
        #expect(try Engine(version: version).family == .embedded)
    }

    @Test(arguments: [
        "PostgreSQL 8.3.23 (Greenplum Database 5.29.12 build commit:1) on x86_64-pc-linux-gnu",
        "PostgreSQL 9.4.26 (Greengage Database 6.28.0 build commit:1) on x86_64-pc-linux-gnu",
        "PostgreSQL 9.4.26 on x86_64-pc-linux-gnu", "PostgreSQL 9.6.2 (Greenplum Database 6.0.0) on x86_64",
        "PostgreSQL 12.22 (Debian 12.22-1.pgdg120+1) on x86_64",
        "PostgreSQL 12.12 (Greenplum Database 8.0.0) on x86_64",
        "PostgreSQL 14.4 (Greenplum Database 7.0.0) on x86_64", "PostgreSQL 14.13 on x86_64",
        "PostgreSQL 14.4 (Apache Cloudberry 3.0.0-devel build 1) on x86_64",
        "PostgreSQL 16.9 (Apache Cloudberry 3.0.0) on x86_64",
        "PostgreSQL 16.1 (Greenplum Database) 19.0.0 WarehousePG",
        "PostgreSQL 13.3 on x86_64", "PostgreSQL devel", "PostgreSQL", "EnterpriseDB 15.2", "",
    ])
    func `any other version is refused, and the whole text is shown`(version: String) throws {
        let error = try #require(throws: OperationError.self) { try Engine(version: version) }
        #expect(error.message == "server version is not supported: \(version)")
        #expect(error.hint?.contains("gpha works with Greenplum 7 and with the embedded engine") == true)
    }

    @Test(arguments: [("9.4", "Greenplum 6"), ("14", "Cloudberry")])
    func `a line that was never tried is refused by its name, and nothing is asked of its server`(
        file: String, title: String
    ) throws {
        let error = try #require(throws: OperationError.self) { try Engine(versionFile: file + "\n") }
        #expect(error.message == "server version '\(file)' in PG_VERSION is not supported")
        #expect(error.hint?.hasPrefix("\(title) has this one: gpha was never tried on it; ") == true)
    }

    @Test func `a server that says other things than its files is refused`() throws {
        let presumed = try Engine(versionFile: "12\n")
        #expect(throws: Never.self) { try presumed.confirm(version: CatalogShape.greenplum7.version) }
        for version in [CatalogShape.greenplum6.version, "PostgreSQL 12.22 on x86_64", "PostgreSQL 15.4 on x86_64"] {
            #expect(throws: OperationError.self) { try presumed.confirm(version: version) }
        }
        let embedded = try Engine(versionFile: "15\n")
        #expect(throws: OperationError.self) { try embedded.confirm(version: "PostgreSQL 16.1 on x86_64") }
    }
}
