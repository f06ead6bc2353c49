import ArgumentParser

/// What a command line means: a command to run, or a text to print instead.
enum ParsedCommand {
    case command(any ToolCommand)
    /// Help, version or a completion script: standard output, exit status 0.
    case text(String)
    /// A usage error: what is wrong, in one line.
    case refusal(String)

    /// Parses `arguments` for `tool`; reads and writes nothing.
    init<C: Tool>(_ tool: C.Type, _ arguments: [String], columns: Int?) {
        // What a completion script asks for the values of an option: the words of a command line that is not complete.
        if arguments.first == "---completion" {
            self = Self.completion(tool, arguments)
            return
        }
        let (path, command) = Self.subcommand(of: tool, arguments)
        let rest = Array(arguments.dropFirst(path.count))
        if !command.configuration.subcommands.isEmpty, let name = rest.first, !name.hasPrefix("-") {
            // `help` is ArgumentParser's own subcommand.
            self =
                name == "help"
                ? Self.parse(tool, arguments, columns: columns)
                : .refusal(PrintableText.oneLine("no such command: '\(name)'"))
            return
        }
        do {
            switch try OptionPrepass.run(rest, shapes: command.optionShapes) {
            case .help: self = .text(Self.help(command, of: tool, columns: columns))
            case .version: self = .text(ToolVersion.line(of: C.toolName))
            case .arguments(let normal): self = Self.parse(tool, path + normal, columns: columns)
            }
        } catch {
            self = .refusal(PrintableText.oneLine(error.message))
        }
    }

    /// The command that the first arguments name, and those arguments.
    private static func subcommand(of tool: any Tool.Type, _ arguments: [String]) -> ([String], any Tool.Type) {
        guard let name = arguments.first, !name.hasPrefix("-") else { return ([], tool) }
        for case let candidate as any Tool.Type in tool.configuration.subcommands
        where candidate.configuration.commandName == name {
            let (path, command) = subcommand(of: candidate, Array(arguments.dropFirst()))
            return ([name] + path, command)
        }
        return ([], tool)
    }

    private static func parse<C: Tool>(_ tool: C.Type, _ arguments: [String], columns: Int?) -> ParsedCommand {
        do {
            var parsed = try tool.parseAsRoot(arguments)
            if let command = parsed as? any ToolCommand { return .command(command) }
            // A family without a subcommand, or ArgumentParser's `help`: both throw the help to print.
            try parsed.run()
            return .text(help(tool, of: tool, columns: columns))
        } catch {
            let message = tool.message(for: error)
            if tool.exitCode(for: error) == .success { return .text(message) }
            return .refusal(PrintableText.oneLine(lowercasedStart(message)))
        }
    }

    /// The values to offer; nothing where there are none, whatever the reason: the user is in the middle of a line.
    private static func completion(_ tool: (some Tool).Type, _ arguments: [String]) -> ParsedCommand {
        do {
            _ = try tool.parseAsRoot(arguments)
            return .text("")
        } catch {
            return .text(tool.exitCode(for: error) == .success ? tool.message(for: error) : "")
        }
    }

    private static func help<C: Tool>(_ command: any ParsableCommand.Type, of tool: C.Type, columns: Int?) -> String {
        command == C.self ? tool.helpMessage(columns: columns) : tool.helpMessage(for: command, columns: columns)
    }

    /// The original's three lines.
    static func usageError(_ tool: String, _ message: String) -> String {
        "Usage: \(tool) [--help] [options] \n\n\(tool): error: \(message)"
    }

    private static func lowercasedStart(_ text: String) -> String {
        text.prefix(1).lowercased() + text.dropFirst()
    }
}
