/// Hosts as boxes side by side.
struct MapBoxes {
    /// What is left out, in order, to bring more boxes into a line.
    private struct Form {
        var showsPort: Bool
        var margin: Int
    }

    private let text: MapText
    private let form: Form
    private let cellWidth: Int
    private let perLine: Int

    private static let gap = 1

    init(_ text: MapText) {
        self.text = text
        let forms = [true, false].flatMap { port in [1, 0].map { Form(showsPort: port, margin: $0) } }
        let measured = forms.map { form -> (Form, Int, Int) in
            let width = Self.cellWidth(text, form)
            return (form, width, max(1, (text.style.columns + Self.gap) / (width + 2 + 2 * form.margin + Self.gap)))
        }
        let hosts = text.map.hosts.count
        let wanted = min(4, hosts)
        let rows = { (perLine: Int) in (hosts + perLine - 1) / perLine }
        let fewest = measured.map { rows($0.2) }.min() ?? 1
        let chosen = measured.first { $0.2 >= wanted } ?? measured.first { rows($0.2) == fewest } ?? measured[0]
        (form, cellWidth, perLine) = chosen
    }

    /// The boxes; nil where they would take more lines than a row for each host.
    var lines: [MapInk]? {
        let hosts = text.map.hosts
        guard hosts.count <= max(4, 2 * perLine) else { return nil }
        guard cellWidth + 2 + 2 * form.margin <= text.style.columns else { return nil }
        return stride(from: 0, to: hosts.count, by: perLine).flatMap { start in
            row(Array(hosts[start..<min(start + perLine, hosts.count)]))
        }
    }

    private func row(_ hosts: [ClusterMap.Host]) -> [MapInk] {
        let primaries = hosts.map(\.primaries.count).max() ?? 0
        let mirrors = hosts.map(\.mirrors.count).max() ?? 0
        let boxes = hosts.map { box($0, primaries: primaries, mirrors: mirrors) }
        return (boxes.first ?? []).indices.map { line in
            var ink = MapInk()
            for (number, box) in boxes.enumerated() {
                if number > 0 { ink.pad(to: ink.width + Self.gap) }
                ink.add(box[line])
            }
            return ink
        }
    }

    private func box(_ host: ClusterMap.Host, primaries: Int, mirrors: Int) -> [MapInk] {
        let glyphs = text.glyphs
        let inner = cellWidth + 2 * form.margin
        var top = MapInk()
        let label = text.label(of: host.name)
        top.add(glyphs.topLeft, .frame, text.style)
        top.add(label, .title, text.style)
        top.add(String(repeating: glyphs.horizontal, count: max(0, inner - label.count)), .frame, text.style)
        top.add(glyphs.topRight, .frame, text.style)
        var bottom = MapInk()
        bottom.add(
            glyphs.bottomLeft + String(repeating: glyphs.horizontal, count: inner) + glyphs.bottomRight, .frame,
            text.style)
        let cells =
            padded(host.primaries.map(cell), to: primaries) + padded(host.mirrors.map(cell), to: mirrors)
        return [top] + cells.map(framed) + [bottom]
    }

    private func padded(_ cells: [MapInk], to count: Int) -> [MapInk] {
        cells + [MapInk](repeating: MapInk(), count: max(0, count - cells.count))
    }

    private func framed(_ cell: MapInk) -> MapInk {
        var ink = MapInk()
        ink.add(text.glyphs.vertical, .frame, text.style)
        ink.pad(to: 1 + form.margin)
        ink.add(cell)
        ink.pad(to: 1 + 2 * form.margin + cellWidth)
        ink.add(text.glyphs.vertical, .frame, text.style)
        return ink
    }

    /// ` P12* 6000 → sdw2`.
    private func cell(_ instance: ClusterMap.Instance) -> MapInk {
        let segment = instance.segment
        let tone = MapGlyphs.tone(instance)
        var ink = MapInk()
        ink.add(text.glyphs.mark(instance.state), tone, text.style)
        ink.add(
            "\(segment.role == .primary ? "P" : "M")\(segment.content)", tone, isReversed: instance.isChanged,
            text.style)
        if instance.isSwitched { ink.add(text.glyphs.switched, .switched, text.style) }
        ink.pad(to: Self.nameWidth(text))
        if form.showsPort { ink.add(" \(segment.port)", text.style) }
        ink.pad(to: Self.nameWidth(text) + (form.showsPort ? Self.portWidth(text) : 0))
        if let partner = instance.partner {
            let arrow = segment.role == .primary ? text.glyphs.toMirror : text.glyphs.toPrimary
            ink.add(" \(arrow) \(text.label(of: partner.hostname))", text.style)
        }
        return ink
    }

    /// Of mark, letter, content and the switched role's star.
    private static func nameWidth(_ text: MapText) -> Int { 2 + text.contentWidth + (text.showsSwitches ? 1 : 0) }

    /// With the blank before it.
    private static func portWidth(_ text: MapText) -> Int {
        1 + (text.map.hosts.flatMap(\.instances).map { String($0.segment.port).count }.max() ?? 0)
    }

    private static func cellWidth(_ text: MapText, _ form: Form) -> Int {
        let instances = text.map.hosts.flatMap(\.instances)
        let partner = instances.compactMap { $0.partner.map { 3 + text.label(of: $0.hostname).count } }.max() ?? 0
        let cell = nameWidth(text) + (form.showsPort ? portWidth(text) : 0) + partner
        // The host's own name stands in the frame.
        return max(cell, (text.labels.values.map(\.count).max() ?? 0) - 2 * form.margin)
    }
}
