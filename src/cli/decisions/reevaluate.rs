//! A decision on record, judged again by the rules and the facts that were recorded with it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::PgPool;

use crate::cli::failure::Failure;
use crate::cli::session::database;
use crate::domain::DecidedBy;
use crate::rules::{Facts, RuleSet, Sources, Verdict, WhatIf};
use crate::store::decisions::Decision;
use crate::store::rule_sets;

/// The rule sets of the record, each read once.
pub(super) struct RecordedRules<'p> {
    pool: &'p PgPool,
    read: BTreeMap<[u8; 32], Result<RuleSet, String>>,
}

/// What each value of the facts that a decision waits for would do.
pub(super) enum Missing {
    /// It waits for none.
    Nothing,
    /// What they would do.
    WhatIf(Vec<WhatIf>),
    /// It waits for some, and what they would do cannot be told.
    Untold(String),
}

impl<'p> RecordedRules<'p> {
    pub(super) fn of(pool: &'p PgPool) -> Self {
        Self {
            pool,
            read: BTreeMap::new(),
        }
    }

    /// What the rules that were in force say of the recorded facts. The inner error tells why that cannot be had.
    pub(super) async fn judge(&mut self, decision: &Decision) -> Result<Result<Verdict, String>, Failure> {
        let Some(hash) = decision.rule_set.filter(|_| decision.by == DecidedBy::Rule) else {
            return Ok(Err("no rule decided it".to_owned()));
        };
        let rules = if let Some(rules) = self.read.get(&hash) {
            rules.clone()
        } else {
            let rules = self.rules(&hash, decision.decided_at).await?;
            self.read.insert(hash, rules.clone());
            rules
        };
        Ok(rules.and_then(|rules| {
            let facts = facts(decision).ok_or("its recorded facts cannot be read")?;
            Ok(rules.evaluate(&facts, decision.decided_at))
        }))
    }

    /// What the facts would do that a decision waits for.
    pub(super) async fn missing(&mut self, decision: &Decision) -> Result<Missing, Failure> {
        if !waits(decision) {
            return Ok(Missing::Nothing);
        }
        Ok(match self.judge(decision).await? {
            Ok(verdict) => Missing::WhatIf(verdict.what_if()),
            Err(why) => Missing::Untold(why),
        })
    }

    async fn rules(&self, hash: &[u8; 32], now: Timestamp) -> Result<Result<RuleSet, String>, Failure> {
        let recorded = match self.pool.acquire().await {
            Ok(mut connection) => rule_sets::rule_set(&mut connection, hash).await,
            Err(error) => Err(error.into()),
        };
        let Some(recorded) = recorded.map_err(database::failed)? else {
            return Ok(Err("its rule set is not recorded".to_owned()));
        };
        let sources = Sources::from_record(&recorded.path, &recorded.source, recorded.lists);
        Ok(sources.map_err(|error| error.to_string()).and_then(|sources| {
            if sources.hash() != *hash {
                return Err("its recorded rule set does not match its hash".to_owned());
            }
            let loaded = RuleSet::from_sources(&sources, now).map_err(|findings| {
                format!(
                    "this version of portoutd cannot load its rule set: it has {}",
                    findings.tally()
                )
            })?;
            Ok(loaded.rules)
        }))
    }
}

/// The facts that a decision was made on, as they are recorded.
pub(super) fn facts(decision: &Decision) -> Option<Facts> {
    Facts::from_json(&serde_json::from_str(&decision.facts).ok()?).ok()
}

/// Whether missing facts could have changed the decision.
fn waits(decision: &Decision) -> bool {
    let trace = serde_json::from_str::<serde_json::Value>(&decision.trace).unwrap_or_default();
    let unknown = trace.get("unknown").and_then(serde_json::Value::as_array);
    unknown.is_some_and(|unknown| !unknown.is_empty())
}
