import ClusterModel
import Testing

/// What an activation writes about the coordinator that was.
@Suite struct SupersededTests {
    @Test func `the mark stands beside the directory and is read back`() {
        let mark = SupersededMark(host: "scdw", port: 5432, time: "20261121_120000", systemIdentifier: "77")
        #expect(SupersededMark(text: mark.text) == mark)
        #expect(SupersededMark.path("/data/gpseg-1") == "/data/gpseg-1.gpha-superseded")
        #expect(SupersededMark.path("/data/gpseg-1/") == "/data/gpseg-1.gpha-superseded")
        #expect(SupersededMark(text: "") == nil)
        #expect(SupersededMark(text: "gpha-superseded 1 scdw x now 77") == nil)
    }

    @Test func `the history remembers the former coordinator, whatever its path`() {
        let former = FormerCoordinator(
            dbid: DatabaseID(1), hostname: "cdw", address: "10.0.0.1", port: 5432,
            dataDirectory: "/data with blanks/port=1 gpseg-1", fencedAddresses: ["10.0.0.1", "fd00::1"])
        #expect(FormerCoordinator(history: former.history) == former)
        let unknown = FormerCoordinator(dbid: nil, hostname: "h", address: "a", port: 1, dataDirectory: nil)
        #expect(FormerCoordinator(history: unknown.history) == unknown)
        #expect(FormerCoordinator(history: "gpinitstandby: added coordinator standby cdw:5432") == nil)
    }

    @Test func `the fence turns each address away for sessions and for replication, marked as ours`() {
        let fence = SegmentFence(host: "cdw", addresses: ["10.0.0.1", "fd00::1"])
        #expect(
            fence.lines == [
                "host all all 10.0.0.1/32 reject # gpha-fence cdw",
                "host replication all 10.0.0.1/32 reject # gpha-fence cdw",
                "host all all fd00::1/128 reject # gpha-fence cdw",
                "host replication all fd00::1/128 reject # gpha-fence cdw",
            ])
    }

    @Test func `our lines about a host are found by its name and by its addresses, others are not`() {
        let text = """
            host all all 10.0.0.1/32 reject # gpha-fence cdw
            host all all 10.0.0.10/32 reject # gpha-fence old\r
            host all all 10.0.0.1/32 reject
            # gpha-fence of nobody
            local all all trust
            """
        #expect(
            SegmentFence.lines(in: text, host: "cdw", addresses: []) == [
                "host all all 10.0.0.1/32 reject # gpha-fence cdw"
            ])
        #expect(SegmentFence.lines(in: text, host: "new", addresses: ["10.0.0.1"]).count == 1)
        #expect(SegmentFence.lines(in: text, host: "old", addresses: []).count == 1)
        #expect(SegmentFence.lines(in: text, host: "x", addresses: ["10.0.0.2"]) == [])
    }

    @Test func `only what is the former coordinator's alone is fenced off`() {
        let choice = SegmentFence.choose(
            ["10.0.0.1", "127.0.0.1", "::1", "10.0.0.3", "fe80::1", "10.0.0.1"],
            staying: ["sdw1": ["10.0.0.3"], "sdw2": ["10.0.0.3"]])
        #expect(choice.addresses == ["10.0.0.1"])
        #expect(choice.obstacles.count == 4)
        #expect(choice.obstacles.contains("10.0.0.3 is also an address of sdw1, sdw2"))
        #expect(SegmentFence.choose([], staying: [:]).obstacles == ["no address of it is known"])
    }
}
