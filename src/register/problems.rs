//! What is wrong with a list of numbers, by line.

use std::fmt;

/// The most problems that are told one by one.
const TOLD: usize = 20;

/// One thing that is wrong with a file of numbers. Repeats nothing of the file but names of columns: what stands
/// in a wrong place may be a PIN.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct ImportProblem {
    /// The line, from 1.
    pub line: u64,
    /// What is wrong and how to mend it.
    pub message: String,
}

/// Everything that is wrong with a file of numbers: the first few told, the others counted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ImportProblems {
    pub(super) told: Vec<ImportProblem>,
    pub(super) count: usize,
}

/// Problems as they are found.
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
    /// How many there are, told or not.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// The first of them.
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
