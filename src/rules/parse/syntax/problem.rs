//! A problem of a text that is not valid TOML, and how to fix it.

use std::ops::Range;

/// What is told of one broken place.
pub(super) struct SyntaxProblem {
    pub(super) span: Range<usize>,
    pub(super) message: String,
    pub(super) help: String,
    /// Further problems that begin before this byte follow from this one.
    pub(super) covers: usize,
}

impl SyntaxProblem {
    /// On a place as the parser found it, for itself.
    pub(super) fn at(span: Range<usize>, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            span,
            message: message.into(),
            help: help.into(),
            covers: 0,
        }
    }

    /// Problems up to this byte follow from this one.
    pub(super) fn covering(self, covers: usize) -> Self {
        Self { covers, ..self }
    }
}
