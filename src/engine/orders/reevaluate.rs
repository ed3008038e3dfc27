//! Evaluates a recorded decision again, with the rules and the facts that were recorded with it.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use sqlx::PgPool;

use crate::domain::DecidedBy;
use crate::engine::rule_sets::recorded_sources::{SourcesNotRead, recorded_sources};
use crate::rules::{Facts, RuleSet, Verdict, WhatIf};
use crate::store::decisions::Decision;
use crate::store::{StoreError, reports};

/// Evaluates recorded decisions. Reads each recorded rule set once.
#[derive(Debug)]
pub struct RecordedRules<'p> {
    pool: &'p PgPool,
    read: BTreeMap<[u8; 32], Result<Arc<RuleSet>, NotReevaluated>>,
}

/// Why a recorded decision cannot be evaluated again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotReevaluated {
    /// It is not a decision by rules.
    #[error("no rule decided it")]
    NotByRules,
    /// Its facts cannot be read.
    #[error("its recorded facts cannot be read")]
    Facts,
    /// The database does not have its rule set.
    #[error("its rule set is not recorded")]
    UnknownRuleSet,
    /// Its rule set was tampered with.
    #[error("its recorded rule set does not match its hash")]
    AlteredRuleSet,
    /// A list of its rule set cannot be read.
    #[error("{0}")]
    Source(String),
    /// Its rule set has errors in this version of the program, as many as this says.
    #[error("this version of portoutd cannot load its rule set: it has {0}")]
    NotGood(String),
}

/// What each value of the facts that a decision lacked would have done.
#[derive(Debug)]
pub enum Missing {
    /// No fact that could have changed the decision was missing.
    Nothing,
    /// The effect of each value.
    WhatIf(Vec<WhatIf>),
    /// Facts were missing, and their effect cannot be evaluated.
    Unknown(NotReevaluated),
}

impl<'p> RecordedRules<'p> {
    /// Reads rule sets from this database.
    #[must_use]
    pub fn of(pool: &'p PgPool) -> Self {
        Self {
            pool,
            read: BTreeMap::new(),
        }
    }

    /// The verdict of the rules that were active, on the recorded facts.
    ///
    /// # Errors
    /// The database cannot be read. The inner error is why there is no verdict.
    pub async fn evaluate(
        &mut self,
        decision: &Decision,
    ) -> Result<Result<Verdict, NotReevaluated>, StoreError> {
        let Some(hash) = decision.rule_set.filter(|_| decision.by == DecidedBy::Rule) else {
            return Ok(Err(NotReevaluated::NotByRules));
        };
        let rules = if let Some(rules) = self.read.get(&hash) {
            rules.clone()
        } else {
            let rules = read_rules(self.pool, &hash, decision.decided_at).await?;
            self.read.entry(hash).or_insert(rules).clone()
        };
        Ok(rules.and_then(|rules| {
            let facts = recorded_facts(decision).ok_or(NotReevaluated::Facts)?;
            Ok(rules.evaluate(&facts, decision.decided_at))
        }))
    }

    /// What the missing facts of a decision would have done.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn missing(&mut self, decision: &Decision) -> Result<Missing, StoreError> {
        if !lacks_facts(decision) {
            return Ok(Missing::Nothing);
        }
        Ok(match self.evaluate(decision).await? {
            Ok(verdict) => Missing::WhatIf(verdict.what_if()),
            Err(why) => Missing::Unknown(why),
        })
    }
}

async fn read_rules(
    pool: &PgPool,
    hash: &[u8; 32],
    now: Timestamp,
) -> Result<Result<Arc<RuleSet>, NotReevaluated>, StoreError> {
    let sources = match recorded_sources(pool, hash).await {
        Ok(sources) => sources,
        Err(SourcesNotRead::Store(error)) => return Err(error),
        Err(SourcesNotRead::Unknown(_)) => return Ok(Err(NotReevaluated::UnknownRuleSet)),
        Err(SourcesNotRead::Altered(_)) => return Ok(Err(NotReevaluated::AlteredRuleSet)),
        Err(SourcesNotRead::Source(error)) => return Ok(Err(NotReevaluated::Source(error.to_string()))),
    };
    Ok(RuleSet::from_sources(&sources, now)
        .map(|loaded| Arc::new(loaded.rules))
        .map_err(|findings| NotReevaluated::NotGood(findings.tally())))
}

/// The decision itself, or the decision by rules that it supersedes. `None` if no rules have decided the order before.
///
/// # Errors
/// The database cannot be read.
pub async fn decided_by_rules(pool: &PgPool, decision: &Decision) -> Result<Option<Decision>, StoreError> {
    let mut found = decision.clone();
    while found.by != DecidedBy::Rule {
        let Some(superseded) = found.supersedes else {
            return Ok(None);
        };
        let Some(report) = reports::decision_report(pool, superseded).await? else {
            return Ok(None);
        };
        found = report.decision;
    }
    Ok(Some(found))
}

/// The recorded facts of a decision, if they can be read.
#[must_use]
pub fn recorded_facts(decision: &Decision) -> Option<Facts> {
    Facts::from_json(&serde_json::from_str(&decision.facts).ok()?).ok()
}

/// Whether missing facts could have changed the decision.
fn lacks_facts(decision: &Decision) -> bool {
    let trace = serde_json::from_str::<serde_json::Value>(&decision.trace).unwrap_or_default();
    let unknown = trace.get("unknown").and_then(serde_json::Value::as_array);
    unknown.is_some_and(|unknown| !unknown.is_empty())
}
