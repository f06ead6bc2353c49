import BlockingWork
import ClusterModel
import ClusterOperations
import ToolSupport

/// Turns the options into requests, from the catalog alone.
struct RequestReading {
    struct Result {
        var origin: RecoveryPlan.Source
        var list: [RecoveryDemand]
        var warnings: [String] = []
    }

    let options: GPRecoverSeg
    let cluster: ClusterConfiguration

    /// - Throws: `ToolError` in the original's forms for what cannot be meant.
    func requests() throws -> Result {
        var result = try read()
        for request in result.list {
            // What the catalog alone shows to be wrong is the user's mistake, and ends the run.
            if let problem = RecoveryDemands.problem(of: request, in: cluster, unreachable: []) {
                throw ToolError(.operational, problem)
            }
        }
        do {
            try RecoveryDemands.checkConflicts(result.list, in: cluster)
        } catch {
            throw ToolError(.failure, "\(error)")
        }
        result.warnings += sameHostWarnings(result.list)
        return result
    }

    private func read() throws -> Result {
        if let file = options.inputFile {
            do {
                let entries = try RecoveryFile.parse(try LocalFiles.bytes(file), file: file)
                return Result(
                    origin: .file(file), list: try RecoveryDemands.from(entries, in: cluster, file: file))
            } catch let error as InputFileError {
                throw ToolError(.operational, "\(error)", hint: "put the line right, then run gprecoverseg -i again")
            }
        }
        guard let text = options.newHosts else {
            return Result(origin: .standard, list: RecoveryDemands.inPlace(cluster))
        }
        let hosts = RecoveryDemands.hostList(text)
        guard !hosts.isEmpty, hosts.allSatisfy(HostName.isUsable) else {
            throw ToolError(.operational, "-p takes host names separated by commas, not '\(text)'")
        }
        do {
            let (list, unneeded) = try RecoveryDemands.onHosts(hosts, cluster)
            var result = Result(origin: .hosts(hosts.filter { !unneeded.contains($0) }), list: list)
            if !unneeded.isEmpty {
                result.warnings = ["The following recovery hosts were not needed:"] + unneeded.map { "\t\($0)" }
            }
            return result
        } catch {
            throw ToolError(.failure, "\(error)")
        }
    }

    private func sameHostWarnings(_ requests: [RecoveryDemand]) -> [String] {
        requests.compactMap { request in
            guard let target = request.target, let source = cluster.peer(of: request.failed),
                target.hostname == source.hostname
            else { return nil }
            return "Segment is being recovered to the same host as its primary: "
                + "primary \(source.address):\(source.dataDirectory)    "
                + "failover target: \(target.address):\(target.dataDirectory)"
        }
    }
}
