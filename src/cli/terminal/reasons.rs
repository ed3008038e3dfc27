//! The trace of a verdict and the effect of missing facts, as `eval` and `decisions show` print them.

use std::fmt::Write as _;

use super::safe_text::SafeText;
use crate::rules::{TraceEntry, WhatIf, trace_lines};

/// Appends the result of each rule, one line per rule.
pub(crate) fn push_trace(text: &mut SafeText, entries: &[TraceEntry]) {
    if entries.is_empty() {
        return;
    }
    let _ = writeln!(text, "\nRules, in order");
    for line in trace_lines(entries) {
        let _ = writeln!(text, "  {line}");
    }
}

/// Appends the missing facts and the effect of each of their values.
pub(crate) fn push_what_if(text: &mut SafeText, what_if: &[WhatIf]) {
    for one in what_if {
        let _ = writeln!(text, "\nMissing fact: {}", one.fact);
        for line in one.lines() {
            let _ = writeln!(text, "  {line}");
        }
    }
}
