import Testing

@testable import ClusterModel

@Suite struct HostBasedAuthenticationTests {
    private static let file = """
        # TYPE  DATABASE  USER  ADDRESS  METHOD
        local   all   gpadmin   ident
        host  replication\tgpadmin   samehost    trust   # by the operator
        host all gpadmin 10.0.0.2/32 scram-sha-256

        """

    private func lines(_ mirror: [String], _ primary: [String], user: String = "gpadmin", method: String = "trust")
        -> [String]
    {
        HostBasedAuthentication.pairLines(user: user, mirror: mirror, primary: primary, method: method)
    }

    @Test func `a pair's lines let both hosts in, each address alone, each line once`() {
        #expect(
            lines(["10.0.0.2", "2001:db8::2"], ["10.0.0.1", "10.0.0.2"]) == [
                "host replication gpadmin samehost trust",
                "host all gpadmin 10.0.0.2/32 trust", "host all gpadmin 2001:db8::2/128 trust",
                "host all gpadmin 10.0.0.1/32 trust",
                "host replication gpadmin 10.0.0.2/32 trust", "host replication gpadmin 2001:db8::2/128 trust",
                "host replication gpadmin 10.0.0.1/32 trust",
            ])
    }

    @Test func `names stay names, and the method is what the site asks for`() {
        #expect(
            lines(["sdw2.example.org"], ["sdw1"], method: "scram-sha-256") == [
                "host replication gpadmin samehost scram-sha-256",
                "host all gpadmin sdw2.example.org scram-sha-256", "host all gpadmin sdw1 scram-sha-256",
                "host replication gpadmin sdw2.example.org scram-sha-256",
                "host replication gpadmin sdw1 scram-sha-256",
            ])
    }

    @Test(arguments: [
        ("10.0.0.1", "10.0.0.1/32"), ("::1", "::1/128"), ("sdw1", "sdw1"), ("1.2.3", "1.2.3"), ("a.b.c.d", "a.b.c.d"),
    ])
    func `only addresses get a prefix length`(peer: String, written: String) {
        #expect(HostBasedAuthentication.withPrefix(peer) == written)
    }

    @Test(arguments: [
        ("gpadmin", "gpadmin"), ("gp-admin_1", "gp-admin_1"), ("all", "\"all\""), ("replication", "\"replication\""),
        ("gp admin", "\"gp admin\""), ("+gpadmin", "\"+gpadmin\""), ("@file", "\"@file\""), ("a#b", "\"a#b\""),
        ("a,b", "\"a,b\""), ("größe", "\"größe\""), ("", "\"\""), ("a\"b", "\"a\"\"b\""),
        ("a\"\u{301}b", "\"a\"\"\u{301}b\""),
    ])
    func `an odd user name is quoted so that it means that user and no other`(user: String, written: String) {
        #expect(HostBasedAuthentication.quotedUser(user).unicodeScalars.elementsEqual(written.unicodeScalars))
    }

    @Test(arguments: [
        "host replication gpadmin samehost trust", "  host\treplication   gpadmin samehost trust  ",
        "host replication gpadmin samehost trust # why", "host replication gpadmin samehost trust#why",
        "host replication \"gpadmin\" samehost trust", "host replication gpadmin samehost trust\r",
        "# x\nhost all all all trust\nhost replication gpadmin samehost trust",
    ])
    func `a user's line in other spacing counts as present`(text: String) {
        let wanted = ["host replication gpadmin samehost trust"]
        #expect(HostBasedAuthentication.missing(wanted, in: text).isEmpty)
        #expect(HostBasedAuthentication.adding(wanted, to: text, comment: "c") == nil)
    }

    @Test(arguments: [
        "", "# host replication gpadmin samehost trust", "host replication gpadmin samehost", "#",
        "host replication gpadmin2 samehost trust", "hostssl replication gpadmin samehost trust",
        "host \"replication\" gpadmin samehost trust", "host replication gpadmin samehost trust clientcert=1",
        "# comment\u{2028}host replication gpadmin samehost trust", "host replication gpadmin samehost reject",
    ])
    func `a comment or another line does not count as present`(text: String) {
        let wanted = ["host replication gpadmin samehost trust"]
        #expect(HostBasedAuthentication.missing(wanted, in: text) == wanted)
    }

    @Test func `a name with two blanks is not the name with one`() {
        let wanted = ["host replication \"gp admin\" samehost trust"]
        let text = "host replication \"gp  admin\" samehost trust\n"
        #expect(HostBasedAuthentication.missing(wanted, in: text) == wanted)
    }

    @Test func `a quoted keyword is a name, not the keyword`() {
        let wanted = ["host all \"all\" samehost trust"]
        #expect(HostBasedAuthentication.missing(wanted, in: "host all all samehost trust\n") == wanted)
        #expect(HostBasedAuthentication.missing(wanted, in: "host  all \"all\" samehost trust\n").isEmpty)
    }

    @Test func `every byte of the file stays, also a user's replication lines`() throws {
        let wanted = lines(["10.0.0.2"], ["10.0.0.1"])
        for original in [Self.file, Self.file + "host replication repl 0.0.0.0/0 md5", "no newline", "a\r\nb\r\n", ""] {
            let text = try #require(HostBasedAuthentication.adding(wanted, to: original, comment: "by gpaddmirrors"))
            #expect(text.utf8.starts(with: original.utf8))
            #expect(text.hasSuffix("\n"))
            for line in HostBasedAuthentication.missing(wanted, in: original) {
                #expect(text.split(separator: "\n").contains(Substring(line)), "\(line) has a line of its own")
            }
        }
    }

    @Test func `only what is missing is added, under one comment`() {
        let wanted = lines(["10.0.0.2"], ["10.0.0.1"])
        let text = HostBasedAuthentication.adding(wanted, to: Self.file, comment: "added by gpaddmirrors")
        #expect(
            text == Self.file + """
                # added by gpaddmirrors
                host all gpadmin 10.0.0.2/32 trust
                host all gpadmin 10.0.0.1/32 trust
                host replication gpadmin 10.0.0.2/32 trust
                host replication gpadmin 10.0.0.1/32 trust

                """)
    }

    @Test(arguments: ["gpadmin", "gp admin", "all", "a#b", "a\"b", "größe"])
    func `adding twice is adding once, for every user name`(user: String) throws {
        let wanted = lines(["10.0.0.2", "fe80::2"], ["sdw1"], user: user)
        let once = try #require(HostBasedAuthentication.adding(wanted, to: Self.file, comment: "c"))
        #expect(HostBasedAuthentication.adding(wanted, to: once, comment: "c") == nil)
    }

    @Test func `a line wanted twice is added once`() throws {
        let text = try #require(HostBasedAuthentication.adding(["a b", "a  b", "a b"], to: "", comment: "c"))
        #expect(text == "# c\na b\n")
    }

    @Test func `wanted lines take the spelling of a file that has them`() {
        let text = "# mine\nhost\tall \"bob\"   10.0.0.1/32 trust # old\nlocal all all trust\n"
        let wanted = ["host all bob 10.0.0.1/32 trust", "host all bob 10.0.0.2/32 trust"]
        let spelled = HostBasedAuthentication.spelled(wanted, as: text)
        #expect(spelled == ["host\tall \"bob\"   10.0.0.1/32 trust # old", wanted[1]])
        #expect(HostBasedAuthentication.missing(spelled, in: text) == [wanted[1]])
    }
}
