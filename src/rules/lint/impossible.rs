//! Finds conditions that no order can meet.

use jiff::Timestamp;

use super::claim::{Claim, Kind};
use super::interval_set::IntervalSet;
use super::members::Life;
use super::requirements::{Bounds, Requirements};
use super::run::{Lint, Placed, Subject};
use crate::rules::diagnostics::code::Code;
use crate::rules::facts::fact::Fact;
use crate::rules::model::rule::Rule;

/// Warns about conditions that no order can meet, alone or together with other conditions of their rule.
pub(super) fn lint(lint: &mut Lint<'_>) {
    for placed in lint.live_rules() {
        let requirements = Requirements::of(placed.rule);
        let empty = requirements.bounds.iter().find(|bounds| !bounds.can_be_met());
        if let Some(bounds) = empty {
            warn(lint, placed, &bounds.conditions);
        } else if let Some((one, other)) = requirements.contradiction(lint.now) {
            warn(lint, placed, &[one.at.min(other.at), one.at.max(other.at)]);
        }
    }
}

impl Requirements<'_> {
    /// Whether no order can meet the requirements, because of a contradiction or an empty list.
    pub(super) fn cannot_be_met(&self, now: Timestamp) -> bool {
        self.bounds.iter().any(|bounds| !bounds.can_be_met())
            || self.claims.iter().any(|claim| claim.is_of_nothing(now))
            || self.contradiction(now).is_some()
    }

    /// Two claims that contradict each other. Empty lists are excluded, because they get their own warning.
    fn contradiction(&self, now: Timestamp) -> Option<(Claim<'_>, Claim<'_>)> {
        let life = Life { now, end: self.until };
        let claims = self.claims.iter().filter(|claim| !claim.is_of_nothing(now));
        let mut pairs = claims.clone().flat_map(|one| {
            let others = claims.clone().filter(|other| one.at < other.at);
            others.map(move |other| (*one, *other))
        });
        pairs.find(|(one, other)| one.excludes(other, life))
    }
}

impl Bounds {
    fn can_be_met(&self) -> bool {
        let intervals = match self.fact {
            // An order contains at least one number.
            Fact::NumbersCount => &self.intervals.and(&IntervalSet::from(1)),
            _ => &self.intervals,
        };
        !intervals.is_empty()
    }
}

impl Claim<'_> {
    /// Whether it requires a value to be in an empty list.
    fn is_of_nothing(&self, now: Timestamp) -> bool {
        matches!(self.kind, Kind::Any | Kind::All) && self.members.are_none(now)
    }
}

/// Warns about one condition, or about the second of two that contradict each other.
fn warn(lint: &mut Lint<'_>, placed: Placed<'_>, conditions: &[usize]) {
    let alone = conditions
        .iter()
        .find(|at| is_impossible_alone(placed.rule, **at));
    let (Some(first), Some(last)) = (
        alone.or_else(|| conditions.first()),
        alone.or_else(|| conditions.last()),
    ) else {
        return;
    };
    let written_at = &placed.place.conditions;
    let (Some(first_place), Some(place)) = (written_at.get(*first), written_at.get(*last)) else {
        return;
    };
    let is_match = |at: usize| at < placed.rule.matching.len();
    let condition = written(placed.rule, *first);
    let there = format!("`{condition}` in line {}", lint.line_of(&first_place.span));
    let message = match (first == last, is_match(*first), is_match(*last)) {
        (true, true, _) => format!("no order can meet `{condition}`"),
        (true, false, _) => format!("every order meets `{condition}`, so the rule is always off"),
        (false, _, true) => format!("no order can meet both this and {there}"),
        (false, true, false) => format!("this turns the rule off for every order that meets {there}"),
        (false, false, false) => format!("every order meets this or {there}, so the rule is always off"),
    };
    let help = format!(
        "`{}` can never decide: fix the condition, or remove the rule",
        placed.rule.id()
    );
    lint.warn(
        (Subject::Rule(placed.at), Code::ImpossibleCondition),
        &place.span,
        message,
        help,
    );
}

/// Whether a condition alone excludes every value.
fn is_impossible_alone(rule: &Rule, at: usize) -> bool {
    let Some(condition) = rule.condition(at) else {
        return false;
    };
    let Some((passing, all)) = IntervalSet::of(&condition.test) else {
        return false;
    };
    let intervals = if at < rule.matching.len() {
        passing
    } else {
        all.without(&passing)
    };
    let bounds = Bounds {
        fact: condition.fact,
        intervals,
        conditions: Vec::new(),
    };
    !bounds.can_be_met()
}

/// A condition as it is written in the file.
fn written(rule: &Rule, at: usize) -> String {
    let table = if at < rule.matching.len() {
        "match"
    } else {
        "unless"
    };
    let condition = rule.condition(at);
    condition.map_or_else(String::new, |condition| {
        format!("{table}.{} = {}", condition.key, condition.expected)
    })
}
