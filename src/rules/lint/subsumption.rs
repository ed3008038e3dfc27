//! Finds the rules that could make another rule unreachable.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use super::claim::{Claim, Kind};
use super::requirements::Requirements;
use crate::rules::facts::fact::Fact;

/// Finds, for a rule, the rules above it that could make it unreachable, without comparing it with all of them.
///
/// A rule that requires one of a few values can only cover a rule that requires some of them. Each rule is indexed
/// under the values of its rarest condition, and looked up with one value of each condition.
#[derive(Debug, Default)]
pub(super) struct SubsumptionIndex {
    by_value: HashMap<Anchor, Vec<usize>>,
    /// Rules without a condition on a few values, by the facts that they test.
    others: BTreeMap<u64, Vec<usize>>,
}

type Anchor = (Fact, i128);

/// A condition with more values is not used for the index.
const MOST_VALUES: usize = 64;

impl SubsumptionIndex {
    /// Files rules under their places.
    pub(super) fn of<'d, 'r: 'd>(
        all_requirements: impl Iterator<Item = (usize, &'d Requirements<'r>)> + Clone,
        now: Timestamp,
    ) -> Self {
        let mut uses: HashMap<Anchor, usize> = HashMap::new();
        for (_, requirements) in all_requirements.clone() {
            for anchor in choices(requirements, now).into_iter().flatten() {
                *uses.entry(anchor).or_default() += 1;
            }
        }
        let mut index = Self::default();
        for (at, requirements) in all_requirements {
            let cost =
                |values: &Vec<Anchor>| -> usize { values.iter().filter_map(|anchor| uses.get(anchor)).sum() };
            match choices(requirements, now).into_iter().min_by_key(cost) {
                Some(values) => {
                    for anchor in values {
                        index.by_value.entry(anchor).or_default().push(at);
                    }
                }
                None => index.others.entry(requirements.facts).or_default().push(at),
            }
        }
        index
    }

    /// The groups that contain the rules that could cover this one; each group is in order from top to bottom.
    pub(super) fn about<'s>(
        &'s self,
        requirements: &Requirements<'_>,
        now: Timestamp,
    ) -> impl Iterator<Item = &'s [usize]> {
        let bounds = requirements.bounds.iter();
        let mut samples: Vec<Anchor> = bounds
            .filter_map(|bounds| Some((bounds.fact, bounds.intervals.first()?)))
            .collect();
        let positive = requirements.claims.iter().filter(|claim| is_positive(claim));
        samples.extend(positive.filter_map(|claim| Some((claim.fact, claim.members.sample(now)?))));
        let found = samples
            .into_iter()
            .filter_map(|anchor| self.by_value.get(&anchor))
            .map(Vec::as_slice);
        let facts = requirements.facts;
        let others = self.others.iter().filter(move |(asked, _)| *asked & !facts == 0);
        found.chain(others.map(|(_, group)| group.as_slice()))
    }
}

fn is_positive(claim: &Claim<'_>) -> bool {
    matches!(claim.kind, Kind::Any | Kind::All)
}

/// The conditions that require one of a few values, each as its values.
fn choices(requirements: &Requirements<'_>, now: Timestamp) -> Vec<Vec<Anchor>> {
    let of_bounds = requirements.bounds.iter().filter_map(|bounds| {
        let values = bounds.intervals.few(MOST_VALUES)?;
        Some(values.into_iter().map(|value| (bounds.fact, value)).collect())
    });
    let positive = requirements.claims.iter().filter(|claim| is_positive(claim));
    let of_claims = positive.filter_map(|claim| {
        let values = claim.members.few(MOST_VALUES, now)?;
        Some(values.into_iter().map(|value| (claim.fact, value)).collect())
    });
    of_bounds.chain(of_claims).collect()
}
