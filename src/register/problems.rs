//! The problems of a list of numbers, by line.

use std::fmt;

/// The maximum number of problems that are listed.
const TOLD: usize = 20;

/// A problem of a file of numbers. It repeats only column names from the file, because a misplaced value may be a PIN.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct ImportProblem {
    /// The line, from 1.
    pub line: u64,
    /// What is wrong and how to fix it.
    pub message: String,
}

/// All problems of a file of numbers: the first few are listed, the others are counted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ImportProblems {
    pub(super) told: Vec<ImportProblem>,
    pub(super) count: usize,
}

/// Collects problems as they are found.
#[derive(Debug, Default)]
pub(super) struct Problems {
    pub(super) told: Vec<ImportProblem>,
    pub(super) count: usize,
}

impl Problems {
    pub(super) fn push(&mut self, line: u64, message: impl Into<String>) {
        self.count += 1;
        if self.told.len() < TOLD {
            let message = message.into();
            self.told.push(ImportProblem { line, message });
        }
    }
}

impl ImportProblems {
    /// Returns how many there are, listed or not.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// Returns the listed ones.
    #[must_use]
    pub fn told(&self) -> &[ImportProblem] {
        &self.told
    }
}

impl fmt::Display for ImportProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.count == 1 { "" } else { "s" };
        write!(f, "{} problem{plural}, nothing was imported", self.count)?;
        for problem in &self.told {
            write!(f, "\n  {problem}")?;
        }
        match self.count.saturating_sub(self.told.len()) {
            0 => Ok(()),
            more => write!(f, "\n  and {more} more"),
        }
    }
}
