import Testing

@testable import RemoteShell

@Suite("The frame around a script's output")
struct FrameScannerTests {
    private let frame = CommandFrame()

    private func scan(_ stream: [UInt8], pieces: Int) -> (text: String, status: Int?) {
        var scanner = FrameScanner(frame)
        var text: [UInt8] = []
        var rest = stream[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(pieces))
            rest = rest.dropFirst(pieces)
            piece.withUnsafeBytes { text += scanner.feed($0) }
        }
        return (String(decoding: text, as: UTF8.self), scanner.status)
    }

    @Test("It finds its marks however the stream is cut", arguments: [1, 2, 3, 7, 50, 1000])
    func pieces(size: Int) {
        let other = CommandFrame()
        let inner = "x\u{1e}gpha-end-\(other.nonce) 0\n\u{1e}\u{1e}gpha-end-\(frame.nonce)y\u{1e}"
        let stream =
            Array("banner \u{1e}gpha-begin-".utf8) + other.beginMark + Array("\u{1e}".utf8) + frame.beginMark
            + Array(inner.utf8) + frame.endMark + Array("42\n".utf8) + Array("junk".utf8) + frame.endMark
            + Array("0\n".utf8)
        let (text, status) = scan(stream, pieces: size)
        #expect(text == inner)
        #expect(status == 42)
    }

    @Test("Without a begin mark there is nothing, without an end mark no status")
    func missing() {
        #expect(scan(Array("text".utf8) + frame.endMark + Array("0\n".utf8), pieces: 5).status == nil)
        let open = scan(frame.beginMark + Array("text".utf8), pieces: 5)
        #expect(open.text == "text" && open.status == nil)
    }

    @Test("An end mark with something else than a number is text")
    func noNumber() {
        let stream = frame.beginMark + frame.endMark + Array("abc\n".utf8) + frame.endMark + Array("3\n".utf8)
        #expect(scan(stream, pieces: 4).status == 3)
    }

    @Test("Output beyond its bound is noticed and no more of it kept")
    func bound() {
        var collector = CommandCollector(frame: frame, longestOutput: 1000, onStandardError: nil)
        frame.beginMark.withUnsafeBytes { collector.take($0, isError: false) }
        let line = [UInt8](repeating: 65, count: 600)
        line.withUnsafeBytes { collector.take($0, isError: false) }
        #expect(!collector.isTooLong)
        line.withUnsafeBytes { collector.take($0, isError: false) }
        #expect(collector.isTooLong)
    }
}
