//! Problems in settings.

use std::fmt;

/// A problem with the settings: its origin, the setting, and how to fix it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Problem {
    origin: Option<String>,
    key: Option<String>,
    message: String,
}

/// All problems with the settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Problems(Vec<Problem>);

impl Problem {
    pub(super) fn new(key: &str, origin: &str, message: impl Into<String>) -> Self {
        Self {
            origin: Some(origin.to_owned()),
            key: Some(key.to_owned()),
            message: message.into(),
        }
    }

    /// Creates the problem of a required setting that is not set.
    pub(super) fn missing(key: &str, message: impl Into<String>) -> Self {
        Self {
            origin: None,
            key: Some(key.to_owned()),
            message: message.into(),
        }
    }

    /// Creates a problem of a complete source, such as a file that is not valid TOML.
    pub(super) fn of_place(origin: &str, message: impl Into<String>) -> Self {
        Self {
            origin: Some(origin.to_owned()),
            key: None,
            message: message.into(),
        }
    }

    /// Returns the setting's dotted name, if the problem is about one setting.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(origin) = &self.origin {
            write!(f, "{origin}: ")?;
        }
        if let Some(key) = &self.key {
            write!(f, "`{key}` ")?;
        }
        f.write_str(&self.message)
    }
}

impl Problems {
    pub(super) fn new(problems: Vec<Problem>) -> Self {
        Self(problems)
    }
}

impl IntoIterator for Problems {
    type Item = Problem;
    type IntoIter = std::vec::IntoIter<Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [one] => write!(f, "{one}"),
            many => {
                write!(f, "{} problems in the settings", many.len())?;
                many.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
            }
        }
    }
}

/// Returns the value, or records the problem and continues, so that all problems are reported together.
pub(super) fn keep<T>(problems: &mut Vec<Problem>, result: Result<T, Problem>) -> Option<T> {
    result.map_err(|problem| problems.push(problem)).ok()
}

/// Like [`keep`], for several problems.
pub(super) fn keep_all<T>(problems: &mut Vec<Problem>, result: Result<T, Problems>) -> Option<T> {
    result.map_err(|more| problems.extend(more)).ok()
}
