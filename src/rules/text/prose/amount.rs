//! Numbers and durations in sentences.

use jiff::SignedDuration;

use crate::rules::text::written::listed_with;
use crate::rules::values::comparison::Comparison;
use crate::rules::values::duration;

/// Comparisons with a count: `fewer than 3 numbers or more than 10 numbers`. The plural of `thing` must end in `s`.
pub(crate) fn amounts(wanted: &[Comparison<u64>], thing: &str) -> String {
    let parts: Vec<String> = wanted.iter().map(|one| amount(*one, thing)).collect();
    listed_with("or", &parts)
}

fn amount(wanted: Comparison<u64>, thing: &str) -> String {
    let counted = |word: &str, count: u64| {
        let plural = if count == 1 { "" } else { "s" };
        format!("{word} {count} {thing}{plural}")
    };
    match wanted {
        Comparison::Equal(0) => format!("no {thing}s"),
        Comparison::Equal(count) => counted("exactly", count),
        Comparison::NotEqual(count) => counted("not exactly", count),
        Comparison::Less(count) => counted("fewer than", count),
        Comparison::AtMost(count) => counted("at most", count),
        Comparison::More(count) => counted("more than", count),
        Comparison::AtLeast(count) => counted("at least", count),
        Comparison::Between(low, high) => format!("{low} to {high} {thing}s"),
    }
}

/// Comparisons with a duration: `less than 24h or exactly 48h`.
pub(super) fn spans(wanted: &[Comparison<SignedDuration>]) -> String {
    let parts: Vec<String> = wanted.iter().map(|one| span(*one)).collect();
    listed_with("or", &parts)
}

fn span(wanted: Comparison<SignedDuration>) -> String {
    let worded = |word: &str, span: SignedDuration| format!("{word} {}", duration::format(span));
    match wanted {
        Comparison::Equal(span) => worded("exactly", span),
        Comparison::NotEqual(span) => worded("not exactly", span),
        Comparison::Less(span) => worded("less than", span),
        Comparison::AtMost(span) => worded("at most", span),
        Comparison::More(span) => worded("more than", span),
        Comparison::AtLeast(span) => worded("at least", span),
        Comparison::Between(low, high) => {
            format!("{} to {}", duration::format(low), duration::format(high))
        }
    }
}
