/// Turns values into single words of a POSIX shell.
public enum ShellQuoting {
    /// `text` as one word, whatever it holds; a NUL byte cannot be part of a word and is dropped.
    public static func word(_ text: String) -> String {
        var quoted = "'"
        for scalar in text.unicodeScalars where scalar.value != 0 {
            if scalar == "'" { quoted += "'\\''" } else { quoted.unicodeScalars.append(scalar) }
        }
        return quoted + "'"
    }

    /// Several words, separated by blanks.
    public static func words(_ texts: [String]) -> String {
        texts.map(word).joined(separator: " ")
    }
}
