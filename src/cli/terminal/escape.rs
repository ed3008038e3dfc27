//! Escapes characters that are invisible or control a terminal: control characters, bidirectional controls, line separators.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::domain::folding::escaped_with;

/// Text for people with everything escaped that is invisible, except line breaks and tabs.
pub(crate) fn escaped_lines(text: &str) -> Cow<'_, str> {
    escaped_with(text, |c, escaped| match c {
        '\n' | '\t' => escaped.push(c),
        _ => escaped.extend(c.escape_default()),
    })
}

/// JSON with everything escaped in its strings that is invisible. It reads back as the same value.
pub(crate) fn escaped_json(text: &str) -> Cow<'_, str> {
    escaped_with(text, |c, escaped| match c {
        // Between values. Within a string they are already escaped.
        '\n' | '\t' => escaped.push(c),
        _ => {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        }
    })
}

/// Escapes a log line, except the styles that the logger sets: bold, dim, italic, and the eight colors.
pub(crate) fn escaped_log_line(line: &str) -> String {
    let mut parts = line.split("\u{1b}[");
    let mut escaped = escaped_lines(parts.next().unwrap_or_default()).into_owned();
    for part in parts {
        match part.split_once('m') {
            Some((code, text)) if is_logger_style(code) => {
                let _ = write!(escaped, "\u{1b}[{code}m{}", escaped_lines(text));
            }
            _ => {
                let _ = write!(escaped, "\\u{{1b}}[{}", escaped_lines(part));
            }
        }
    }
    escaped
}

fn is_logger_style(code: &str) -> bool {
    matches!(
        code,
        "0" | "1" | "2" | "3" | "30" | "31" | "32" | "33" | "34" | "35" | "36" | "37"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVIL: &str = "a\u{1b}[2J\u{202e}\u{9b}\u{e0041}é\u{a0}";

    #[test]
    fn json_reads_back_and_contains_nothing_that_controls_a_terminal() {
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
    fn text_keeps_its_lines_and_tabs_and_nothing_else_that_is_invisible() {
        assert_eq!(
            escaped_lines("one\t1\ntwo\u{1b}[31m\u{202e}\r\n"),
            "one\t1\ntwo\\u{1b}[31m\\u{202e}\\r\n"
        );
    }

    #[test]
    fn every_control_that_can_hide_or_reorder_text_is_escaped() {
        let controls = (0..0x20)
            .chain(0x7f..0xa0)
            .chain([0x61c, 0x200e, 0x200f, 0x2028, 0x2029])
            .chain(0x202a..=0x202e)
            .chain(0x2066..=0x2069)
            .filter(|code| ![0x09, 0x0a].contains(code));
        for code in controls {
            let control = char::from_u32(code).unwrap();
            assert!(
                !escaped_lines(&control.to_string()).contains(control),
                "U+{code:04X}"
            );
            assert!(
                !escaped_json(&control.to_string()).contains(control),
                "U+{code:04X}"
            );
        }
    }

    #[test]
    fn a_log_line_keeps_the_styles_of_the_logger_only() {
        assert_eq!(
            escaped_log_line(
                "\u{1b}[2m12:00\u{1b}[0m \u{1b}[31mERROR\u{1b}[0m \u{1b}[8mhidden\u{1b}[2J\u{202e}\u{1b}\n"
            ),
            "\u{1b}[2m12:00\u{1b}[0m \u{1b}[31mERROR\u{1b}[0m \\u{1b}[8mhidden\\u{1b}[2J\\u{202e}\\u{1b}\n"
        );
    }
}
