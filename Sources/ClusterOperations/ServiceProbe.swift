public import Reporting

extension ClusterAccess {
    /// Makes the fault-tolerance service look at every pair now, and waits for it.
    ///
    /// - Returns: whether it did; `report` gets why it did not.
    public func probe(_ report: (ReportLine) -> Void) async -> Bool {
        report(.info("Triggering FTS probe"))
        do {
            try await withCoordinator(.dispatch) { [engine] in try Catalog.requestProbe(engine, on: $0) }
            return true
        } catch {
            report(.warning("the fault-tolerance service did not probe: \(error)"))
            return false
        }
    }
}
