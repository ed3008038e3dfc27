//! Finds deadlines that are later than the time at which Telnyx authorizes an order without an answer.

use jiff::SignedDuration;

use super::run::{Lint, Subject};
use crate::domain::Action;
use crate::rules::diagnostics::code::Code;
use crate::rules::model::defaults::AtDecideBy;
use crate::rules::values::duration;

/// The earliest time after which Telnyx authorizes an order without an answer.
const EARLIEST_SILENCE: SignedDuration = SignedDuration::from_hours(24);

/// Checks the defaults, which apply if no rule decides.
pub(super) fn lint(lint: &mut Lint<'_>) {
    let defaults = lint.rules().defaults();
    let values = &lint.rules().places().defaults.values;
    if let Some(span) = values
        .get("no_match")
        .filter(|_| defaults.no_match == Action::Authorize)
    {
        lint.warn(
            (Subject::Defaults, Code::AuthorizesByDefault),
            span,
            "an order that no rule decides is authorized, which releases its numbers",
            "write `no_match = \"hold\"`, and add a rule for orders that may be authorized automatically",
        );
    }
    let holds = holds_something(lint);
    let passes_silence =
        defaults.decide_within >= EARLIEST_SILENCE && defaults.at_decide_by != AtDecideBy::Authorize;
    if let Some(span) = values.get("decide_within").filter(|_| holds && passes_silence) {
        let within = duration::format(defaults.decide_within);
        let end = match defaults.at_decide_by {
            AtDecideBy::Notify => "nobody is notified before that",
            AtDecideBy::Authorize | AtDecideBy::Reject => "the rejection may come too late",
        };
        let message =
            format!("a hold may last {within}, and Telnyx may authorize after 24h without an answer: {end}");
        lint.warn(
            (Subject::Defaults, Code::HoldTooLong),
            span,
            message,
            "write less than \"24h\", such as \"20h\", so that people have time to answer",
        );
    }
}

/// Whether any order can be put on hold.
fn holds_something(lint: &Lint<'_>) -> bool {
    let defaults = lint.rules().defaults();
    [defaults.no_match, defaults.on_unknown].contains(&Action::Hold)
        || lint
            .live_rules()
            .any(|placed| placed.rule.action() == Action::Hold)
}
