import ClusterOperations
import FaultTolerance
import Testing

@Suite("The service's settings file")
struct SettingsTests {
    @Test("Without a file the original's defaults hold")
    func defaults() throws {
        let settings = try FTSSettings.read(dataDirectory: "/nonexistent")
        #expect(settings.probeInterval == .seconds(60))
        #expect(settings.probeTimeout == .seconds(20))
        #expect(settings.probeRetries == 5)
        #expect(settings.mirrorGracePeriod == .seconds(30))
    }

    @Test("The server's rules for quotes, comments and units hold")
    func values() throws {
        let text = """
            # demo
            gp_fts_probe_interval = 5   # seconds
            GP_FTS_PROBE_TIMEOUT '2s'
            gp_fts_probe_retries=2

            gp_fts_mark_mirror_down_grace_period = '1500 ms'
            """
        let settings = try FTSSettings(text: text, path: "gpftsd.conf")
        let expected = FTSSettings(
            probeInterval: .seconds(5), probeTimeout: .seconds(2), probeRetries: 2,
            mirrorGracePeriod: .milliseconds(1500))
        #expect(settings == expected)
    }

    @Test(
        "A bad line is named with its file",
        arguments: [
            "gp_fts_probe_interval = 0", "gp_fts_probe_interval = fast", "gp_fts_probe_interval = -1",
            "gp_fts_probe_timeout = 99999999999999999999", "gp_fts_probe_retries = 2.5", "gp_fts_probe_retries = 101",
            "gp_fts_mark_mirror_down_grace_period = '1 fortnight'", "gp_fts_mark_mirror_down_grace_period = 1 min",
            "gp_fts_probe_retires = 2", "gp_fts_probe_interval",
        ])
    func badLines(_ line: String) {
        let error = #expect(throws: OperationError.self) {
            try FTSSettings(text: "\n# first\n\(line)\n", path: "/data/gpftsd.conf")
        }
        #expect(error?.message.hasPrefix("/data/gpftsd.conf:3: ") == true)
        #expect(error?.message.contains("\n") == false)
    }
}
