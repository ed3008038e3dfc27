//! Finds rules that authorize without asking whether another carrier's order is open.

use super::interval_set::IntervalSet;
use super::members::Life;
use super::requirements::Requirements;
use super::run::{Lint, Placed, Subject};
use crate::domain::Action;
use crate::rules::diagnostics::code::Code;
use crate::rules::facts::fact::Fact;
use crate::rules::model::condition::Test;
use crate::rules::model::rule::RuleMode;

/// Reports rules that authorize although another carrier's open order may hold one of the numbers.
pub(super) fn lint(lint: &mut Lint<'_>) {
    let rules: Vec<(Placed<'_>, Requirements<'_>)> = lint
        .live_rules()
        .map(|placed| (placed, Requirements::of(placed.rule)))
        .collect();
    // A rule that does not test the fact and still matches these orders makes the later rule unreachable: R106.
    let asking: Vec<usize> = (0..)
        .zip(&rules)
        .filter(|(_, (_, requirements))| requirements.asks(Fact::NumbersOtherPending))
        .map(|(at, _)| at)
        .collect();
    let held = IntervalSet::of(&Test::Flag(vec![true])).map(|(held, _)| held);
    let Some(held) = held else { return };
    for (at, (placed, requirements)) in rules.iter().enumerate() {
        if placed.rule.action() != Action::Authorize {
            continue;
        }
        let mut beside_another = requirements.clone();
        beside_another.ask(Fact::NumbersOtherPending, held.clone());
        let mut above = asking.iter().take_while(|above| **above < at);
        let is_covered = above.any(|above| {
            let earlier = rules.get(*above);
            earlier.is_some_and(|earlier| takes(earlier, &beside_another, lint))
        });
        if is_covered || beside_another.cannot_be_met(lint.now) {
            continue;
        }
        lint.warn(
            (Subject::Rule(placed.at), Code::OtherPending),
            &placed.place.action,
            format!(
                "`{}` authorizes numbers without checking for another carrier's open order",
                placed.rule.id()
            ),
            "add `unless.numbers.other_pending = true`, or add a rule above it with \
             `match.numbers.other_pending = true` and `action = \"hold\"`",
        );
    }
}

/// Whether an earlier rule decides all of these orders, for as long as the later rule is active.
fn takes(
    (above, earlier): &(Placed<'_>, Requirements<'_>),
    requirements: &Requirements<'_>,
    lint: &Lint<'_>,
) -> bool {
    let life = Life {
        now: lint.now,
        end: requirements.until,
    };
    above.rule.mode == RuleMode::Enforce
        && earlier.until >= requirements.until
        && earlier.follows_from(requirements, life)
}
