use super::super::list::Until;
use super::super::{Code, RuleMode};
use super::anchor::Shelves;
use super::demand::Demand;
use super::members::Life;
use super::tell::{Lint, Placed, Subject};

/// A rule with what it demands.
struct Candidate<'l> {
    placed: Placed<'l>,
    demand: Demand<'l>,
}

/// Tells rules that never come to decide, since a rule above them takes all of what they would take, and rules that
/// say the same as one above them.
///
/// A rule with conditions that no order can meet never decides either: that is told by itself.
pub(super) fn lint(lint: &mut Lint<'_>) {
    let candidates: Vec<Candidate<'_>> = lint
        .live_rules()
        .map(|placed| Candidate {
            placed,
            demand: Demand::of(placed.rule),
        })
        .collect();
    let placed = candidates.iter().map(|candidate| &candidate.demand).enumerate();
    let shelves = Shelves::of(placed, lint.now);
    for (at, later) in candidates.iter().enumerate() {
        if later.demand.cannot_be_met(lint.now) {
            continue;
        }
        let above = |accepts: &dyn Fn(&Candidate<'_>) -> bool| {
            let shelves = shelves.about(&later.demand, lint.now);
            let first_on = |shelf: &[usize]| {
                let above = shelf.iter().take_while(|above| **above < at);
                let mut above = above.filter_map(|above| Some((*above, candidates.get(*above)?)));
                above
                    .find(|(_, earlier)| accepts(earlier))
                    .map(|(above, _)| above)
            };
            let found = shelves.filter_map(first_on).min();
            found.and_then(|above| candidates.get(above))
        };
        let now = lint.now;
        if let Some(earlier) = above(&|earlier| are_double(earlier, later, now)) {
            tell_double(lint, earlier.placed, later.placed);
        } else if let Some(earlier) = above(&|earlier| takes(earlier, later, now)) {
            tell_taken(lint, earlier.placed, later.placed);
        }
    }
}

/// Whether the later rule never decides: whenever it holds, the earlier one does, is in force, and comes first.
fn takes(earlier: &Candidate<'_>, later: &Candidate<'_>, now: jiff::Timestamp) -> bool {
    let life = Life {
        now,
        end: later.demand.until,
    };
    earlier.placed.rule.mode == RuleMode::Enforce
        && earlier.demand.until >= later.demand.until
        && earlier.demand.follows_from(&later.demand, life)
}

/// Whether two rules say the same of the same orders, whatever their modes and dates.
fn are_double(earlier: &Candidate<'_>, later: &Candidate<'_>, now: jiff::Timestamp) -> bool {
    let life = Life {
        now,
        end: Until::Forever,
    };
    earlier.placed.rule.action() == later.placed.rule.action()
        && earlier.demand.facts == later.demand.facts
        && earlier.demand.follows_from(&later.demand, life)
        && later.demand.follows_from(&earlier.demand, life)
}

fn tell_double(lint: &mut Lint<'_>, earlier: Placed<'_>, later: Placed<'_>) {
    let (id, above) = (later.rule.id(), earlier.rule.id());
    let message = format!(
        "`{id}` asks for the same and does the same as `{above}` in line {}",
        lint.line_of(&earlier.place.id)
    );
    let help = format!("take one of them out, or let `{id}` ask for something else");
    lint.tell(
        (Subject::Rule(later.at), Code::DuplicateRule),
        &later.place.id,
        message,
        help,
    );
}

fn tell_taken(lint: &mut Lint<'_>, earlier: Placed<'_>, later: Placed<'_>) {
    let (id, above) = (later.rule.id(), earlier.rule.id());
    let above_line = lint.line_of(&earlier.place.id);
    let message = match later.rule.mode {
        RuleMode::Shadow => {
            format!(
                "`{id}`, in shadow, could never decide: `{above}` in line {above_line} takes all of its orders"
            )
        }
        _ => format!("`{id}` can never decide: `{above}` in line {above_line} takes all of its orders"),
    };
    let help = format!("put `{id}` above `{above}`, let `{above}` ask for more, or take `{id}` out");
    lint.tell(
        (Subject::Rule(later.at), Code::TakenRule),
        &later.place.id,
        message,
        help,
    );
}
