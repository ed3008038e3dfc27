//! The values that a condition expects, typed from the parser to everything that shows them.

use std::fmt;

use jiff::SignedDuration;

use crate::domain::IdentityCheck;
use crate::domain::folding::shown;
use crate::rules::facts::fact::Ours;
use crate::rules::lists::entry::Entry;
use crate::rules::values::comparison::Comparison;
use crate::rules::values::quotes::in_quotes;

/// The values of a condition in the order of the file. Any one of them is enough.
#[derive(Debug, Clone)]
pub(crate) struct Expected {
    values: Vec<ExpectedValue>,
    /// The normal forms of the values, sorted, each once.
    keys: Vec<String>,
}

/// One value of a condition. `typed` is what its author wrote between the quotes.
#[derive(Debug, Clone)]
pub(crate) enum ExpectedValue {
    Flag(bool),
    Ours(Ours),
    Check(IdentityCheck),
    Count {
        typed: String,
        comparison: Comparison<u64>,
    },
    Span {
        typed: String,
        comparison: Comparison<SignedDuration>,
    },
    Entry {
        typed: String,
        entry: Entry,
    },
    /// A list by its name, and how many entries it has.
    List {
        name: String,
        entries: usize,
    },
}

impl Expected {
    pub(crate) fn of(values: Vec<ExpectedValue>) -> Self {
        let mut keys: Vec<String> = values.iter().map(ExpectedValue::key).collect();
        keys.sort_unstable();
        keys.dedup();
        Self { values, keys }
    }

    /// The values in the order of the file.
    pub(crate) fn values(&self) -> &[ExpectedValue] {
        &self.values
    }

    /// The normal forms of the values: equal for two conditions of one name that expect the same, however it is written.
    pub(crate) fn keys(&self) -> &[String] {
        &self.keys
    }

    /// Whether there are several values to choose from.
    pub(crate) fn is_choice(&self) -> bool {
        self.values.len() > 1
    }
}

impl ExpectedValue {
    fn key(&self) -> String {
        match self {
            Self::Flag(flag) => flag.to_string(),
            Self::Ours(ours) => ours.to_string(),
            Self::Check(check) => check.to_string(),
            Self::Count { comparison, .. } => format!("{comparison:?}"),
            Self::Span { comparison, .. } => format!("{comparison:?}"),
            Self::Entry { entry, .. } => entry.key(),
            // No entry starts with `@`.
            Self::List { name, .. } => format!("@{name}"),
        }
    }

    /// The value as a program reads it.
    pub(crate) fn wanted(&self) -> WantedValue {
        match self {
            Self::Flag(flag) => WantedValue::Flag(*flag),
            Self::Ours(ours) => WantedValue::Text(ours.to_string()),
            Self::Check(check) => WantedValue::Text(check.to_string()),
            Self::Count { typed, .. } | Self::Span { typed, .. } | Self::Entry { typed, .. } => {
                WantedValue::Text(typed.clone())
            }
            Self::List { name, .. } => WantedValue::Text(format!("@{name}")),
        }
    }

    /// The value inside a sentence: in quotes only if it could otherwise be read as several values.
    pub(crate) fn in_words(&self) -> String {
        let text = match self.wanted() {
            WantedValue::Flag(flag) => return flag.to_string(),
            WantedValue::Text(text) => shown(text.trim()).into_owned(),
        };
        if text.is_empty() || text.contains(',') || text.contains(" or ") {
            format!("\"{text}\"")
        } else {
            text
        }
    }
}

/// As the file could have it: `"wrong"`, `["right", "@partners"]`.
impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Wanted::of(self))
    }
}

/// The expected values of a condition, as a trace records them.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
pub enum Wanted {
    /// The values as their author wrote them. Any one of them is enough.
    Values(Vec<WantedValue>),
    /// The text of the file, which earlier versions recorded.
    Written(String),
}

/// One expected value of a condition.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
pub enum WantedValue {
    /// Of a condition that is true or false.
    Flag(bool),
    /// A word, a comparison, an entry, or a list as `@name`.
    Text(String),
}

impl Wanted {
    pub(crate) fn of(expected: &Expected) -> Self {
        Self::Values(expected.values.iter().map(ExpectedValue::wanted).collect())
    }
}

/// As the file could have it, invisible characters escaped.
impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Written(text) => f.write_str(&shown(text)),
            Self::Values(values) => match values.as_slice() {
                [value] => write!(f, "{value}"),
                values => {
                    let values: Vec<String> = values.iter().map(ToString::to_string).collect();
                    write!(f, "[{}]", values.join(", "))
                }
            },
        }
    }
}

impl fmt::Display for WantedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::Text(text) => f.write_str(&in_quotes(text)),
        }
    }
}
