//! What waits for a second person, and all that helps them to judge it.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::which;
use crate::cli::{Failure, database, moment};
use crate::engine;
use crate::rules::{Findings, Loaded, Look, RuleSet, TrialReport};
use crate::settings::Settings;
use crate::store::{self, RuleSetEvent};

/// A proposed rule set with its grounds.
pub(super) struct Proposal {
    event: RuleSetEvent,
    /// Whether the rule file still holds it; none where the file cannot be read here.
    in_file: Option<bool>,
    findings: Findings,
    tests: Vec<TrialReport>,
    in_force: Option<Loaded>,
    proposed: Loaded,
}

impl Proposal {
    /// What is proposed, if anything is.
    pub(super) async fn at_hand(
        settings: &Settings,
        pool: &PgPool,
        now: Timestamp,
    ) -> Result<Option<Self>, Failure> {
        let Some(event) = store::standing_proposal(pool).await.map_err(database::failed)? else {
            return Ok(None);
        };
        let recorded = which::find(pool, &hex::encode(event.hash)).await?;
        let proposed = RuleSet::from_sources(&recorded.sources, now).map_err(|findings| {
            Failure::not_good(anyhow::anyhow!(
                "the proposed rule set has {} by now",
                findings.tally()
            ))
        })?;
        let file = RuleSet::load(&settings.rules, now).ok();
        let in_force = engine::last_in_force(pool, now).await.map_err(database::failed)?;
        Ok(Some(Self {
            in_file: file.map(|file| file.rules.hash() == event.hash),
            findings: proposed.warnings.clone(),
            tests: proposed.rules.run_tests(now),
            in_force,
            proposed,
            event,
        }))
    }

    pub(super) fn document(&self) -> Value {
        json!({
            "rule_set": hex::encode(self.event.hash),
            "proposed_by": self.event.actor,
            "proposed_at": self.event.at,
            "because": self.event.because,
            "in_file": self.in_file,
            "in_force": self.in_force.as_ref().map(|loaded| hex::encode(loaded.rules.hash())),
            "findings": self.findings,
            "tests": { "passed": self.tests.len() - self.failed(), "failed": self.failed() },
        })
    }

    pub(super) fn told(&self, look: Look) -> String {
        let mut text = String::new();
        let event = &self.event;
        // Writing to a string cannot fail.
        let _ = writeln!(text, "Proposed  {}", hex::encode(event.hash));
        let _ = writeln!(text, "by        {}, {}", event.actor, moment::local(event.at));
        if let Some(because) = &event.because {
            let _ = writeln!(text, "because   {because}");
        }
        if let Some(in_force) = &self.in_force {
            let _ = writeln!(text, "in force  {}", hex::encode(in_force.rules.hash()));
        }
        if self.in_file == Some(false) {
            let _ = writeln!(
                text,
                "\nThe rule file holds something else by now, so this cannot be approved as it stands."
            );
        }
        let _ = writeln!(text, "\nCheck: {}", self.findings.tally());
        text.push_str(&self.findings.to_text(look));
        let (passed, failed) = (self.tests.len() - self.failed(), self.failed());
        let _ = writeln!(text, "Tests: {passed} passed, {failed} failed");
        text
    }

    fn failed(&self) -> usize {
        self.tests.iter().filter(|test| !test.passed).count()
    }
}
