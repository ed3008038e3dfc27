//! Selects tests by name.

use std::str::FromStr;

use crate::domain::folding;
use crate::rules::values::text_pattern::{Folded, TextPattern};

/// Selects tests of a rule file by name: by a part of the name, ignoring case, or by the complete name as a text
/// pattern, with `*` for any characters or a regular expression between slashes.
#[derive(Debug, Clone)]
pub struct TestPattern {
    text: String,
    pattern: TextPattern,
}

/// Why a pattern cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the regular expression `{text}` is not valid: {why}; fix it, or write part of the test's name")]
pub struct InvalidTestPattern {
    text: String,
    why: String,
}

/// The maximum number of names in the error if no test matches.
const MOST_NEAR: usize = 3;

impl FromStr for TestPattern {
    type Err = InvalidTestPattern;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let pattern = TextPattern::read(text).map_err(|why| InvalidTestPattern {
            text: text.to_owned(),
            why: why.to_string(),
        })?;
        Ok(Self {
            text: text.to_owned(),
            pattern,
        })
    }
}

impl TestPattern {
    /// The pattern as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it takes a test of this name.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        let name = Folded::of(name);
        match &self.pattern {
            TextPattern::Literal(part) => name.as_str().contains(part.as_str()),
            whole => whole.matches(&name),
        }
    }

    /// The most similar names, the most similar one first.
    #[must_use]
    pub fn nearest<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Vec<&'n str> {
        let likeness = |name: &'n str| (likeness(&self.text, name), name);
        let mut names: Vec<(f64, &str)> = names.into_iter().map(likeness).collect();
        names.sort_by(|a, b| b.0.total_cmp(&a.0));
        names.into_iter().take(MOST_NEAR).map(|(_, name)| name).collect()
    }
}

/// How like a text is to the run of a name's words that is most like it, from 0 to 1.
fn likeness(text: &str, name: &str) -> f64 {
    let (text, name) = (folding::fold(text), folding::fold(name));
    let words: Vec<&str> = name.split_whitespace().collect();
    let length = text.split_whitespace().count().clamp(1, words.len().max(1));
    let runs = words.windows(length).map(|run| run.join(" "));
    runs.map(|run| strsim::normalized_damerau_levenshtein(&text, &run))
        .fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_a_part_of_the_name_or_marked_as_the_complete_name() {
        for (pattern, name, taken) in [
            ("PIN", "a wrong pin is rejected", true),
            ("a wrong", "a wrong PIN is rejected", true),
            ("right", "a wrong PIN is rejected", false),
            ("a wrong*", "a wrong PIN is rejected", true),
            ("wrong*", "a wrong PIN is rejected", false),
            ("/.*(pin|zip).*/", "a wrong PIN is rejected", true),
            ("/pin/", "a wrong PIN is rejected", false),
            ("", "a wrong PIN is rejected", true),
        ] {
            let pattern: TestPattern = pattern.parse().unwrap();
            assert_eq!(pattern.matches(name), taken, "{} {name}", pattern.as_str());
        }
        insta::assert_snapshot!("/(/".parse::<TestPattern>().unwrap_err(), @"the regular expression `/(/` is not valid: unclosed group; fix it, or write part of the test's name");
    }

    #[test]
    fn names_like_the_pattern_are_listed_first() {
        let pattern: TestPattern = "wrong pni".parse().unwrap();
        let names = [
            "a clean port goes",
            "a wrong PIN is rejected",
            "a VIP never goes",
            "a lock",
        ];
        assert_eq!(pattern.nearest(names)[0], "a wrong PIN is rejected");
        assert_eq!(pattern.nearest(names).len(), 3);
        let pattern: TestPattern = "pni".parse().unwrap();
        assert_eq!(pattern.nearest(names)[0], "a wrong PIN is rejected");
    }
}
