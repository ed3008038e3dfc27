//! The values that rule files write: comparisons, spans of time, dates, text patterns, quoted texts, and what a mistyped one may have meant.

pub(super) mod comparison;
pub(super) mod date;
pub(super) mod duration;
pub(super) mod example_text;
pub(super) mod folded_expression;
pub(super) mod quotes;
pub(super) mod suggestion;
pub(super) mod text_pattern;
