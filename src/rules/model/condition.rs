//! A condition of a rule, and whether it holds.

use std::sync::Arc;

use jiff::SignedDuration;

use super::expected::Expected;
use crate::domain::{IdentityCheck, PhoneNumber};
use crate::rules::facts::context::EvalContext;
use crate::rules::facts::fact::{Fact, Ours};
use crate::rules::lists::list::{SpidSet, TextSet};
use crate::rules::lists::number_list::NumberList;
use crate::rules::values::comparison::Comparison;
use crate::rules::values::text_pattern::Folded;

/// The result of a condition. It is unknown if its fact is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Truth {
    Yes,
    No,
    Unknown,
}

/// One line of a `match` or `unless`.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    /// Its name as rules write it, such as `numbers.any_in`.
    pub(crate) key: &'static str,
    /// The fact that it tests.
    pub(crate) fact: Fact,
    pub(crate) test: Test,
    /// The values it expects, for everything that shows them.
    pub(crate) expected: Expected,
}

/// What a condition requires of its fact.
#[derive(Debug, Clone)]
pub(crate) enum Test {
    Spid(AnyOf<SpidSet>),
    Text(AnyOf<TextSet>),
    Countries(AnyOf<TextSet>),
    Tags(AnyOf<TextSet>),
    Numbers(Quantifier, NumberMembers),
    Count(Vec<Comparison<u64>>),
    Span(Vec<Comparison<SignedDuration>>),
    Flag(Vec<bool>),
    Ours(Vec<Ours>),
    Check(Vec<IdentityCheck>),
}

/// How many of an order's numbers have to be in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quantifier {
    Any,
    All,
    None,
}

/// The values of a condition, and the lists that it names.
#[derive(Debug, Clone)]
pub(crate) struct AnyOf<S>(pub(crate) Vec<Arc<S>>);

/// The numbers of a condition, and the lists that it names.
#[derive(Debug, Clone)]
pub(crate) struct NumberMembers {
    pub(crate) sets: Vec<Arc<NumberList>>,
    /// [`Expected::keys`] of the condition: equal for two conditions that name the same values and lists.
    pub(crate) keys: Vec<String>,
}

impl Truth {
    fn of(known: Option<bool>) -> Self {
        match known {
            Some(true) => Self::Yes,
            Some(false) => Self::No,
            None => Self::Unknown,
        }
    }
}

impl Condition {
    /// Whether the condition holds, if that can be determined.
    pub(crate) fn holds(&self, context: &EvalContext<'_>) -> Truth {
        let facts = context.facts;
        let now = context.now;
        Truth::of(match &self.test {
            Test::Spid(wanted) => context
                .spid()
                .map(|spid| wanted.has(|set| set.contains(spid, now))),
            Test::Text(wanted) => context
                .text(self.fact)
                .map(|text| wanted.has(|set| set.matches(text, now))),
            Test::Countries(wanted) => context.countries().map(|countries| {
                let is_wanted = |country: &Folded| wanted.has(|set| set.matches(country, now));
                !countries.is_empty() && countries.iter().all(is_wanted)
            }),
            Test::Tags(wanted) => context
                .tags()
                .map(|tags| tags.iter().any(|tag| wanted.has(|set| set.matches(tag, now)))),
            Test::Numbers(quantifier, members) => return members.hold(*quantifier, context),
            Test::Count(wanted) => context
                .count(self.fact)
                .map(|count| wanted.iter().any(|c| c.holds(count))),
            Test::Span(wanted) => facts
                .time_to_foc(now)
                .map(|span| wanted.iter().any(|c| c.holds(span))),
            Test::Flag(wanted) => context.flag(self.fact).map(|flag| wanted.contains(&flag)),
            Test::Ours(wanted) => facts.numbers_ours.map(|ours| wanted.contains(&ours)),
            Test::Check(wanted) => context.check(self.fact).map(|check| wanted.contains(&check)),
        })
    }

    /// Whether two conditions are one question, however their values are written.
    pub(crate) fn asks_the_same(&self, other: &Self) -> bool {
        self.key == other.key && self.expected.keys() == other.expected.keys()
    }

    /// The fact that is missing if the condition cannot be evaluated: a count of numbers is derived from the numbers.
    pub(crate) fn missing_fact(&self) -> Fact {
        match self.fact {
            Fact::NumbersCount => Fact::PhoneNumbers,
            fact => fact,
        }
    }
}

impl<S> AnyOf<S> {
    fn has(&self, is_in: impl Fn(&S) -> bool) -> bool {
        self.0.iter().any(|set| is_in(set))
    }
}

impl NumberMembers {
    /// Whether a number is in one of the lists.
    pub(crate) fn contain(&self, number: PhoneNumber, context: &EvalContext<'_>) -> bool {
        self.sets.iter().any(|set| set.contains(number, context.now))
    }

    /// An order without numbers has none in a list, and not all of them.
    fn hold(&self, quantifier: Quantifier, context: &EvalContext<'_>) -> Truth {
        let Some(numbers) = &context.facts.phone_numbers else {
            return Truth::Unknown;
        };
        let inside = |number: &PhoneNumber| self.contain(*number, context);
        let readable = &numbers.readable;
        let all_read = numbers.unreadable.is_empty();
        let settled = match quantifier {
            Quantifier::All if !readable.iter().all(inside) => Some(false),
            Quantifier::All => all_read.then_some(!readable.is_empty()),
            Quantifier::Any | Quantifier::None if readable.iter().any(inside) => {
                Some(quantifier == Quantifier::Any)
            }
            Quantifier::Any | Quantifier::None => all_read.then_some(quantifier == Quantifier::None),
        };
        Truth::of(settled)
    }
}
