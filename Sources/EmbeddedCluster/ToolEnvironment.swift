import ClusterModel
import RemoteShell

/// The variables under which the tools find the cluster.
enum ToolEnvironment {
    /// Names and values in the order of `env.sh`; PATH holds what goes before the caller's own.
    static func variables(of state: ClusterState) -> [(name: String, value: String)] {
        let coordinator = state.layout.coordinator
        return common(state, coordinator) + (state.engine == .greenplum ? [(homeVariable, home(of: state))] : [])
    }

    /// The variable by which Greenplum's own programs find their installation.
    static let homeVariable = "GPHOME"

    /// The installation that the server's programs belong to.
    private static func home(of state: ClusterState) -> String {
        "/" + state.serverPrograms.split(separator: "/").dropLast().joined(separator: "/")
    }

    private static func common(_ state: ClusterState, _ coordinator: Segment) -> [(name: String, value: String)] {
        [
            ("PATH", "\(state.toolPrograms):\(state.serverPrograms)"),
            ("COORDINATOR_DATA_DIRECTORY", coordinator.dataDirectory),
            ("PGHOST", coordinator.address),
            ("PGPORT", String(coordinator.port)),
            ("PGUSER", state.account),
            ("PGDATABASE", "postgres"),
            ("GP_SSH_CONFIG", "\(state.layout.directory)/ssh/config"),
        ]
    }

    /// `env.sh`: for a POSIX shell, every value quoted.
    static func script(of state: ClusterState) -> String {
        variables(of: state).map { name, value in
            let path = name == "PATH" ? "\"${PATH:+:$PATH}\"" : ""
            return "\(name)=\(ShellQuoting.word(value))\(path)\nexport \(name)\n"
        }.joined()
    }

    /// The whole environment of a program that runs on `host`.
    static func whole(of state: ClusterState, host: String, home: String) -> [String: String] {
        var environment = [
            "HOME": home, "USER": state.account, "LOGNAME": state.account, "SHELL": "/bin/sh", "LANG": "C.UTF-8",
            "GPDEMO_CLUSTER": state.id, "GPDEMO_HOST": host, "GPDEMO_DIR": state.layout.directory,
        ]
        for (name, value) in variables(of: state) { environment[name] = value }
        environment["PATH", default: ""] += ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        return environment
    }
}
