//! Text for a terminal: only this program's styles act on it, and everything else that could is escaped.

use std::fmt;

use anstream::adapter::strip_str;

use super::color::Tone;
use super::escape::escaped_lines;
use crate::rules::{Findings, TextStyle};

/// Text that is safe to print on a terminal. INVARIANT: apart from line breaks, tabs and the styles of this program, it
/// contains no control character and nothing invisible, because every text that is added is escaped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SafeText(String);

impl SafeText {
    /// An empty text.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Appends a text in the style of a tone.
    pub(crate) fn push_toned(&mut self, text: &str, tone: Tone) {
        let (style, escaped) = (tone.style(), escaped_lines(text));
        self.0.push_str(&format!("{style}{escaped}{style:#}"));
    }

    /// Appends a word for an outcome, such as `authorize`, in the style of its tone.
    pub(crate) fn push_outcome(&mut self, word: &str) {
        self.push_toned(word, Tone::of(word));
    }

    /// Appends another safe text.
    pub(crate) fn push(&mut self, other: &Self) {
        self.0.push_str(&other.0);
    }

    /// Appends the report on findings, with the styles of its renderer. If a text in it must be escaped, the report has no
    /// styles, because the renderer does not escape everything that it quotes.
    pub(crate) fn push_findings(&mut self, findings: &Findings) {
        let plain = findings.to_text(TextStyle::Plain);
        let escaped = escaped_lines(&plain);
        if escaped == plain {
            self.0.push_str(&findings.to_text(TextStyle::Colored));
        } else {
            self.0.push_str(&escaped);
        }
    }

    /// The text with its styles, for a stream that is colored.
    pub(crate) fn with_styles(&self) -> &str {
        &self.0
    }

    /// The text without styles.
    pub(crate) fn without_styles(&self) -> String {
        strip_str(&self.0).to_string()
    }
}

impl fmt::Write for SafeText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.push_str(&escaped_lines(text));
        Ok(())
    }
}

impl From<&str> for SafeText {
    fn from(text: &str) -> Self {
        Self(escaped_lines(text).into_owned())
    }
}

impl From<&Self> for SafeText {
    fn from(text: &Self) -> Self {
        text.clone()
    }
}

impl From<String> for SafeText {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<&String> for SafeText {
    fn from(text: &String) -> Self {
        Self::from(text.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::rules::{RuleSet, Sources};

    const EVIL: &str = "\u{1b}[8mhidden\u{202e}";

    #[test]
    fn text_of_others_is_escaped_and_only_a_tone_is_a_style() {
        let mut text = SafeText::from(EVIL);
        write!(text, " {EVIL} ").unwrap();
        text.push_outcome("reject");
        text.push_toned(EVIL, Tone::Good);
        let escaped = "\\u{1b}[8mhidden\\u{202e}";
        assert_eq!(
            text.with_styles(),
            format!("{escaped} {escaped} \u{1b}[1m\u{1b}[31mreject\u{1b}[0m\u{1b}[32m{escaped}\u{1b}[0m")
        );
        assert_eq!(
            text.without_styles(),
            format!("{escaped} {escaped} reject{escaped}")
        );
    }

    #[test]
    fn findings_that_quote_a_control_character_have_no_styles() {
        let findings = |path: &str| {
            let sources = Sources::in_memory(path, "version = 1\nnonsense = 3\n", []);
            RuleSet::from_sources(&sources, jiff::Timestamp::UNIX_EPOCH).unwrap_err()
        };
        let mut good = SafeText::new();
        good.push_findings(&findings("rules.toml"));
        assert!(good.with_styles().contains("\u{1b}["), "{good:?}");
        let mut evil = SafeText::new();
        evil.push_findings(&findings("\u{1b}[2J\u{202e}.toml"));
        assert!(evil.with_styles().contains("nonsense"), "{evil:?}");
        assert!(!evil.with_styles().contains(['\u{1b}', '\u{202e}']), "{evil:?}");
    }
}
