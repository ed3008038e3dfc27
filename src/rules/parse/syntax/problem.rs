//! A problem of a text that is not valid TOML, and how to fix it.

use std::ops::Range;

/// A syntax error and how to fix it.
pub(super) struct SyntaxProblem {
    pub(super) span: Range<usize>,
    pub(super) message: String,
    pub(super) help: String,
    /// Other errors that begin before this byte are consequences of this one.
    pub(super) covers: usize,
}

impl SyntaxProblem {
    /// An error at the position that the parser reported, without consequences.
    pub(super) fn at(span: Range<usize>, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            span,
            message: message.into(),
            help: help.into(),
            covers: 0,
        }
    }

    /// Errors up to this byte are consequences of this one.
    pub(super) fn covering(self, covers: usize) -> Self {
        Self { covers, ..self }
    }
}
