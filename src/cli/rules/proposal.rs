//! A proposal that waits for a second person, with everything they need to review it.

use std::fmt::Write as _;

use anyhow::anyhow;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sqlx::PgPool;

use super::version_ref;
use crate::cli::config::read_limits;
use crate::cli::failure::Failure;
use crate::cli::session::database;
use crate::cli::terminal::safe_text::SafeText;
use crate::cli::terminal::time;
use crate::engine::{self, backtest};
use crate::rules::backtest::Report;
use crate::rules::{self, Findings, RuleDiff, RuleSet, TestReport};
use crate::settings::Settings;
use crate::store::{self, RuleSetEvent};

/// The period of the backtest of a proposal: long enough for most kinds of orders.
const BACKTESTED: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A proposed rule set with its findings, tests, changes and backtest.
pub(super) struct Proposal {
    event: RuleSetEvent,
    /// Whether the rule file still contains it; `None` if the file cannot be read here.
    in_file: Option<bool>,
    findings: Findings,
    tests: Vec<TestReport>,
    in_force: Option<RuleSet>,
    diff: Option<RuleDiff>,
    backtest: Result<Report, String>,
}

impl Proposal {
    /// The current proposal, if there is one.
    pub(super) async fn at_hand(
        settings: &Settings,
        pool: &PgPool,
        now: Timestamp,
    ) -> Result<Option<Self>, Failure> {
        let Some(event) = store::standing_proposal(pool).await.map_err(database::failed)? else {
            return Ok(None);
        };
        let recorded = version_ref::find(pool, &hex::encode(event.hash)).await?;
        let proposed = RuleSet::from_sources(&recorded.sources, now).map_err(|findings| {
            Failure::not_good(anyhow!("the proposed rule set has {} today", findings.tally()))
        })?;
        let file = RuleSet::load_within(&settings.rules, read_limits(settings), now).ok();
        let in_force = engine::last_in_force(pool, now).await.map_err(database::failed)?;
        let in_force = in_force.map(|loaded| loaded.rules);
        let since = now.saturating_add(-BACKTESTED).unwrap_or(now);
        // A failed backtest must not hide the rest of the proposal from the reviewer.
        let backtest = backtest::recorded(pool, &proposed.rules, since, |_| ())
            .await
            .map_err(|error| format!("{:#}", anyhow!(error)));
        Ok(Some(Self {
            in_file: file.map(|file| file.rules.hash() == event.hash),
            tests: proposed.rules.run_tests(now),
            diff: in_force
                .as_ref()
                .map(|in_force| rules::diff(in_force, &proposed.rules)),
            findings: proposed.warnings.clone().merged(proposed.lint(now)),
            in_force,
            backtest,
            event,
        }))
    }

    /// The proposal for scripts.
    pub(super) fn document(&self) -> Value {
        json!({
            "rule_set": hex::encode(self.event.hash),
            "proposed_by": self.event.actor,
            "proposed_at": self.event.at,
            "because": self.event.because,
            "in_file": self.in_file,
            "in_force": self.in_force.as_ref().map(|rules| hex::encode(rules.hash())),
            "changes": self.diff,
            "findings": self.findings,
            "tests": { "passed": self.tests.len() - self.failed(), "failed": self.failed() },
            "backtest": self.backtest.as_ref().ok(),
        })
    }

    /// The proposal for people.
    pub(super) fn text(&self) -> SafeText {
        let mut text = SafeText::new();
        let event = &self.event;
        // Writing to a string cannot fail.
        let _ = writeln!(text, "Proposed  {}", hex::encode(event.hash));
        let _ = writeln!(text, "by        {}, {}", event.actor, time::local(event.at));
        if let Some(because) = &event.because {
            let _ = writeln!(text, "because   {because}");
        }
        if let Some(in_force) = &self.in_force {
            let _ = writeln!(text, "active    {}", hex::encode(in_force.hash()));
        }
        if self.in_file == Some(false) {
            let _ = writeln!(
                text,
                "\nThe rule file has changed since, so this proposal cannot be approved."
            );
        }
        self.changes_text(&mut text);
        let _ = writeln!(text, "\nCheck: {}", self.findings.tally());
        text.push_findings(&self.findings);
        let (passed, failed) = (self.tests.len() - self.failed(), self.failed());
        let _ = writeln!(text, "\nTests: {passed} passed, {failed} failed");
        let reports = self.tests.iter().filter(|test| !test.passed);
        for test in reports {
            let _ = writeln!(text, "  {}: {}", test.name, test.differences.join("; "));
        }
        self.backtest_text(&mut text);
        text
    }

    fn changes_text(&self, text: &mut SafeText) {
        let Some(diff) = &self.diff else { return };
        let _ = writeln!(text, "\nChanges");
        if diff.is_empty() {
            let _ = writeln!(text, "  none in meaning, only comments or layout");
        }
        for line in diff.lines() {
            let _ = writeln!(text, "  {line}");
        }
    }

    fn backtest_text(&self, text: &mut SafeText) {
        let _ = writeln!(text, "\nBacktest with the decisions of the last 30 days");
        match &self.backtest {
            Ok(report) => {
                for line in report.summary_lines() {
                    let _ = writeln!(text, "  {line}");
                }
            }
            Err(error) => {
                let _ = writeln!(text, "  failed: {error}");
            }
        }
    }

    fn failed(&self) -> usize {
        self.tests.iter().filter(|test| !test.passed).count()
    }
}
