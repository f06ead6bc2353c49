import Reporting
import TestSupport
import Testing

/// What a page says and what the program's parser knows are the same.
@Suite("The options of the manual pages")
struct OptionTests {
    /// An option as `--experimental-dump-help` tells it.
    struct KnownOption: Hashable {
        let names: Set<String>
        let hasValue: Bool
    }

    /// All options of a program and its subcommands, hidden ones included.
    private func known(_ program: String) async throws -> Set<KnownOption> {
        let run = try await FinishedProgram.run(
            ["\(BuiltPrograms.debug)/\(program)", "--experimental-dump-help"], environment: ["HOME": "/nonexistent"])
        return options(of: try JSONReader.read(run.output)["command"])
    }

    private func options(of command: JSONValue) -> Set<KnownOption> {
        var found: Set<KnownOption> = []
        for argument in command["arguments"].elements where argument["kind"].string != "positional" {
            let names = argument["names"].elements.map { name in
                (name["kind"].string == "long" ? "--" : "-") + (name["name"].string ?? "")
            }
            found.insert(KnownOption(names: Set(names), hasValue: argument["kind"].string == "option"))
        }
        // `help` is the parser's own.
        for subcommand in command["subcommands"].elements where subcommand["commandName"].string != "help" {
            found.formUnion(options(of: subcommand))
        }
        return found
    }

    @Test("are all that the program has, each once, with all its names", arguments: BuiltPrograms.names)
    func complete(_ program: String) async throws {
        let page = try ManualPage("\(program).8")
        let known = try await known(program)
        #expect(known.count > 5)
        for option in known {
            let entries = page.options.filter { !$0.names.isDisjoint(with: option.names) }
            // gpdemo(8) refers from one command's list to another's.
            #expect(entries.count == 1 || entries.count == 2 && program == "gpdemo", "\(option.names) in \(program).8")
            let named = entries.reduce(into: Set<String>()) { $0.formUnion($1.names.union($1.alsoNamed)) }
            #expect(option.names.subtracting(named).isEmpty, "\(program).8 does not name them")
            #expect(entries.allSatisfy { $0.hasValue == option.hasValue }, "\(option.names): a value, or none")
        }
    }

    @Test("are no more than the program has", arguments: BuiltPrograms.names)
    func noMore(_ program: String) async throws {
        let page = try ManualPage("\(program).8")
        let known = try await known(program)
        let names = known.reduce(into: Set<String>()) { $0.formUnion($1.names) }
        #expect(page.mentionedOptions.count > 5)
        #expect(page.mentionedOptions.subtracting(names).isEmpty, "\(program) has no such options")
        for entry in page.options { #expect(entry.names.isSubset(of: names), "\(entry.names)") }
    }
}
