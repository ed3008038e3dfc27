//! A proposal that waits for a second person, with everything they need to review it.

use std::fmt::Write as _;

use serde_json::{Value, json};
use sqlx::PgPool;

use super::version_ref;
use crate::cli::config::read_limits;
use crate::cli::failure::Failure;
use crate::cli::session::database;
use crate::cli::terminal::safe_text::SafeText;
use crate::cli::terminal::time;
use crate::clock::{Clock as _, SystemClock};
use crate::domain::ErrorChain;
use crate::engine::{Proposal, ProposalError, current_proposal};
use crate::settings::Settings;

/// Reads the current proposal, if there is one.
pub(super) async fn current(settings: &Settings, pool: &PgPool) -> Result<Option<Proposal>, Failure> {
    let rule_file = (settings.rules.as_path(), read_limits(settings));
    let found = current_proposal(pool, rule_file, SystemClock.now()).await;
    found.map_err(|error| match error {
        ProposalError::Store(error) => database::failed(error),
        ProposalError::Sources(error) => version_ref::not_read(error),
        ProposalError::NotGood(_) => Failure::not_good(error),
    })
}

/// A proposal as it is printed.
pub(super) struct Printed<'a>(pub(super) &'a Proposal);

impl Printed<'_> {
    /// The proposal for scripts.
    pub(super) fn document(&self) -> Value {
        let proposal = self.0;
        json!({
            "rule_set": hex::encode(proposal.event.hash),
            "proposed_by": proposal.event.actor,
            "proposed_at": proposal.event.at,
            "because": proposal.event.because,
            "in_file": proposal.in_file,
            "in_force": proposal.in_effect.as_ref().map(|rules| hex::encode(rules.hash())),
            "changes": proposal.diff,
            "findings": proposal.findings,
            "tests": { "passed": proposal.tests.len() - proposal.failed_tests(), "failed": proposal.failed_tests() },
            "backtest": proposal.backtest.as_ref().ok(),
        })
    }

    /// The proposal for people.
    pub(super) fn text(&self) -> SafeText {
        let (mut text, proposal) = (SafeText::new(), self.0);
        let event = &proposal.event;
        // Writing to a string cannot fail.
        let _ = writeln!(text, "Proposed  {}", hex::encode(event.hash));
        let _ = writeln!(text, "by        {}, {}", event.actor, time::local(event.at));
        if let Some(because) = &event.because {
            let _ = writeln!(text, "because   {because}");
        }
        if let Some(in_effect) = &proposal.in_effect {
            let _ = writeln!(text, "active    {}", hex::encode(in_effect.hash()));
        }
        if proposal.in_file == Some(false) {
            let _ = writeln!(
                text,
                "\nThe rule file has changed since, so this proposal cannot be approved."
            );
        }
        self.changes_text(&mut text);
        let _ = writeln!(text, "\nCheck: {}", proposal.findings.tally());
        text.push_findings(&proposal.findings);
        let (passed, failed) = (
            proposal.tests.len() - proposal.failed_tests(),
            proposal.failed_tests(),
        );
        let _ = writeln!(text, "\nTests: {passed} passed, {failed} failed");
        let reports = proposal.tests.iter().filter(|test| !test.passed);
        for test in reports {
            let _ = writeln!(text, "  {}: {}", test.name, test.differences.join("; "));
        }
        self.backtest_text(&mut text);
        text
    }

    fn changes_text(&self, text: &mut SafeText) {
        let Some(diff) = &self.0.diff else { return };
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
        match &self.0.backtest {
            Ok(report) => {
                for line in report.summary_lines() {
                    let _ = writeln!(text, "  {line}");
                }
            }
            Err(error) => {
                let _ = writeln!(text, "  failed: {}", ErrorChain(error));
            }
        }
    }
}
