//! Why the rules say what they say, as `eval` and `decisions show` tell it.

use std::fmt::Write as _;

use crate::rules::{TraceEntry, WhatIf, trace_lines};

/// Tells how each rule came out, a line each.
pub(crate) fn tell_trace(text: &mut String, entries: &[TraceEntry]) {
    if entries.is_empty() {
        return;
    }
    let _ = writeln!(text, "\nRules, in order");
    for line in trace_lines(entries) {
        let _ = writeln!(text, "  {line}");
    }
}

/// Tells which facts are to be found, and what each of their values would do.
pub(crate) fn tell_what_if(text: &mut String, what_if: &[WhatIf]) {
    for one in what_if {
        let _ = writeln!(text, "\nTo find: {}", one.fact);
        for line in one.lines() {
            let _ = writeln!(text, "  {line}");
        }
    }
}
