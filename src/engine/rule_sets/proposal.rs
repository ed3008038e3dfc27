//! The rule set that waits for a second person, with everything they need to review it.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use sqlx::PgPool;

use super::recorded_sources::{SourcesNotRead, recorded_sources};
use super::start::last_in_force;
use crate::engine::backtest::{self, BacktestFailed};
use crate::rules::backtest::Report;
use crate::rules::{self, Findings, ReadLimits, RuleDiff, RuleSet, TestReport};
use crate::store::{self, RuleSetEvent, StoreError};

/// The period of the backtest of a proposal: long enough for most kinds of orders.
const BACKTESTED: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A proposed rule set with its findings, tests, changes and backtest.
#[derive(Debug)]
pub struct Proposal {
    /// Who proposed which rule set, when and why.
    pub event: RuleSetEvent,
    /// Whether the rule file still contains it; `None` if the file cannot be read here.
    pub in_file: Option<bool>,
    /// What the checks found in it.
    pub findings: Findings,
    /// The results of its tests.
    pub tests: Vec<TestReport>,
    /// The rule set that is active, if this version of the program can read it.
    pub in_effect: Option<RuleSet>,
    /// What changes, if the active rule set can be read.
    pub diff: Option<RuleDiff>,
    /// The proposed rules over the decisions of the last 30 days. A failure does not hide the rest of the proposal.
    pub backtest: Result<Report, BacktestFailed>,
}

/// Why a proposal cannot be reviewed.
#[derive(Debug, thiserror::Error)]
pub enum ProposalError {
    /// Its recorded files cannot be read.
    #[error(transparent)]
    Sources(#[from] SourcesNotRead),
    /// It has errors today.
    #[error("the proposed rule set has {} today", .0.tally())]
    NotGood(Findings),
    /// The database cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Proposal {
    /// The number of tests that fail.
    #[must_use]
    pub fn failed_tests(&self) -> usize {
        self.tests.iter().filter(|test| !test.passed).count()
    }
}

/// The current proposal, if there is one. Reads the rule file to compare it with the proposal.
///
/// # Errors
/// The proposal cannot be read or has errors today, or the database cannot be read.
pub async fn current_proposal(
    pool: &PgPool,
    (rule_file, limits): (&Path, ReadLimits),
    now: Timestamp,
) -> Result<Option<Proposal>, ProposalError> {
    let Some(event) = store::standing_proposal(pool).await? else {
        return Ok(None);
    };
    let sources = recorded_sources(pool, &event.hash).await?;
    let proposed = RuleSet::from_sources(&sources, now).map_err(ProposalError::NotGood)?;
    let file = RuleSet::load_within(rule_file, limits, now).ok();
    let in_effect = last_in_force(pool, now).await?.map(|loaded| loaded.rules);
    let since = now.saturating_add(-BACKTESTED).unwrap_or(now);
    let backtest = backtest::recorded(pool, &proposed.rules, since, |_| ()).await;
    let diff = in_effect
        .as_ref()
        .map(|in_effect| rules::diff(in_effect, &proposed.rules));
    Ok(Some(Proposal {
        in_file: file.map(|file| file.rules.hash() == event.hash),
        tests: proposed.rules.run_tests(now),
        diff,
        findings: proposed.warnings.clone().merged(proposed.lint(now)),
        in_effect,
        backtest,
        event,
    }))
}
