//! Printing on standard output: JSON for programs, text for people, and files unchanged.

use std::fmt::Write as _;
use std::io::{self, Write};

use anyhow::Context;

use crate::domain::folding::escaped_with;

/// The output format of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Output {
    /// Plain text.
    #[default]
    Text,
    /// One JSON document on standard output.
    Json,
}

/// Prints one JSON document on standard output. What cannot be seen is escaped as JSON escapes it, so that programs
/// read it as it is and a terminal does not act on it.
///
/// # Errors
/// The value cannot be written as JSON, or standard output cannot be written to.
pub(crate) fn print_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(value).context("writing JSON")?;
    print_as_is(&format!("{}\n", escaped_json(&text)))
}

/// Prints text for people on standard output. Whatever in it cannot be seen or acts on a terminal is escaped, but line
/// breaks and tabs are not: a value that must stay on its line is escaped before it is put into the text.
///
/// # Errors
/// Standard output cannot be written to.
pub(crate) fn print_text(text: &str) -> anyhow::Result<()> {
    print_as_is(&escaped_lines(text))
}

/// Text for people with everything escaped that cannot be seen, but for line breaks and tabs.
pub(crate) fn escaped_lines(text: &str) -> std::borrow::Cow<'_, str> {
    escaped_with(text, |c, escaped| match c {
        '\n' | '\t' => escaped.push(c),
        _ => escaped.extend(c.escape_default()),
    })
}

/// JSON with what cannot be seen in its strings escaped.
fn escaped_json(text: &str) -> std::borrow::Cow<'_, str> {
    escaped_with(text, |c, escaped| match c {
        // Between values; within a string they are escaped already.
        '\n' | '\t' => escaped.push(c),
        _ => {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        }
    })
}

/// Prints the text of a file, or text that carries colors of ours, as it is. A reader that has seen enough, such as
/// `head`, is no failure.
///
/// # Errors
/// Standard output cannot be written to.
pub(crate) fn print_as_is(text: &str) -> anyhow::Result<()> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error).context("writing the answer"),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVIL: &str = "a\u{1b}[2J\u{202e}\u{9b}\u{e0041}é\u{a0}";

    #[test]
    fn json_reads_back_and_has_nothing_that_a_terminal_acts_on() {
        let value = serde_json::json!({ EVIL: [EVIL, "a\nb"] });
        let text = serde_json::to_string_pretty(&value).unwrap();
        let printed = escaped_json(&text);
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&printed).unwrap(),
            value
        );
        assert_eq!(
            printed.chars().filter(|c| c.is_control() && *c != '\n').count(),
            0
        );
        assert!(printed.contains(r"\u202e\u009b\udb40\udc41é\u00a0"), "{printed}");
    }

    #[test]
    fn text_for_people_keeps_its_lines_and_nothing_else_that_is_invisible() {
        assert_eq!(
            escaped_lines("one\t1\ntwo\u{1b}[31m\u{202e}\r\n"),
            "one\t1\ntwo\\u{1b}[31m\\u{202e}\\r\n"
        );
    }
}
