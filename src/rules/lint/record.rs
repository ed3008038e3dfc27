//! Finds rules that perform badly according to the recorded decisions.

use jiff::{SignedDuration, Timestamp};

use super::history::{RuleHistory, RuleTally};
use super::run::{Lint, Placed, Subject};
use crate::rules::diagnostics::code::Code;
use crate::rules::diagnostics::finding::Findings;
use crate::rules::load::Loaded;

/// A rule is reported as never matched only after this long.
const LONG_ENOUGH: SignedDuration = SignedDuration::from_hours(90 * 24);
/// No percentages are reported for fewer cases.
const FEWEST_CASES: u64 = 5;
/// A rule is reported if more than one in this many decisions was overridden.
const ONE_IN: u64 = 5;

impl Loaded {
    /// Warns about rules, based on the recorded decisions. Rules without records are not reported.
    #[must_use]
    pub fn lint_record(&self, record: &RuleHistory, now: Timestamp) -> Findings {
        let mut lint = Lint::new(self, now);
        for placed in lint.live_rules() {
            let unmet = RuleTally::default();
            let tally = record.rules.get(placed.rule.id()).unwrap_or(&unmet);
            never_offered(&mut lint, placed, record);
            never_matched(&mut lint, placed, tally, record);
            overridden(&mut lint, placed, tally);
            bounced(&mut lint, placed, tally);
        }
        lint.finish()
    }
}

fn never_offered(lint: &mut Lint<'_>, placed: Placed<'_>, record: &RuleHistory) {
    let Some(cause) = placed.rule.cause() else { return };
    let Some(code) = cause.known_code() else { return };
    if record.offered_codes.is_empty() || record.offered_codes.contains(&code) {
        return;
    }
    let span = placed.place.because.as_ref().unwrap_or(&placed.place.action);
    lint.warn(
        (Subject::Rule(placed.at), Code::CodeNeverOffered),
        span,
        format!("Telnyx has never offered the code {code}, which `{cause}` is translated to"),
        "use a cause whose code Telnyx offers, or hold; otherwise the rejection is sent with another code",
    );
}

fn never_matched(lint: &mut Lint<'_>, placed: Placed<'_>, tally: &RuleTally, record: &RuleHistory) {
    let window = lint.now.duration_since(record.since);
    let stood_all_along = tally.first_evaluated.is_none_or(|first| first <= record.since);
    let record_reaches = record.first_decision.is_some_and(|first| first <= record.since);
    if tally.hits > 0 || window < LONG_ENOUGH || !stood_all_along || !record_reaches {
        return;
    }
    let days = window.as_hours() / 24;
    lint.warn(
        (Subject::Rule(placed.at), Code::NeverMatched),
        &placed.place.id,
        format!("`{}` matched no order in the last {days} days", placed.rule.id()),
        "compare its conditions with real orders, and remove the rule if it is no longer needed",
    );
}

fn overridden(lint: &mut Lint<'_>, placed: Placed<'_>, tally: &RuleTally) {
    let &RuleTally { hits, overridden, .. } = tally;
    if hits < FEWEST_CASES || overridden.saturating_mul(ONE_IN) <= hits {
        return;
    }
    lint.warn(
        (Subject::Rule(placed.at), Code::OftenOverridden),
        &placed.place.id,
        format!(
            "people decided differently in {overridden} of the {hits} cases that `{}` decided",
            placed.rule.id()
        ),
        "let it hold the order, or add a condition for what people check",
    );
}

fn bounced(lint: &mut Lint<'_>, placed: Placed<'_>, tally: &RuleTally) {
    let &RuleTally { hits, bounced, .. } = tally;
    if bounced == 0 {
        return;
    }
    lint.warn(
        (Subject::Rule(placed.at), Code::OftenBounced),
        &placed.place.id,
        format!(
            "{bounced} of the {hits} rejections by `{}` bounced",
            placed.rule.id()
        ),
        "check Telnyx's answers, then use another cause, give more details in `reject.reason`, or hold",
    );
}
