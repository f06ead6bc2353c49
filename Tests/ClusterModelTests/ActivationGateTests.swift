import Testing

@testable import ClusterModel

/// The head of a new coordinator's `pg_hba.conf` until the segments are fenced.
@Suite struct ActivationGateTests {
    private static let refusals = [
        "local all all reject # gpha-gate", "local replication all reject # gpha-gate",
        "host all all all reject # gpha-gate", "host replication all all reject # gpha-gate",
    ]

    /// The lines that let somebody in.
    private static func admitted(_ file: String, user: String = "gpadmin") -> [String] {
        let lines = ActivationGate(user: user, file: file).text.split(separator: "\n").map(String.init)
        #expect(lines[0].hasPrefix("# ") && lines.allSatisfy { $0.hasSuffix(" # gpha-gate") })
        #expect(Array(lines.suffix(4)) == refusals)
        return lines.dropFirst().dropLast(4).map { String($0.dropLast(" # gpha-gate".count)) }
    }

    @Test func `the administrator gets in as before, on this host, and nobody else`() {
        let file = """
            # a comment
            local    all         gpadmin         ident
            local    all,postgres  other,all       md5
            host     all         gpadmin         127.0.0.1/32    trust
            host     all         gpadmin         10.0.0.0/24     trust
            hostssl  all         all             0.0.0.0/0       ldap ldapserver="a b" # why
            host     all         all             127.0.0.1 255.255.255.255 md5
            host     replication gpadmin         samehost        trust
            local    all         other           trust
            host     all         +admins         samehost        trust
            """
        #expect(
            Self.admitted(file) == [
                "local all gpadmin ident", "local all,postgres gpadmin md5", "host all gpadmin 127.0.0.1/32 trust",
                "hostssl all gpadmin samehost ldap \"ldapserver=a b\"", "host all gpadmin 127.0.0.1/32 md5",
            ])
    }

    @Test func `without a line for it the operating system's name decides`() {
        #expect(Self.admitted("") == ["local all gpadmin peer"])
        #expect(Self.admitted("host all gpadmin 10.0.0.0/24 trust\n") == ["local all gpadmin peer"])
        #expect(Self.admitted("local all a, gpadmin trust\n") == ["local all gpadmin peer"])
    }

    @Test func `a name that means more is quoted, and a line that turns somebody away still does`() {
        #expect(Self.admitted("local all all trust\n", user: "all") == ["local all \"all\" trust"])
        #expect(Self.admitted("local all \"gp admin\" peer\n", user: "gp admin") == ["local all \"gp admin\" peer"])
        #expect(
            Self.admitted("local secret gpadmin reject\nlocal all all trust\n")
                == ["local secret gpadmin reject", "local all gpadmin trust"])
    }

    @Test func `its lines are known again and do not count twice`() {
        let file = "local all all trust\n"
        let gate = ActivationGate(user: "gpadmin", file: file)
        #expect(!ActivationGate.isIn(file))
        #expect(ActivationGate.isIn(gate.text + file))
        #expect(ActivationGate(user: "gpadmin", file: gate.text + file) == gate)
    }
}
