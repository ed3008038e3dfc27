//! Finds the rules that could make another rule unreachable.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use super::claim::{Claim, Kind};
use super::requirements::Requirements;
use crate::rules::facts::fact::Fact;

/// Finds, for a rule, the rules above it that could take all of it, without comparing it with every one.
///
/// A rule that wants one of a few values can only take a rule that wants some of those. Each rule is filed under the
/// values of the condition that is rarest among all rules, and looked for under one value of each condition.
#[derive(Debug, Default)]
pub(super) struct SubsumptionIndex {
    by_value: HashMap<Anchor, Vec<usize>>,
    /// Rules that want no few values of anything, by the facts they ask for.
    others: BTreeMap<u64, Vec<usize>>,
}

type Anchor = (Fact, i128);

/// A condition of more values than this is no anchor.
const MOST_VALUES: usize = 64;

impl SubsumptionIndex {
    /// Files rules under their places.
    pub(super) fn of<'d, 'r: 'd>(
        demands: impl Iterator<Item = (usize, &'d Requirements<'r>)> + Clone,
        now: Timestamp,
    ) -> Self {
        let mut uses: HashMap<Anchor, usize> = HashMap::new();
        for (_, demand) in demands.clone() {
            for anchor in choices(demand, now).into_iter().flatten() {
                *uses.entry(anchor).or_default() += 1;
            }
        }
        let mut shelves = Self::default();
        for (at, demand) in demands {
            let cost =
                |values: &Vec<Anchor>| -> usize { values.iter().filter_map(|anchor| uses.get(anchor)).sum() };
            match choices(demand, now).into_iter().min_by_key(cost) {
                Some(values) => {
                    for anchor in values {
                        shelves.by_value.entry(anchor).or_default().push(at);
                    }
                }
                None => shelves.others.entry(demand.facts).or_default().push(at),
            }
        }
        shelves
    }

    /// The shelves where a rule stands that could take all of this one; each lists its rules from top to bottom.
    pub(super) fn about<'s>(
        &'s self,
        demand: &Requirements<'_>,
        now: Timestamp,
    ) -> impl Iterator<Item = &'s [usize]> {
        let bounds = demand.regions.iter();
        let mut samples: Vec<Anchor> = bounds
            .filter_map(|bounds| Some((bounds.fact, bounds.region.first()?)))
            .collect();
        let positive = demand.claims.iter().filter(|claim| is_positive(claim));
        samples.extend(positive.filter_map(|claim| Some((claim.fact, claim.members.sample(now)?))));
        let found = samples
            .into_iter()
            .filter_map(|anchor| self.by_value.get(&anchor))
            .map(Vec::as_slice);
        let facts = demand.facts;
        let others = self.others.iter().filter(move |(asked, _)| *asked & !facts == 0);
        found.chain(others.map(|(_, shelf)| shelf.as_slice()))
    }
}

fn is_positive(claim: &Claim<'_>) -> bool {
    matches!(claim.kind, Kind::Any | Kind::All)
}

/// The conditions that want a few values, each as its values.
fn choices(demand: &Requirements<'_>, now: Timestamp) -> Vec<Vec<Anchor>> {
    let of_bounds = demand.regions.iter().filter_map(|bounds| {
        let values = bounds.region.few(MOST_VALUES)?;
        Some(values.into_iter().map(|value| (bounds.fact, value)).collect())
    });
    let positive = demand.claims.iter().filter(|claim| is_positive(claim));
    let of_claims = positive.filter_map(|claim| {
        let values = claim.members.few(MOST_VALUES, now)?;
        Some(values.into_iter().map(|value| (claim.fact, value)).collect())
    });
    of_bounds.chain(of_claims).collect()
}
