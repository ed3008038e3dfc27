use regex::{Regex, RegexBuilder};

/// A pattern for a whole text, blind to case: literal, with `*` for any run of signs, or `/a regular expression/`.
#[derive(Debug, Clone)]
pub(super) enum TextPattern {
    /// The text itself, folded.
    Literal(String),
    /// What stands between the stars, folded.
    Wild(Vec<String>),
    /// An anchored expression.
    Expression(Regex),
}

/// A regular expression may not grow larger than this when it is compiled: a rule file must not eat the machine.
const LARGEST_EXPRESSION: usize = 1 << 18;

/// A text as it is compared: without spaces around it, in lower case.
pub(super) fn fold(text: &str) -> String {
    text.trim().to_lowercase()
}

impl TextPattern {
    /// Reads a pattern; the error says what is wrong with a regular expression.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        if let Some(inner) = text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')) {
            return RegexBuilder::new(&format!("^(?:{inner})$"))
                .case_insensitive(true)
                .size_limit(LARGEST_EXPRESSION)
                .build()
                .map(Self::Expression)
                .map_err(|error| last_line(&error.to_string()));
        }
        let folded = fold(text);
        if folded.contains('*') {
            return Ok(Self::Wild(folded.split('*').map(str::to_owned).collect()));
        }
        Ok(Self::Literal(folded))
    }

    /// Whether a folded text matches as a whole.
    pub(super) fn matches(&self, folded: &str) -> bool {
        match self {
            Self::Literal(wanted) => wanted == folded,
            Self::Wild(parts) => matches_wild(parts, folded),
            Self::Expression(regex) => regex.is_match(folded),
        }
    }
}

fn last_line(error: &str) -> String {
    let last = error.lines().last().unwrap_or(error);
    last.trim_start_matches("error: ").to_owned()
}

fn matches_wild(parts: &[String], text: &str) -> bool {
    let [first, middle @ .., last] = parts else {
        return false;
    };
    let Some(mut rest) = text.strip_prefix(first.as_str()) else {
        return false;
    };
    for part in middle {
        let Some(found) = rest.find(part.as_str()) else {
            return false;
        };
        rest = rest.get(found + part.len()..).unwrap_or_default();
    }
    rest.ends_with(last.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        TextPattern::read(pattern).unwrap().matches(&fold(text))
    }

    #[test]
    fn text_matches_whole_and_case_blind() {
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
    fn a_regular_expression_is_marked_and_anchored() {
        assert!(matches("/on(voy|ix)/", "ONIX"));
        assert!(!matches("/on(voy|ix)/", "onix tel"));
        assert!(matches("/a|b/", "B"));
        assert!(!matches("/a|b/", "ab"));
        assert!(TextPattern::read("/(/").unwrap_err().contains("unclosed group"));
        assert!(TextPattern::read("/(a{1000}){1000}/").is_err());
    }
}
