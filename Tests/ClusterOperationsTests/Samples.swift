import ClusterModel

/// Values that the tests of operations start from.
enum Samples {
    static func segment(
        _ dbid: Int, _ content: Int, _ role: SegmentRole = .primary, on host: String, port: Int = 6000,
        directory: String = "/data/p"
    ) -> Segment {
        Segment(
            dbid: DatabaseID(dbid), content: ContentID(content), role: role, preferredRole: role, mode: .notInSync,
            status: .up, hostname: host, address: host, port: port, dataDirectory: directory)
    }

    static let mark = CopyMark(run: "run1", content: ContentID(0), dbid: DatabaseID(10), systemIdentifier: "7001")

    static func item(mirrorDirectory: String, source: String = "127.0.0.2", settings: [InstanceSetting] = [])
        -> MirrorPlan.Item
    {
        MirrorPlan.Item(
            mirror: segment(10, 0, .mirror, on: "sdw2", port: 7000, directory: mirrorDirectory),
            source: segment(2, 0, on: source), action: .copy, bytes: 1024, settings: settings)
    }
}
