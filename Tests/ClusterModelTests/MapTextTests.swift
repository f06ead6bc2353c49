import Testing

@testable import ClusterModel

@Suite struct MapTextTests {
    private func lines(
        _ cluster: ClusterConfiguration, columns: Int = 80, colour: Bool = false, unicode: Bool = true
    ) -> [String] {
        MapText(
            ClusterMap(cluster), style: MapStyle(columns: columns, hasColour: colour, isUnicode: unicode)
        ).lines
    }

    @Test func `four hosts stand side by side in 80 columns, with every pairing`() throws {
        let cluster = try MadeUpCluster.laidOut(hosts: 4, perHost: 2, .spread)
        #expect(
            lines(cluster) == [
                "layout spread: 4 hosts, 8 contents",
                "coordinator cdw:5432   standby scdw:5432",
                "┌sdw1─────────────┐ ┌sdw2─────────────┐ ┌sdw3─────────────┐ ┌sdw4─────────────┐",
                "│  P0 6000 → sdw2 │ │  P2 6000 → sdw3 │ │  P4 6000 → sdw4 │ │  P6 6000 → sdw1 │",
                "│  P1 6001 → sdw3 │ │  P3 6001 → sdw4 │ │  P5 6001 → sdw1 │ │  P7 6001 → sdw2 │",
                "│  M5 7000 ← sdw3 │ │  M0 7000 ← sdw1 │ │  M1 7000 ← sdw1 │ │  M3 7000 ← sdw2 │",
                "│  M6 7001 ← sdw4 │ │  M7 7001 ← sdw4 │ │  M2 7001 ← sdw2 │ │  M4 7001 ← sdw3 │",
                "└─────────────────┘ └─────────────────┘ └─────────────────┘ └─────────────────┘",
                "P primary  M mirror  → its mirror's host  ← its primary's host",
            ])
    }

    @Test func `what is down, out of sync, without mirror or switched is marked and named`() throws {
        let cluster = try MadeUpCluster.laidOut(hosts: 2, perHost: 2, .group) { rows in
            rows.disturb()
            for index in rows.indices where rows[index].isCoordinatorPair && rows[index].role == .mirror {
                rows[index].status = .down
            }
            rows.removeAll { $0.content == ContentID(3) && $0.role == .mirror }
        }
        let shown = lines(cluster, unicode: false)
        #expect(
            shown == [
                "layout irregular: 2 hosts, 4 contents",
                "coordinator cdw:5432   standby scdw:5432 x down",
                "1 content with a copy down: 0", "1 content not in sync: 2", "1 content without mirror: 3",
                "1 content with switched roles: 1",
                "+sdw1--------------+ +sdw2--------------+",
                "| ~P0  6000 > sdw2 | |  P1* 7001 > sdw1 |",
                "|                  | | ~P2  6000 > sdw1 |",
                "|                  | | !P3  6001        |",
                "|  M1* 6001 < sdw2 | | xM0  7000 < sdw1 |",
                "| ~M2  7000 < sdw2 | |                  |",
                "+------------------+ +------------------+",
                "P primary  M mirror  > its mirror's host  < its primary's host  ~ not in sync",
                "x down  ! no mirror  * switched role",
            ])
    }

    @Test(arguments: [40, 60, 80, 100, 132, 200], [(2, 2), (4, 2), (4, 8), (8, 4), (16, 8), (64, 8)])
    func `no line is wider than the terminal, and every instance is there`(columns: Int, size: (Int, Int)) throws {
        let layouts: [MirrorLayout] = [.group, .block(2), size.0 > size.1 ? .spread : .group]
        for layout in layouts {
            let cluster = try MadeUpCluster.laidOut(hosts: size.0, perHost: size.1, layout)
            let shown = lines(cluster, columns: columns)
            #expect(shown.allSatisfy { $0.count <= columns }, "\(shown.first { $0.count > columns } ?? "")")
            #expect(shown.allSatisfy { $0.last != " " })
            let text = shown.dropFirst(2).joined(separator: " ")
            for content in 0..<size.0 * size.1 {
                let count = text.matches(of: try Regex("(?:[PM ])\(content)(?![0-9.])")).count
                #expect(count >= 2, "content \(content)")
            }
        }
    }

    @Test func `sixty-four hosts fit a line each, in groups`() throws {
        let blocks = lines(try MadeUpCluster.laidOut(hosts: 64, perHost: 8, .block(4)))
        #expect(blocks.count == 2 + 16 * 5 + 1)
        #expect(blocks[2] == "block 1 of 16: sdw1 sdw10 sdw11 sdw12")
        #expect(blocks[3] == "sdw1   P   0   1   2   3   4   5   6   7  M  74  77  81  84  87  88  91  94")
        let ring = lines(try MadeUpCluster.laidOut(hosts: 64, perHost: 8, .group), columns: 100)
        #expect(ring.count == 2 + 8 * 9 + 1)
        #expect(ring[2] == "sdw1 sdw2 sdw3 sdw4 sdw5 sdw6 sdw7 sdw8")
        #expect(ring[4].hasSuffix("M 144 145 146 147 148 149 150 151 → sdw20"), "\(ring[4])")
        #expect(Set(ring.dropFirst(3).prefix(8).map { $0.prefix(6) }).count == 8)
    }

    @Test func `a switched role costs no line, and no line ends in blanks`() throws {
        let cluster = try MadeUpCluster.laidOut(hosts: 64, perHost: 8, .group) { rows in
            for index in rows.indices where rows[index].content == ContentID(7) {
                rows[index].role = rows[index].role == .primary ? .mirror : .primary
            }
        }
        for (columns, primary) in [(90, "  *7 "), (120, "   7*")] {
            let shown = lines(cluster, columns: columns)
            #expect(shown.count == 3 + 8 * 9 + 1)
            #expect(shown.allSatisfy { $0.last != " " && $0.count <= columns })
            #expect(shown.count { $0.contains(primary) } == 2, "\(shown)")
        }
    }

    @Test func `a wide terminal takes more boxes`() throws {
        let cluster = try MadeUpCluster.laidOut(hosts: 8, perHost: 4, .spread)
        #expect(lines(cluster, columns: 200).count == 2 + 10 + 1)
        #expect(lines(cluster, columns: 80).count == 2 + 20 + 1)
    }

    @Test func `colour changes nothing but colour, and without it there is none`() throws {
        let cluster = try MadeUpCluster.laidOut(hosts: 4, perHost: 2, .group) { rows in
            for index in rows.indices where rows[index].dbid == DatabaseID(12) { rows[index].status = .down }
        }
        let plain = lines(cluster)
        let coloured = lines(cluster, colour: true)
        #expect(!plain.joined().contains("\u{1b}"))
        #expect(coloured != plain)
        #expect(try coloured.map { $0.replacing(try Regex("\u{1b}\\[[0-9;]*m"), with: "") } == plain)
        #expect(coloured.joined().contains("\u{1b}[1;31m✗"))
    }

    @Test func `ASCII is ASCII, whatever a host is called`() throws {
        let cluster = try MadeUpCluster.laidOut(hosts: 3, perHost: 2, .group)
        let pairs = cluster.pairs.map { pair in
            var pair = pair
            pair.primary.hostname += ".ex\u{e4}mple\u{1b}[31m\n"
            pair.mirror?.hostname += ".ex\u{e4}mple\u{1b}[31m\n"
            return pair
        }
        var coordinator = cluster.coordinator
        coordinator.hostname = "c\u{202e}dw\r"
        let map = ClusterMap(coordinator: coordinator, standby: nil, pairs: pairs)
        let shown = MapText(map, style: MapStyle()).lines
        #expect(shown.allSatisfy { $0.utf8.allSatisfy { (0x20..<0x7f).contains($0) } })
        #expect(shown.allSatisfy { $0.count <= 80 })
        #expect(shown[0].hasSuffix(" in ex?mple?[31m?") && shown[1] == "coordinator c?dw?:5432   no standby")
    }

    @Test func `the domain that all hosts share is named once`() throws {
        let cluster = try MadeUpCluster.laidOut(hosts: 4, perHost: 2, .spread) { rows in
            for index in rows.indices { rows[index].hostname += ".prod.example.com" }
        }
        let shown = lines(cluster)
        #expect(shown[0] == "layout spread: 4 hosts, 8 contents in prod.example.com")
        #expect(shown[2].hasPrefix("┌sdw1──") && shown.count == 9)
        let numeric = try MadeUpCluster.laidOut(hosts: 2, perHost: 1, .group) { rows in
            for index in rows.indices { rows[index].hostname = rows[index].hostname.replacing("sdw", with: "10.0.0.") }
        }
        #expect(lines(numeric)[2].hasPrefix("┌10.0.0.1─"))
    }

    @Test func `numbers are joined to ranges and cut where there is no room`() throws {
        let cluster = try MadeUpCluster.laidOut(hosts: 64, perHost: 8, .group) { rows in
            for index in rows.indices where rows[index].content.rawValue % 3 != 1 { rows[index].mode = .notInSync }
        }
        let shown = lines(cluster)
        #expect(shown[2].hasPrefix("341 contents not in sync: 0, 2-3, 5-6, 8-9, "))
        #expect(shown[2].hasSuffix(", ...") && shown[2].count <= 80)
    }

    @Test func `planned mirrors are marked, and say nothing against their primaries`() throws {
        let cluster = try MadeUpCluster.laidOut(hosts: 2, perHost: 1, .group) { rows in
            for index in rows.indices where rows[index].content.rawValue >= 0 {
                rows[index].mode = .notInSync
                if rows[index].role == .mirror { rows[index].status = .down }
            }
        }
        let mirrors = Set(cluster.pairs.compactMap { $0.mirror?.dbid })
        let map = ClusterMap(cluster, planned: mirrors)
        let shown = MapText(map, style: MapStyle(isUnicode: true)).lines
        #expect(shown.contains("│  P0 6000 → sdw2 │ │  P1 6000 → sdw1 │"))
        #expect(shown.contains("│ +M1 7000 ← sdw2 │ │ +M0 7000 ← sdw1 │"))
        #expect(shown.last?.hasSuffix("+ planned") == true)
    }
}
