//! Groups the values of a missing fact that all conditions treat alike.

use super::turning_points::{MOST_VALUES, of_counts, of_spans, spid_sets, text_sets};
use crate::domain::words::Word;
use crate::domain::{IdentityCheck, PhoneNumber};
use crate::rules::facts::context::EvalContext;
use crate::rules::facts::fact::{Fact, Ours};
use crate::rules::lists::list::{SpidSet, TextSet};
use crate::rules::model::condition::{Condition, NumberMembers, Quantifier, Test};
use crate::rules::values::text_pattern::Folded;

/// The possible values of a missing fact, grouped by the conditions that hold for them.
///
/// Each class is the set of conditions, by index, that hold for its values. If values cannot be distinguished exactly
/// (text patterns, overlapping lists of numbers), there are too many classes rather than too few: an order may then be
/// held that could have been decided, but never the reverse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Classes(Vec<u128>);

/// Conditions and classes are counted in the bits of one number.
const MOST: usize = 128;
/// More patterns or lists than this are not combined freely.
const MOST_FREE: usize = 5;

/// A condition with its index among the tested conditions.
type Placed<'c> = (usize, &'c Condition);

impl Classes {
    /// The classes, as bits, for which the condition of this place holds.
    pub(crate) fn holds_in(&self, place: usize) -> u128 {
        let classes = self.0.iter().enumerate();
        classes.fold(0, |bits, (class, holding)| {
            bits | ((holding >> place & 1) << class)
        })
    }

    /// All classes, as bits.
    pub(crate) fn all(&self) -> u128 {
        u128::MAX >> (MOST - self.0.len().clamp(1, MOST))
    }

    fn of(mut classes: Vec<u128>) -> Option<Self> {
        classes.sort_unstable();
        classes.dedup();
        (classes.len() <= MOST).then_some(Self(classes))
    }
}

/// The classes of a missing fact's values; `None` if there are too many to follow.
pub(crate) fn classes_of(fact: Fact, asked: &[&Condition], context: &EvalContext<'_>) -> Option<Classes> {
    if asked.len() > MOST {
        return None;
    }
    let on_fact = |(_, condition): &Placed<'_>| condition.missing_fact() == fact;
    let conditions: Vec<Placed<'_>> = asked.iter().copied().enumerate().filter(on_fact).collect();
    let (_, first) = conditions.first()?;
    Classes::of(match &first.test {
        Test::Check(_) => each(
            IdentityCheck::ALL.iter().copied(),
            &conditions,
            |test, check| matches!(test, Test::Check(wanted) if wanted.contains(&check)),
        ),
        Test::Ours(_) => each(
            Ours::ALL.iter().copied(),
            &conditions,
            |test, ours| matches!(test, Test::Ours(wanted) if wanted.contains(&ours)),
        ),
        Test::Flag(_) => each(
            [false, true],
            &conditions,
            |test, flag| matches!(test, Test::Flag(wanted) if wanted.contains(&flag)),
        ),
        Test::Span(_) => each(
            of_spans(bare(&conditions)).values,
            &conditions,
            |test, span| matches!(test, Test::Span(wanted) if wanted.iter().any(|c| c.holds(span))),
        ),
        Test::Spid(_) => spids(&conditions, context)?,
        Test::Text(_) => texts(&conditions, context)?,
        Test::Countries(_) => closed_under(texts(&conditions, context)?, |a, b| a & b)?,
        Test::Tags(_) => {
            let mut tags = texts(&conditions, context)?;
            tags.push(0);
            closed_under(tags, |a, b| a | b)?
        }
        Test::Numbers(..) => numbers(&conditions, context)?,
        Test::Count(_) if fact == Fact::PhoneNumbers => numbers(&conditions, context)?,
        Test::Count(_) => each(
            of_counts(bare(&conditions)).values,
            &conditions,
            |test, count| matches!(test, Test::Count(wanted) if wanted.iter().any(|c| c.holds(count))),
        ),
    })
}

fn bare<'p>(conditions: &'p [Placed<'_>]) -> impl Iterator<Item = &'p Condition> {
    conditions.iter().map(|(_, condition)| *condition)
}

/// The class of each value.
fn each<T: Copy>(
    values: impl IntoIterator<Item = T>,
    conditions: &[Placed<'_>],
    holds: impl Fn(&Test, T) -> bool,
) -> Vec<u128> {
    let class = |value: T| {
        let holding = conditions
            .iter()
            .filter(|(_, condition)| holds(&condition.test, value));
        holding.fold(0, |bits, (place, _)| bits | bit(*place))
    };
    values.into_iter().map(class).collect()
}

fn bit(place: usize) -> u128 {
    1 << (place % MOST)
}

/// Every SPID that a condition names, and one that none names.
fn spids(conditions: &[Placed<'_>], context: &EvalContext<'_>) -> Option<Vec<u128>> {
    let values = || {
        let sets = bare(conditions).flat_map(|condition| spid_sets(&condition.test));
        sets.flat_map(SpidSet::iter)
    };
    if values().nth(MOST_VALUES).is_some() {
        return None;
    }
    let mut classes = each(values(), conditions, |test, spid| {
        spid_sets(test).any(|set| set.contains(spid, context.now))
    });
    classes.push(0);
    Some(classes)
}

/// Every text that a condition names, and others, for which each condition with a pattern may hold or not.
fn texts(conditions: &[Placed<'_>], context: &EvalContext<'_>) -> Option<Vec<u128>> {
    let now = context.now;
    let literals = conditions
        .iter()
        .flat_map(|(_, condition)| text_sets(&condition.test));
    let literals: Vec<&Folded> = literals
        .flat_map(TextSet::literals)
        .take(MOST_VALUES + 1)
        .collect();
    if literals.len() > MOST_VALUES {
        return None;
    }
    let matches = |test: &Test, text: &Folded| text_sets(test).any(|set| set.matches(text, now));
    let mut classes = each(literals, conditions, matches);
    let has_pattern = |test: &Test| text_sets(test).any(|set| set.has_patterns(now));
    let free: Vec<u128> = conditions
        .iter()
        .filter(|(_, condition)| has_pattern(&condition.test))
        .map(|(place, _)| bit(*place))
        .collect();
    if free.len() > MOST_FREE {
        return None;
    }
    classes.extend(combinations(&free));
    Some(classes)
}

/// Every subset of the bits.
fn combinations(bits: &[u128]) -> Vec<u128> {
    let mut taken = vec![0];
    for bit in bits {
        let with_bit: Vec<u128> = taken.iter().map(|bits| bits | bit).collect();
        taken.extend(with_bit);
    }
    taken
}

/// The classes of several values together: all combinations of those of single values.
fn closed_under(mut classes: Vec<u128>, combine: impl Fn(u128, u128) -> u128) -> Option<Vec<u128>> {
    classes.sort_unstable();
    classes.dedup();
    let mut done = 0;
    while let Some(one) = classes.get(done).copied() {
        for other in 0..done {
            let both = combine(one, classes.get(other).copied().unwrap_or(one));
            if !classes.contains(&both) {
                classes.push(both);
            }
        }
        done += 1;
        if classes.len() > MOST {
            return None;
        }
    }
    Some(classes)
}

/// Which of the readable numbers are in one of the tested lists.
struct Membership<'c> {
    members: &'c NumberMembers,
    any: bool,
    all: bool,
}

/// The classes of numbers that are unknown or partly unreadable. An unknown number may be in any list, independently of
/// the other lists.
fn numbers(conditions: &[Placed<'_>], context: &EvalContext<'_>) -> Option<Vec<u128>> {
    let memberships = memberships(conditions, context);
    if memberships.len() > MOST_FREE {
        return None;
    }
    let facts = context.facts;
    let sizes: Vec<(u64, u64)> = match (&facts.phone_numbers, facts.count_of_numbers()) {
        (Some(numbers), _) => vec![(numbers.count() as u64, numbers.unreadable.len() as u64)],
        (None, Some(count)) => vec![(count, count)],
        (None, None) => of_counts(bare(conditions))
            .values
            .into_iter()
            .chain([1, 2])
            .map(|n| (n, n))
            .collect(),
    };
    let mut classes = Vec::new();
    for (count, unread) in sizes {
        // How the unknown numbers relate to a list: (at least one is in it, all are in it).
        let ways: &[(bool, bool)] = match unread {
            0 => &[(false, true)],
            1 => &[(false, false), (true, true)],
            _ => &[(false, false), (true, false), (true, true)],
        };
        let counted = counted(conditions, count);
        let mut partial = vec![counted];
        for membership in &memberships {
            let step = |class: &u128| {
                let class = *class;
                ways.iter()
                    .map(move |way| class | membership.holding(conditions, count, *way))
            };
            partial = partial.iter().flat_map(step).collect();
        }
        classes.extend(partial);
        classes.sort_unstable();
        classes.dedup();
    }
    Some(classes)
}

fn memberships<'c>(conditions: &[Placed<'c>], context: &EvalContext<'_>) -> Vec<Membership<'c>> {
    let mut found: Vec<Membership<'c>> = Vec::new();
    for (_, condition) in conditions {
        let Test::Numbers(_, members) = &condition.test else {
            continue;
        };
        if found.iter().any(|known| known.members.keys == members.keys) {
            continue;
        }
        let readable = context
            .facts
            .phone_numbers
            .as_ref()
            .map(|numbers| numbers.readable.as_slice());
        let inside = |number: &PhoneNumber| members.contain(*number, context);
        found.push(Membership {
            members,
            any: readable.unwrap_or_default().iter().any(inside),
            all: readable.unwrap_or_default().iter().all(inside),
        });
    }
    found
}

/// The conditions on the count that hold for a count.
fn counted(conditions: &[Placed<'_>], count: u64) -> u128 {
    let holding = each(
        [count],
        conditions,
        |test, count| matches!(test, Test::Count(wanted) if wanted.iter().any(|c| c.holds(count))),
    );
    holding.first().copied().unwrap_or_default()
}

impl Membership<'_> {
    /// The conditions on this list that hold if the unknown numbers relate to it in this way.
    fn holding(&self, conditions: &[Placed<'_>], count: u64, (any, all): (bool, bool)) -> u128 {
        let any = self.any || any;
        let all = count > 0 && self.all && all;
        let holding = each([()], conditions, |test, ()| match test {
            Test::Numbers(quantifier, members) if members.keys == self.members.keys => match quantifier {
                Quantifier::Any => any,
                Quantifier::All => all,
                Quantifier::None => !any,
            },
            _ => false,
        });
        holding.first().copied().unwrap_or_default()
    }
}
