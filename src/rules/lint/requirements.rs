//! What a rule requires of an order, fact by fact.

use super::claim::Claim;
use super::interval_set::IntervalSet;
use super::members::Life;
use crate::rules::facts::fact::Fact;
use crate::rules::lists::expiry::Expiry;
use crate::rules::model::rule::Rule;

/// What a rule demands of an order, `match` and `unless` put together fact by fact. An order for which all of it is
/// known to be so is one that the rule holds for.
#[derive(Debug, Clone)]
pub(super) struct Requirements<'r> {
    pub(super) bounds: Vec<Bounds>,
    pub(super) claims: Vec<Claim<'r>>,
    /// The tested facts, as bits.
    pub(super) facts: u64,
    pub(super) until: Expiry,
}

/// The values of a fact that a rule accepts, and the indexes of the conditions that restrict them.
#[derive(Debug, Clone)]
pub(super) struct Bounds {
    pub(super) fact: Fact,
    pub(super) intervals: IntervalSet,
    pub(super) conditions: Vec<usize>,
}

impl<'r> Requirements<'r> {
    pub(super) fn of(rule: &'r Rule) -> Self {
        let mut requirements = Self {
            bounds: Vec::new(),
            claims: Vec::new(),
            facts: 0,
            until: rule.until,
        };
        for (at, condition) in rule.matching.iter().chain(&rule.unless).enumerate() {
            let is_match = at < rule.matching.len();
            requirements.facts |= 1 << condition.fact as u64;
            if let Some((passing, all)) = IntervalSet::of(&condition.test) {
                let intervals = if is_match { passing } else { all.without(&passing) };
                requirements.bound(condition.fact, intervals, at);
            } else if let Some(claim) = Claim::of(condition, at) {
                requirements
                    .claims
                    .push(if is_match { claim } else { claim.opposite() });
            }
        }
        requirements
    }

    /// Whether every order that meets the other requirements also meets these, during the whole period. Returns false
    /// if that cannot be determined.
    pub(super) fn follows_from(&self, other: &Requirements<'_>, life: Life) -> bool {
        if self.facts & !other.facts != 0 {
            return false;
        }
        let bounds_follow = self.bounds.iter().all(|bounds| {
            let mut others = other.bounds.iter();
            others.any(|other| other.fact == bounds.fact && bounds.intervals.covers(&other.intervals))
        });
        bounds_follow
            && self
                .claims
                .iter()
                .all(|claim| other.claims.iter().any(|other| other.implies(claim, life)))
    }

    /// Whether a fact is tested.
    pub(super) fn asks(&self, fact: Fact) -> bool {
        self.facts & (1 << fact as u64) != 0
    }

    /// Adds the requirement that a fact is among some values.
    pub(super) fn ask(&mut self, fact: Fact, intervals: IntervalSet) {
        self.facts |= 1 << fact as u64;
        self.bound(fact, intervals, usize::MAX);
    }

    fn bound(&mut self, fact: Fact, intervals: IntervalSet, at: usize) {
        match self.bounds.iter_mut().find(|bounds| bounds.fact == fact) {
            Some(bounds) => {
                bounds.intervals = bounds.intervals.and(&intervals);
                bounds.conditions.push(at);
            }
            None => self.bounds.push(Bounds {
                fact,
                intervals,
                conditions: vec![at],
            }),
        }
    }
}
