import ClusterModel
import Reporting

/// How `--map` is to be drawn.
struct Picture: Sendable {
    var form = MapForm.text
    var style = MapStyle()
    /// Instances to be marked as changed.
    var changed: Set<DatabaseID> = []
}

/// `--map`: hosts and their instances as a picture, from the catalog alone.
struct MapReport: StatusReport {
    let mode = StatusMode.map
    let facts: ClusterFacts
    let map: ClusterMap
    private let picture: Picture

    init(_ facts: ClusterFacts, picture: Picture) {
        self.facts = facts
        var picture = picture
        picture.style.coordinatorWord = facts.vocabulary.word
        self.picture = picture
        map = ClusterMap(facts.configuration, changed: picture.changed)
    }

    var lines: [ReportLine] { [] }

    var plainLines: [String] { picture.form.lines(of: map, style: picture.style) }

    /// For each line of text whether it shows something that changed: an instance marked so, or a heading that
    /// `before` did not have.
    ///
    /// Boxes that moved because of a change elsewhere are none.
    func changes(from before: [String]) -> [Bool] {
        var style = picture.style
        style.hasColour = true
        style.isUnicode = style.isUnicode && picture.form == .text
        let text = MapText(map, style: style)
        style.hasColour = false
        let headings = Array(MapText(map, style: style).lines.prefix(text.headingCount))
        return WatchFrame.changes(from: before, to: headings)
            + text.lines.dropFirst(text.headingCount).map { $0.contains(MapText.changeMark) }
    }

    var json: JSONValue {
        StatusJSON(facts).document(
            of: self, [("hosts", .array(map.hosts.map(Self.object))), ("layout", .string(map.name.description))])
    }

    private static func object(_ host: ClusterMap.Host) -> JSONValue {
        func dbids(_ instances: [ClusterMap.Instance]) -> JSONValue {
            .array(instances.map { .int($0.segment.dbid.rawValue) })
        }
        return .object([
            ("hostname", .string(host.name)), ("primary_dbids", dbids(host.primaries)),
            ("mirror_dbids", dbids(host.mirrors)),
        ])
    }
}
