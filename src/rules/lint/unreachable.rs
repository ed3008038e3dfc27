//! Finds rules that an earlier rule makes unreachable.

use jiff::Timestamp;

use super::members::Life;
use super::requirements::Requirements;
use super::run::{Lint, Placed, Subject};
use super::subsumption::SubsumptionIndex;
use crate::rules::diagnostics::code::Code;
use crate::rules::lists::expiry::Expiry;
use crate::rules::model::rule::RuleMode;

/// A rule with what it demands.
struct Candidate<'l> {
    placed: Placed<'l>,
    requirements: Requirements<'l>,
}

/// Warns about rules that can never decide because a rule above them matches all of their orders, and about rules that
/// are equal to one above them.
///
/// A rule with conditions that no order can meet can never decide either, but has its own warning.
pub(super) fn lint(lint: &mut Lint<'_>) {
    let candidates: Vec<Candidate<'_>> = lint
        .live_rules()
        .map(|placed| Candidate {
            placed,
            requirements: Requirements::of(placed.rule),
        })
        .collect();
    let placed = candidates
        .iter()
        .map(|candidate| &candidate.requirements)
        .enumerate();
    let index = SubsumptionIndex::of(placed, lint.now);
    for (at, later) in candidates.iter().enumerate() {
        if later.requirements.cannot_be_met(lint.now) {
            continue;
        }
        let mut found = Above::default();
        for group in index.about(&later.requirements, lint.now) {
            for above in group.iter().take_while(|above| **above < at) {
                if let Some(earlier) = candidates.get(*above) {
                    found.look_at((*above, earlier), later, lint.now);
                }
            }
        }
        let placed = |above: usize| candidates.get(above).map(|candidate| candidate.placed);
        if let Some(earlier) = found.double.and_then(placed) {
            report_duplicate(lint, earlier, later.placed);
        } else if let Some(earlier) = found.taking.and_then(placed) {
            warn_unreachable(lint, earlier, later.placed);
        }
    }
}

/// The first rule above that is equal to a rule, and the first that covers it.
#[derive(Default)]
struct Above {
    double: Option<usize>,
    taking: Option<usize>,
}

impl Above {
    fn look_at(&mut self, (at, earlier): (usize, &Candidate<'_>), later: &Candidate<'_>, now: Timestamp) {
        let life = |end| Life { now, end };
        if !earlier
            .requirements
            .follows_from(&later.requirements, life(later.requirements.until))
        {
            return;
        }
        let first = |known: Option<usize>| known.map_or(at, |known| known.min(at));
        if takes(earlier, later) {
            self.taking = Some(first(self.taking));
        }
        if are_double(earlier, later, life(Expiry::Forever)) {
            self.double = Some(first(self.double));
        }
    }
}

/// Whether a rule that matches all orders of a later one prevents it from ever deciding: it is enforced, and lasts as
/// long as the later one.
fn takes(earlier: &Candidate<'_>, later: &Candidate<'_>) -> bool {
    earlier.placed.rule.mode == RuleMode::Enforce && earlier.requirements.until >= later.requirements.until
}

/// Whether two rules have the same result for the same orders, whatever their modes and dates.
fn are_double(earlier: &Candidate<'_>, later: &Candidate<'_>, for_ever: Life) -> bool {
    earlier.placed.rule.action() == later.placed.rule.action()
        && later.requirements.follows_from(&earlier.requirements, for_ever)
        && earlier.requirements.follows_from(&later.requirements, for_ever)
}

fn report_duplicate(lint: &mut Lint<'_>, earlier: Placed<'_>, later: Placed<'_>) {
    let (id, above) = (later.rule.id(), earlier.rule.id());
    let message = format!(
        "`{id}` has the same conditions and action as `{above}` in line {}",
        lint.line_of(&earlier.place.id)
    );
    let help = format!("remove one of them, or change the conditions of `{id}`");
    lint.warn(
        (Subject::Rule(later.at), Code::DuplicateRule),
        &later.place.id,
        message,
        help,
    );
}

fn warn_unreachable(lint: &mut Lint<'_>, earlier: Placed<'_>, later: Placed<'_>) {
    let (id, above) = (later.rule.id(), earlier.rule.id());
    let above_line = lint.line_of(&earlier.place.id);
    let message = match later.rule.mode {
        RuleMode::Shadow => {
            format!("`{above}` in line {above_line} makes the shadow rule `{id}` unreachable")
        }
        _ => format!("`{above}` in line {above_line} makes the rule `{id}` unreachable"),
    };
    let help = format!("move `{id}` above `{above}`, add conditions to `{above}`, or remove `{id}`");
    lint.warn(
        (Subject::Rule(later.at), Code::UnreachableRule),
        &later.place.id,
        message,
        help,
    );
}
