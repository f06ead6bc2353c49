import Testing

@testable import ClusterModel

@Suite struct MapDrawingTests {
    private func drawing(_ cluster: ClusterConfiguration) throws -> StrictXML.Element {
        try StrictXML.parse(MapDrawing(ClusterMap(cluster)).text)
    }

    @Test(
        arguments: [(2, 2), (4, 2), (16, 8), (64, 8)], [MirrorLayout.group, .block(2), .spread])
    func `a drawing is well-formed, with a box for each host and an arrow for each pair`(
        size: (Int, Int), layout: MirrorLayout
    ) throws {
        if layout == .spread, size.0 <= size.1 { return }
        let cluster = try MadeUpCluster.laidOut(hosts: size.0, perHost: size.1, layout)
        let root = try drawing(cluster)
        #expect(root.name == "svg" && root.attributes["xmlns"] == "http://www.w3.org/2000/svg")
        // Instances and coordinators have a tip, as has the whole.
        #expect(root.all("title").count == 2 * size.0 * size.1 + 2 + 1)
        let arrows = root.children.filter { $0.name == "path" }
        #expect(arrows.count == size.0 * size.1 + 1)
        #expect(arrows.allSatisfy { $0.attributes["marker-end"] == "url(#insync)" })
        let names = root.all("text").map(\.text)
        for host in cluster.segmentHostnames { #expect(names.contains(host)) }
        try expectInside(root)
    }

    /// Every rectangle lies inside the drawing, and no two instances overlap.
    private func expectInside(_ root: StrictXML.Element) throws {
        let width = try #require(root.attributes["width"].flatMap { Int($0) })
        let height = try #require(root.attributes["height"].flatMap { Int($0) })
        var corners: Set<String> = []
        for rectangle in root.all("rect") where rectangle.attributes["x"] != nil {
            func number(_ name: String) throws -> Int { try #require(rectangle.attributes[name].flatMap { Int($0) }) }
            #expect(try number("x") >= 0 && number("x") + number("width") <= width)
            #expect(try number("y") >= 0 && number("y") + number("height") <= height)
            #expect(corners.insert("\(try number("x")),\(try number("y"))").inserted)
        }
    }

    @Test func `what is down is red, what has switched is marked, what lags is dashed`() throws {
        let cluster = try MadeUpCluster.laidOut(hosts: 4, perHost: 1, .group) { rows in
            rows.disturb()
        }
        let root = try drawing(cluster)
        func group(_ label: String) throws -> StrictXML.Element {
            try #require(root.all("g").first { $0.children.last?.text == label }, "\(label)")
        }
        #expect(try group("mirror 0 :7000 down").all("rect")[0].attributes["stroke"] == "#c0261c")
        #expect(try group("primary 1 :7000 switched").all("rect")[0].attributes["stroke"] == "#7d3fb0")
        #expect(try group("primary 3 :6000").all("rect")[0].attributes["stroke"] == "#3b78b5")
        let arrows = root.children.filter { $0.name == "path" }.compactMap { $0.attributes["marker-end"] }
        #expect(arrows.sorted() == ["behind", "down", "insync", "insync", "insync"].map { "url(#\($0))" })
    }

    @Test func `hostile names and paths stay text`() throws {
        let names = ["<script>alert(1)</script>", "\"><image href='x'/>", "a&b;&lt;", "]]>\u{0}\u{1b}[31m\u{202e}"]
        // No catalog with such names gets past its check, so the drawing is given them directly.
        let pairs = names.enumerated().map { index, name in
            SegmentPair(
                primary: MadeUpCluster.segment(2 * index + 2, index, on: name, directory: "/data/" + name),
                mirror: MadeUpCluster.segment(
                    2 * index + 3, index, .mirror, on: "m\(index)", directory: "/mirror/" + name))
        }
        let map = ClusterMap(coordinator: MadeUpCluster.coordinator, standby: nil, pairs: pairs)
        let root = try StrictXML.parse(MapDrawing(map).text)
        #expect(root.all("script").isEmpty && root.all("image").isEmpty)
        #expect(root.all("text").map(\.text).contains(names[0]))
        let tips = root.all("title").map(\.text)
        #expect(tips.contains { $0.hasSuffix("/data/<script>alert(1)</script>") })
        #expect(tips.contains { $0.hasSuffix("/data/\"><image href='x'/>") })
        #expect(tips.contains { $0.hasSuffix("/mirror/a&b;&lt;") })
        #expect(XMLText.escaped(names[3]) == "]]&gt;\u{fffd}\u{fffd}[31m\u{fffd}")
    }

    @Test func `the reader that judges drawings takes nothing malformed`() {
        for bad in [
            "<a>", "<a></b>", "<a b=c/>", "<a b=\"1\" b=\"2\"/>", "<a>&x;</a>", "<a>x & y</a>", "<a/><b/>", "text",
            "<a b=\"<\"/>", "<a>\u{1}</a>",
        ] {
            #expect(throws: StrictXML.Malformed.self, "\(bad)") { try StrictXML.parse(bad) }
        }
    }
}
