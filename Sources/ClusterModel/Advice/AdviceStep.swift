/// One thing to type, and why.
public struct AdviceStep: Sendable, Equatable {
    public let command: String
    /// What it does here, in one line.
    public let reason: String

    /// The commands that put exposures right, in the order in which they help.
    static func all(for exposures: [Exposure], contents: Int) -> [AdviceStep] {
        var unserved = 0
        var down = 0
        var behind = 0
        var bare = 0
        var together = 0
        var switched = 0
        var standby: [AdviceStep] = []
        for exposure in exposures {
            switch exposure {
            case .primaryDown: unserved += 1
            case .mirrorDown: down += 1
            case .notInSync: behind += 1
            case .noMirror: bare += 1
            case .bothOnOneHost: together += 1
            case .switched: switched += 1
            case .noStandby, .standbyDown, .standbyWithCoordinator: standby += Self.standby(exposure)
            }
        }
        var steps: [AdviceStep] = []
        func add(_ count: Int, _ command: String, _ reason: String) {
            if count > 0 { steps.append(AdviceStep(command: command, reason: reason)) }
        }
        add(unserved, "gpstate -e", "\(unserved) content(s) nobody serves: it names the better copy to start from")
        add(down, "gprecoverseg", "brings \(down) mirror(s) back")
        add(
            bare, "gpaddmirrors --dry-run --map",
            bare == contents ? "shows what mirrors would look like" : "\(bare) content(s) lack a mirror: shows the plan"
        )
        add(behind, "gpstate -e", "shows how far \(behind) mirror(s) still have to go; nothing else is to be done")
        let isWaiting = down + behind + unserved > 0
        add(
            switched, "gprecoverseg -r",
            "gives \(switched) pair(s) their roles back" + (isWaiting ? ", once all pairs are in sync" : ""))
        add(
            together, "gprecoverseg -i <file>",
            "moves \(together) mirror(s) to another host: stop each mirror, then name its old and new place in the file"
        )
        return steps + standby
    }

    private static func standby(_ exposure: Exposure) -> [AdviceStep] {
        switch exposure {
        case .noStandby: [AdviceStep(command: "gpinitstandby -s <host>", reason: "makes a standby on another host")]
        case .standbyDown: [AdviceStep(command: "gpinitstandby -n", reason: "starts the standby again")]
        case .standbyWithCoordinator:
            [
                AdviceStep(
                    command: "gpinitstandby -r, then gpinitstandby -s <host>",
                    reason: "moves the standby to another host")
            ]
        default: []
        }
    }
}
