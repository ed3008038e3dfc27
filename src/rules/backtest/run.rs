//! Runs a candidate over cases, one after the other.

use std::collections::BTreeMap;

use super::report::{BucketReport, Move, Report, RuleDifference};
use super::{Baseline, Bucket, Case, CaseOutcome, Change, Tally};
use crate::domain::Action;
use crate::rules::facts::fact::Fact;
use crate::rules::model::rule_set::RuleSet;

/// How many names are kept of each kind of difference.
const NAMES_KEPT: usize = 5;

type Moves = BTreeMap<(Option<Action>, Action, Change), Tally>;

/// A candidate's run over cases. What it keeps does not grow with their number.
#[derive(Debug)]
pub struct Backtest {
    candidate: RuleSet,
    names_kept: usize,
    judged: u64,
    changed: u64,
    unreadable: u64,
    moves: Moves,
    buckets: BTreeMap<Bucket, InBucket>,
    missing: BTreeMap<Fact, u64>,
    rules: BTreeMap<Option<String>, OfRule>,
}

#[derive(Debug, Default)]
struct InBucket {
    orders: Tally,
    changed: u64,
    moves: Moves,
}

#[derive(Debug, Default)]
struct OfRule {
    old_hits: u64,
    new_hits: u64,
    gained: Tally,
    lost: Tally,
}

impl Backtest {
    /// A run of these rules. Of each kind of difference the first five orders are kept by name.
    #[must_use]
    pub fn new(candidate: &RuleSet) -> Self {
        let named = |rule: &crate::rules::model::rule::Rule| (Some(rule.id().to_owned()), OfRule::default());
        Self {
            candidate: candidate.clone(),
            names_kept: NAMES_KEPT,
            judged: 0,
            changed: 0,
            unreadable: 0,
            moves: Moves::new(),
            buckets: BTreeMap::new(),
            missing: BTreeMap::new(),
            rules: candidate.rules().iter().map(named).collect(),
        }
    }

    /// Keeps the name of every order. Memory then grows with their number.
    #[must_use]
    pub fn with_every_name(mut self) -> Self {
        self.names_kept = usize::MAX;
        self
    }

    /// Evaluates one case and counts the result.
    pub fn evaluate(&mut self, case: &Case) -> CaseOutcome {
        let case_outcome = CaseOutcome::of(&self.candidate, case);
        self.count_move(case, &case_outcome);
        self.count_buckets(case, &case_outcome);
        self.count_rules(case, &case_outcome);
        case_outcome
    }

    /// Counts a case that cannot be evaluated, because its facts cannot be read.
    pub fn skip(&mut self) {
        self.unreadable += 1;
    }

    fn count_move(&mut self, case: &Case, case_outcome: &CaseOutcome) {
        self.judged += 1;
        self.changed += u64::from(case_outcome.change != Change::None);
        let between = (case.old.action(), case_outcome.action, case_outcome.change);
        let name = case.name();
        self.moves.entry(between).or_default().add(name, self.names_kept);
    }

    fn count_buckets(&mut self, case: &Case, case_outcome: &CaseOutcome) {
        for bucket in &case_outcome.buckets {
            let found = self.buckets.entry(*bucket).or_default();
            found.orders.add(case.name(), self.names_kept);
            found.changed += u64::from(case_outcome.change != Change::None);
            let between = (case.old.action(), case_outcome.action, case_outcome.change);
            found
                .moves
                .entry(between)
                .or_default()
                .add(case.name(), self.names_kept);
        }
        for fact in &case_outcome.unknown {
            *self.missing.entry(*fact).or_default() += 1;
        }
    }

    fn count_rules(&mut self, case: &Case, case_outcome: &CaseOutcome) {
        let (new, names) = (case_outcome.rule.as_deref(), self.names_kept);
        let Baseline::ByRules { rule: old, .. } = &case.old else {
            self.of_rule(new).new_hits += 1;
            return;
        };
        let (old, moved) = (old.as_deref(), old.as_deref() != new);
        let of_old = self.of_rule(old);
        of_old.old_hits += 1;
        if moved {
            of_old.lost.add(case.name(), names);
        }
        let of_new = self.of_rule(new);
        of_new.new_hits += 1;
        if moved {
            of_new.gained.add(case.name(), names);
        }
    }

    fn of_rule(&mut self, rule: Option<&str>) -> &mut OfRule {
        self.rules.entry(rule.map(str::to_owned)).or_default()
    }

    /// The report of all cases.
    #[must_use]
    pub fn finish(mut self) -> Report {
        let rules = self.rules_in_order();
        Report {
            judged: self.judged,
            changed: self.changed,
            unreadable: self.unreadable,
            moves: sorted_moves(self.moves),
            buckets: Bucket::all()
                .map(|bucket| {
                    let found = self.buckets.remove(&bucket).unwrap_or_default();
                    BucketReport {
                        bucket,
                        orders: found.orders,
                        changed: found.changed,
                        moves: sorted_moves(found.moves),
                    }
                })
                .collect(),
            missing_facts: self.missing,
            rules,
        }
    }

    /// The candidate's rules in their order, then rules that only appear in recorded decisions, then no rule.
    fn rules_in_order(&mut self) -> Vec<RuleDifference> {
        let mut found = std::mem::take(&mut self.rules);
        let none = found.remove(&None);
        let listed: Vec<Option<String>> = self
            .candidate
            .rules()
            .iter()
            .map(|rule| Some(rule.id().to_owned()))
            .collect();
        let in_file: Vec<(Option<String>, OfRule)> = listed
            .into_iter()
            .filter_map(|rule| found.remove_entry(&rule))
            .collect();
        let difference = |in_candidate: bool| {
            move |(rule, of): (Option<String>, OfRule)| RuleDifference {
                rule,
                in_candidate,
                old_hits: of.old_hits,
                new_hits: of.new_hits,
                gained: of.gained,
                lost: of.lost,
            }
        };
        let others = found.into_iter().map(difference(false));
        let none = none.into_iter().map(|of| difference(true)((None, of)));
        in_file
            .into_iter()
            .map(difference(true))
            .chain(others)
            .chain(none)
            .collect()
    }
}

fn sorted_moves(moves: Moves) -> Vec<Move> {
    let one = |((from, to, change), orders)| Move {
        from,
        to,
        change,
        orders,
    };
    moves.into_iter().map(one).collect()
}
