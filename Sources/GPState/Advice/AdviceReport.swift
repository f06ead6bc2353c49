import ClusterModel
import Reporting

/// `--advise`: what the layout is, what it can lose, what is exposed now, and what to type.
struct AdviceReport: StatusReport {
    let mode = StatusMode.advice
    let facts: ClusterFacts
    let advice: LayoutAdvice

    init(_ facts: ClusterFacts) {
        self.facts = facts
        advice = LayoutAdvice(facts.configuration)
    }

    /// 1 when something is exposed.
    var exitStatus: Int32 { advice.exposures.isEmpty ? 0 : 1 }

    var lines: [ReportLine] { figures + losses + exposed + steps }

    private var figures: [ReportLine] {
        let risk = advice.risk
        let share = Int((risk.lethalShare * 1000).rounded())
        var table = Table(marksWarnings: true)
        table.add(["Layout", "= \(advice.name.explained)"])
        table.add(["Hosts with segments", "= \(risk.hosts)"])
        table.add(["Contents", "= \(advice.contents)"])
        table.add(
            ["Contents with both copies on one host", "= \(Self.counted(advice.bothOnOneHost))"],
            warn: !advice.bothOnOneHost.isEmpty)
        table.add(["Most primaries on a host", "= \(risk.mostPrimariesNow) (\(Self.list(advice.busiestNow)))"])
        table.add(["Most after the loss of any one host", "= \(advice.mostPrimariesAfterOneLoss)"])
        table.add(
            [
                "Two-host losses that stop the cluster",
                "= \(risk.lethalHostPairs) of \(risk.hostPairs) (\(share / 10).\(share % 10) %)",
            ])
        return [.rule(), .info("Layout, as the catalog has it"), .rule()] + table.lines
    }

    /// One row for all hosts whose loss means the same.
    private var losses: [ReportLine] {
        var order: [[Int]] = []
        var groups: [[Int]: [LayoutAdvice.Loss]] = [:]
        for loss in advice.losses {
            let key = [loss.mostPrimaries] + loss.lost.map(\.rawValue)
            if groups[key] == nil { order.append(key) }
            groups[key, default: []].append(loss)
        }
        var table = Table(marksWarnings: true)
        table.add(["Host lost", "Most primaries then", "On", "Contents lost"])
        for losses in order.compactMap({ groups[$0] }) {
            guard let first = losses.first else { continue }
            table.add(
                [
                    Self.list(losses.map(\.host)), "\(first.mostPrimaries)",
                    losses.count == 1 ? Self.list(first.busiest) : "another host", Self.counted(first.lost),
                ], warn: !first.lost.isEmpty)
        }
        return [.rule(), .info("What the loss of one host means now"), .rule()] + table.lines
    }

    private var exposed: [ReportLine] {
        let title: [ReportLine] = [.rule(), .info("Exposed now"), .rule()]
        guard !advice.exposures.isEmpty else { return title + [.info("   nothing")] }
        return title + advice.exposures.map { .warning("   \($0.text(coordinator: facts.vocabulary.word))") }
    }

    private var steps: [ReportLine] {
        guard !advice.steps.isEmpty else { return [.rule()] }
        var table = Table(marksWarnings: false)
        for step in advice.steps { table.add([step.command, step.reason]) }
        return [.rule(), .info("What to do"), .rule()] + table.lines + [.rule()]
    }

    /// `0`, or `2 (3, 5)`; many are cut.
    private static func counted(_ contents: [ContentID]) -> String {
        guard !contents.isEmpty else { return "0" }
        return "\(contents.count) (\(list(contents.map(\.description))))"
    }

    private static func list(_ names: [String]) -> String {
        names.count <= 8
            ? names.joined(separator: ", ")
            : names.prefix(6).joined(separator: ", ") + " and \(names.count - 6) more"
    }

    var json: JSONValue {
        StatusJSON(facts).document(of: self, [("advice", Self.object(advice, facts.vocabulary.word))])
    }

    private static func object(_ advice: LayoutAdvice, _ word: String) -> JSONValue {
        let risk = advice.risk
        let (layout, block): (String, Int?) =
            if case .block(let size) = advice.name { ("block", size) } else { (advice.name.description, nil) }
        return .object([
            ("layout", .string(layout)), ("block_size", .optional(block)), ("hosts", .int(risk.hosts)),
            ("contents", .int(advice.contents)),
            ("contents_on_one_host", StatusJSON.contents(advice.bothOnOneHost)),
            ("most_primaries_now", .int(risk.mostPrimariesNow)),
            ("busiest_hosts", strings(advice.busiestNow)),
            ("most_primaries_after_one_loss", .int(advice.mostPrimariesAfterOneLoss)),
            ("lethal_host_pairs", .int(risk.lethalHostPairs)), ("host_pairs", .int(risk.hostPairs)),
            ("lethal_share", .double(risk.lethalShare)),
            ("host_losses", .array(advice.losses.map(object))),
            ("exposed", .array(advice.exposures.map { object($0, word) })),
            (
                "steps",
                .array(
                    advice.steps.map {
                        .object([("command", .string($0.command)), ("reason", .string($0.reason))])
                    })
            ),
        ])
    }

    private static func object(_ loss: LayoutAdvice.Loss) -> JSONValue {
        .object([
            ("host", .string(loss.host)), ("most_primaries", .int(loss.mostPrimaries)),
            ("busiest_hosts", strings(loss.busiest)), ("lost_contents", StatusJSON.contents(loss.lost)),
        ])
    }

    private static func object(_ exposure: Exposure, _ word: String) -> JSONValue {
        .object([
            ("kind", .string(exposure.code)), ("content", .optional(exposure.segment?.content.rawValue)),
            ("dbid", .optional(exposure.segment?.dbid.rawValue)), ("text", .string(exposure.text(coordinator: word))),
        ])
    }

    private static func strings(_ names: [String]) -> JSONValue { .array(names.map { .string($0) }) }
}
