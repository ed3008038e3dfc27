//! Text patterns, and texts folded so that patterns can be compared with them.

use std::fmt;
use std::hash::{DefaultHasher, Hasher};

use regex::{Regex, RegexBuilder};
use regex_syntax::ast;

use super::{example_text, folded_expression};
use crate::domain::folding;

/// A pattern for a complete folded text: literal, with `*` for any characters, or `/a regular expression/`.
#[derive(Debug, Clone)]
pub(crate) enum TextPattern {
    /// The text itself, folded.
    Literal(Folded),
    /// The folded parts between the stars.
    Wild(Vec<String>),
    /// An expression whose literal parts are folded, and it without its anchors, as people write it.
    Expression { anchored: Regex, inner: String },
}

/// Why a text is not a regular expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum InvalidExpression {
    /// It is not well formed.
    Syntax(Box<ast::Error>),
    /// It is well formed, and too large or not supported.
    Regex(regex::Error),
}

impl fmt::Display for InvalidExpression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = match self {
            Self::Syntax(error) => error.to_string(),
            Self::Regex(error) => error.to_string(),
        };
        // The lines above the last one draw the expression.
        let last = error.lines().last().unwrap_or(&error);
        f.write_str(last.trim_start_matches("error: "))
    }
}

/// The maximum size of a compiled regular expression, so that a rule file cannot exhaust the memory.
const LARGEST_EXPRESSION: usize = 1 << 18;

/// A text in the form in which it is compared, see [`folding::fold`]. Its hash decides nearly every comparison.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Folded {
    hash: u64,
    text: String,
}

impl Folded {
    /// Folds a text.
    pub(crate) fn of(text: &str) -> Self {
        let text = folding::fold(text);
        let mut hasher = DefaultHasher::new();
        hasher.write(text.as_bytes());
        Self {
            hash: hasher.finish(),
            text,
        }
    }

    /// Equal for equal texts.
    pub(crate) fn hash(&self) -> u64 {
        self.hash
    }

    /// The folded text.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }
}

impl TextPattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// If the text between the slashes is not a valid regular expression.
    pub(crate) fn read(text: &str) -> Result<Self, InvalidExpression> {
        let expression = text.trim().strip_prefix('/');
        if let Some(inner) = expression.and_then(|rest| rest.strip_suffix('/')) {
            let inner = folded_expression::of(inner).map_err(InvalidExpression::Syntax)?;
            return RegexBuilder::new(&format!("^(?:{inner})$"))
                .case_insensitive(true)
                .size_limit(LARGEST_EXPRESSION)
                .build()
                .map(|anchored| Self::Expression { anchored, inner })
                .map_err(InvalidExpression::Regex);
        }
        let folded = Folded::of(text);
        if folded.as_str().contains('*') {
            return Ok(Self::Wild(
                folded.as_str().split('*').map(str::to_owned).collect(),
            ));
        }
        Ok(Self::Literal(folded))
    }

    /// A text that matches, if one can be found.
    pub(crate) fn example(&self) -> Option<String> {
        let text = match self {
            Self::Literal(wanted) => wanted.as_str().to_owned(),
            Self::Wild(parts) => parts.concat(),
            Self::Expression { inner, .. } => example_text::of(inner)?,
        };
        self.matches(&Folded::of(&text)).then_some(text)
    }

    /// Whether the complete folded text matches.
    pub(crate) fn matches(&self, folded: &Folded) -> bool {
        match self {
            Self::Literal(wanted) => wanted == folded,
            Self::Wild(parts) => matches_wild(parts, folded.as_str()),
            Self::Expression { anchored, .. } => anchored.is_match(folded.as_str()),
        }
    }
}

impl TextPattern {
    /// Whether it matches every text that the other one matches. Returns false if that cannot be determined.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (_, Self::Literal(literal)) => self.matches(literal),
            (Self::Wild(parts), _) if parts.iter().all(String::is_empty) => true,
            (Self::Wild(parts), Self::Wild(others)) => {
                // A star of the other pattern can only be matched by a star.
                let any_run = others.join("\0");
                !parts.iter().any(|part| part.contains('\0')) && matches_wild(parts, &any_run)
            }
            (Self::Expression { inner: one, .. }, Self::Expression { inner: other, .. }) => one == other,
            _ => false,
        }
    }

    /// The folded pattern, if folding changes more than its case.
    pub(crate) fn respelled(&self, typed: &str) -> Option<String> {
        let is_plain = match self {
            Self::Literal(_) | Self::Wild(_) => folding::is_plain(typed),
            Self::Expression { .. } => self.written() == typed.trim(),
        };
        (!is_plain).then(|| self.written())
    }

    /// The pattern as people write it, folded.
    pub(crate) fn written(&self) -> String {
        match self {
            Self::Literal(literal) => literal.as_str().to_owned(),
            Self::Wild(parts) => parts.join("*"),
            Self::Expression { inner, .. } => format!("/{inner}/"),
        }
    }
}

fn matches_wild(parts: &[String], text: &str) -> bool {
    let [first, middle @ .., last] = parts else {
        return false;
    };
    // An empty part is skipped instead of compared: it has no memory of its own, and reading at such an address can
    // cost more than the rest of the evaluation.
    if !first.is_empty() && !text.starts_with(first.as_str()) {
        return false;
    }
    let mut rest = text.get(first.len()..).unwrap_or_default();
    for part in middle.iter().filter(|part| !part.is_empty()) {
        let Some(found) = rest.find(part.as_str()) else {
            return false;
        };
        rest = rest.get(found + part.len()..).unwrap_or_default();
    }
    last.is_empty() || rest.ends_with(last.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        TextPattern::read(pattern).unwrap().matches(&Folded::of(text))
    }

    #[test]
    fn text_matches_completely_and_ignores_case() {
        assert!(matches("Onvoy", " ONVOY "));
        assert!(!matches("Onvoy", "Onvoy LLC"));
        assert!(matches("Onvoy*", "onvoy llc"));
        assert!(matches("*voy*", "Onvoy LLC"));
        assert!(matches("a*b*c", "a-b-b-c"));
        assert!(!matches("a*b*c", "a-c-b"));
        assert!(!matches("ab*ba", "aba"));
        assert!(matches("*", ""));
        assert!(matches("Ünal*", "ünal tel"));
    }

    #[test]
    fn a_pattern_covers_those_that_match_no_more() {
        let covers = |one: &str, other: &str| {
            let [one, other] = [one, other].map(|text| TextPattern::read(text).unwrap());
            one.covers(&other)
        };
        for (one, other) in [
            ("a*", "abc"),
            ("a*", "AB*"),
            ("*b*", "a*b*c"),
            ("*", "/x|y/"),
            ("/x|y/", "Y"),
            ("/x|y/", "/x|y/"),
            ("a*c", "ab*c"),
        ] {
            assert!(covers(one, other), "{one} covers {other}");
        }
        for (one, other) in [
            ("ab*", "a*"),
            ("a*c", "a*"),
            ("abc", "a*"),
            ("/x.*/", "x*"),
            ("x*", "/x1/"),
            ("a*b", "*a*b"),
        ] {
            assert!(!covers(one, other), "{one} does not cover {other}");
        }
    }

    #[test]
    fn a_regular_expression_is_marked_and_anchored() {
        assert!(matches("/on(voy|ix)/", "ONIX"));
        assert!(!matches("/on(voy|ix)/", "onix tel"));
        assert!(matches("/a|b/", "B"));
        assert!(!matches("/a|b/", "ab"));
        assert!(
            TextPattern::read("/(/")
                .unwrap_err()
                .to_string()
                .contains("unclosed group")
        );
        assert!(TextPattern::read("/(a{1000}){1000}/").is_err());
    }

    #[test]
    fn a_pattern_knows_a_text_that_matches() {
        let example = |pattern: &str| TextPattern::read(pattern).unwrap().example();
        for (pattern, text) in [
            ("Onvoy", "onvoy"),
            ("*Voy*", "voy"),
            ("/on(voy|ix)/", "onvoy"),
            ("/[0-9]{3}-?x+/", "000x"),
            (r"/.*\bTel\b.*/", "Tel"),
            (r"/\d\w\s\./", "0a\t."),
        ] {
            assert_eq!(example(pattern).as_deref(), Some(text), "{pattern}");
        }
        // No text can match both.
        assert_eq!(example("/a$b/"), None);
    }
}
