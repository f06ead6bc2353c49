import ClusterModel
import ClusterOperations

/// What a line of the history says, in the words of this suite.
enum EventWords {
    /// - Parameter instance: the catalog's present row of the line's dbid.
    static func of(_ description: String, _ instance: Segment?) -> String {
        if let change = RoleChange(description) { return change.words(instance) }
        if let former = FormerCoordinator(history: description) {
            return "standby activated; the coordinator before it was \(former.place)"
        }
        if let fate = StandbyHistory.allCases.first(where: { description == $0.line(dbid(of: description)) }) {
            switch fate {
            case .inSync: return "standby in sync: commits wait for it"
            case .gone: return "standby gone: the coordinator commits without it"
            case .notInSync: return "standby not in sync: commits do not wait for it alone"
            }
        }
        if description.hasSuffix(": inserted mirror segment configuration") {
            return "mirror added by \(writer(description))"
        }
        if description.contains("inserted segment configuration for full recovery") {
            return "mirror's row renewed by \(writer(description)) for a full recovery"
        }
        // Each other line of this suite says it in words already; so do strangers, as well as they can.
        return description
    }

    private static func writer(_ description: String) -> Substring { description.prefix { $0 != ":" } }

    /// The number after `dbid `.
    private static func dbid(of description: String) -> DatabaseID {
        guard let word = description.firstRange(of: "dbid ") else { return DatabaseID(0) }
        return DatabaseID(Int(description[word.upperBound...].prefix { $0.isWholeNumber }) ?? 0)
    }
}

/// What the fault-tolerance service writes when it changes a row; Greenplum's own text.
struct RoleChange: Equatable {
    let content: ContentID
    let role: SegmentRole
    let status: SegmentStatus
    let mode: SegmentMode

    /// Nil for any other line.
    init?(_ description: String) {
        let start = "FTS: update role, status, and mode for dbid "
        guard description.hasPrefix(start) else { return nil }
        let words = description.dropFirst(start.count).split { $0 == " " || $0 == "," }.map(String.init)
        guard words.count == 9, words[1...2] == ["with", "contentid"], words[4] == "to", words[7] == "and",
            let content = Int(words[3]), let role = SegmentRole(rawValue: words[5]),
            let status = SegmentStatus(rawValue: words[6]), let mode = SegmentMode(rawValue: words[8])
        else { return nil }
        (self.content, self.role, self.status, self.mode) = (ContentID(content), role, status, mode)
    }

    func words(_ instance: Segment?) -> String {
        let isStranger = instance.map { $0.preferredRole != role } ?? false
        switch (role, status, mode) {
        case (.mirror, .down, _): return "mirror down"
        case (.mirror, .up, .notInSync): return "mirror up, not in sync"
        case (.mirror, .up, .inSync): return "mirror up and in sync"
        case (.primary, .down, _): return "primary down"
        case (.primary, .up, .notInSync):
            return isStranger ? "made as mirror, promoted: serves alone" : "primary serves alone"
        case (.primary, .up, .inSync):
            return isStranger
                ? "made as mirror, acts as primary: its mirror is in sync" : "primary: its mirror is in sync"
        }
    }
}
