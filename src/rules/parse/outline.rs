//! Counts what is in a rule file, without reading its lists.

use toml::de::{DeTable, DeValue};

/// The numbers of rules, tests and lists in a rule file, determined without reading its lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Outline {
    /// How many rules.
    pub rules: usize,
    /// How many tests.
    pub tests: usize,
}

impl Outline {
    /// Counts the parts of the text of a rule file. All counts are 0 if the text is not TOML.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let Ok(table) = DeTable::parse(text) else {
            return Self::default();
        };
        let count = |key: &str| match table.get_ref().get(key).map(toml::Spanned::get_ref) {
            Some(DeValue::Array(items)) => items.len(),
            _ => 0,
        };
        Self {
            rules: count("rule"),
            tests: count("test"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_and_tests_are_counted() {
        let text = "version = 1\n[[rule]]\nid = \"a\"\n[[rule]]\nid = \"b\"\n[[test]]\nname = \"c\"\n";
        assert_eq!(Outline::of(text), Outline { rules: 2, tests: 1 });
        assert_eq!(Outline::of("version = 1"), Outline::default());
        assert_eq!(Outline::of("no TOML"), Outline::default());
    }
}
