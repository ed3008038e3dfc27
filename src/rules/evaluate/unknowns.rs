//! What missing facts could change: every way in which they could turn out is followed.

use super::open_conditions::open_conditions;
use super::value_classes::{Classes, classes_of};
use crate::domain::Action;
use crate::rules::facts::context::EvalContext;
use crate::rules::facts::fact::Fact;
use crate::rules::model::condition::Condition;
use crate::rules::model::rule_set::RuleSet;

/// A possible end of the evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// At the rule of this place.
    Rule(usize),
    /// Below the last rule.
    NoMatch,
}

/// What missing facts leave of a verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Resolution {
    /// This end's conditions hold, whatever is missing.
    Certain(End),
    /// Any of these ends is possible, and all of them have the same action.
    Agreed(Vec<End>),
    /// What is missing can change the action.
    Undecided,
}

/// The maximum number of steps. What is still open after them is undecided.
const MOST_STEPS: usize = 8_192;
/// If there are more leaves, they are not compared pair by pair: all tested facts are reported as unknown.
const MOST_LEAVES: usize = 512;

/// A condition on a missing fact: for which of the fact's classes of values it holds.
#[derive(Debug, Clone, Copy)]
struct Atom {
    /// The fact's place among the missing ones.
    fact: usize,
    holds_in: u128,
    /// The answer that keeps the rule going: yes in `match`, no in `unless`.
    wanted: bool,
}

/// A part of the possibilities: for each missing fact, the classes of values that are still possible.
type Possible = Vec<u128>;

/// A part of the possibilities in which the evaluation has one end.
struct Leaf {
    possible: Possible,
    end: End,
}

/// The open conditions on the missing facts, rule by rule.
struct Case {
    facts: Vec<Fact>,
    all: Possible,
    rules: Vec<(usize, Vec<Atom>)>,
}

/// Evaluates the rules for every possible combination of the missing facts, and compares the ends.
///
/// A missing fact has one value at a time, so a PIN is never right for one rule and wrong for the next. Different facts
/// are treated as independent of each other.
pub(crate) fn resolve(
    rules: &RuleSet,
    context: &EvalContext<'_>,
    open: &[usize],
    last: End,
) -> (Resolution, Vec<Fact>) {
    let case = Case::new(rules, context, open);
    let leaves = match &case {
        Ok(case) => case.leaves(last),
        Err(_) => None,
    };
    let (Ok(case), Some(leaves)) = (&case, leaves) else {
        let asked = case.map_or_else(|asked| asked, |case| case.facts);
        return (Resolution::Undecided, asked);
    };
    let action_of = |end: End| match end {
        End::Rule(at) => rules
            .rules()
            .get(at)
            .map_or(Action::Hold, crate::rules::model::rule::Rule::action),
        End::NoMatch => rules.defaults().no_match,
    };
    let mut ends: Vec<End> = Vec::new();
    for leaf in &leaves {
        if !ends.contains(&leaf.end) {
            ends.push(leaf.end);
        }
    }
    let first = ends.first().map(|end| action_of(*end));
    if !ends.iter().all(|end| Some(action_of(*end)) == first) {
        return (Resolution::Undecided, case.facts_that_matter(&leaves, action_of));
    }
    let resolution = match ends.as_slice() {
        // The conditions of the last end hold for certain, so its result is valid, whichever rule decides.
        [only] => Resolution::Certain(*only),
        _ if ends.contains(&last) && last != End::NoMatch => Resolution::Certain(last),
        _ => Resolution::Agreed(ends),
    };
    (resolution, Vec::new())
}

impl Case {
    /// Sorts the open conditions by fact. The error has the facts, when they have too many kinds of values to follow.
    fn new(rules: &RuleSet, context: &EvalContext<'_>, open: &[usize]) -> Result<Self, Vec<Fact>> {
        let opened: Vec<_> = open
            .iter()
            .filter_map(|at| Some((*at, open_conditions(rules.rules().get(*at)?, context))))
            .collect();
        let conditions = opened
            .iter()
            .flat_map(|(_, (matching, unless))| matching.iter().chain(unless));
        let mut asked: Vec<&Condition> = Vec::new();
        let mut facts: Vec<Fact> = Vec::new();
        for condition in conditions {
            if !asked.iter().any(|known| known.asks_the_same(condition)) {
                asked.push(condition);
            }
            if !facts.contains(&condition.missing_fact()) {
                facts.push(condition.missing_fact());
            }
        }
        let classes: Option<Vec<Classes>> = facts
            .iter()
            .map(|fact| classes_of(*fact, &asked, context))
            .collect();
        let Some(classes) = classes else { return Err(facts) };
        let atom = |condition: &Condition, wanted: bool| {
            let fact = facts
                .iter()
                .position(|known| *known == condition.missing_fact())?;
            let place = asked.iter().position(|known| known.asks_the_same(condition))?;
            let holds_in = classes.get(fact)?.holds_in(place);
            Some(Atom {
                fact,
                holds_in,
                wanted,
            })
        };
        let mut by_rule = Vec::new();
        for (at, (matching, unless)) in &opened {
            let mut atoms: Vec<Atom> = matching.iter().filter_map(|c| atom(c, true)).collect();
            atoms.extend(unless.iter().filter_map(|c| atom(c, false)));
            by_rule.push((*at, atoms));
        }
        let all = classes.iter().map(Classes::all).collect();
        Ok(Self {
            facts,
            all,
            rules: by_rule,
        })
    }

    /// Divides the possibilities into parts with one end each. `None` if that takes too long.
    fn leaves(&self, last: End) -> Option<Vec<Leaf>> {
        let mut leaves = Vec::new();
        let mut waiting: Vec<(Possible, usize, usize)> = vec![(self.all.clone(), 0, 0)];
        let mut steps = 0_usize;
        while let Some((possible, rule, atom)) = waiting.pop() {
            steps += 1;
            if steps > MOST_STEPS {
                return None;
            }
            let Some((at, atoms)) = self.rules.get(rule) else {
                leaves.push(Leaf { possible, end: last });
                continue;
            };
            let Some(atom_here) = atoms.get(atom) else {
                leaves.push(Leaf {
                    possible,
                    end: End::Rule(*at),
                });
                continue;
            };
            let (going_on, failing) = atom_here.split(&possible);
            if let Some(possible) = failing {
                waiting.push((possible, rule + 1, 0));
            }
            if let Some(possible) = going_on {
                waiting.push((possible, rule, atom + 1));
            }
        }
        Some(leaves)
    }

    /// The facts that can change the action while all others stay the same.
    fn facts_that_matter(&self, leaves: &[Leaf], action_of: impl Fn(End) -> Action) -> Vec<Fact> {
        if leaves.len() > MOST_LEAVES {
            return self.facts.clone();
        }
        let mut matters = vec![false; self.facts.len()];
        for (place, one) in leaves.iter().enumerate() {
            for other in leaves.iter().skip(place + 1) {
                if action_of(one.end) != action_of(other.end) {
                    note_difference(&one.possible, &other.possible, &mut matters);
                }
            }
        }
        let facts = self.facts.iter().zip(matters);
        facts
            .filter(|(_, matters)| *matters)
            .map(|(fact, _)| *fact)
            .collect()
    }
}

impl Atom {
    /// The part in which the condition holds, and the part in which it fails; `None` if there is no such part.
    fn split(&self, possible: &Possible) -> (Option<Possible>, Option<Possible>) {
        let part = |classes: u128| {
            let mut part = possible.clone();
            let here = part.get_mut(self.fact)?;
            *here &= classes;
            (*here != 0).then_some(part)
        };
        let (yes, no) = (part(self.holds_in), part(!self.holds_in));
        if self.wanted { (yes, no) } else { (no, yes) }
    }
}

/// Two parts with different ends: if they share a value of every fact but one, that one makes the difference.
fn note_difference(one: &Possible, other: &Possible, matters: &mut [bool]) {
    let mut apart = one
        .iter()
        .zip(other)
        .enumerate()
        .filter(|(_, (a, b))| *a & *b == 0);
    // Parts do not overlap, so there is always a first; with two, no single fact leads from one to the other.
    if let (Some((fact, _)), None) = (apart.next(), apart.next())
        && let Some(matters) = matters.get_mut(fact)
    {
        *matters = true;
    }
}
