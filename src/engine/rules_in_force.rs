//! The rule set that judges, and how another takes its place: whole, tested and recorded, or not at all.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use jiff::Timestamp;

use super::Engine;
use crate::rules::{self, Loaded, RuleSet};
use crate::store::rule_sets::{self, RuleSetRecord};
use crate::store::{StoreError, orders};

/// The rule set in force. One evaluation uses one set whole, whatever is loaded meanwhile.
#[derive(Debug)]
pub struct RulesInForce {
    path: PathBuf,
    current: ArcSwap<RuleSet>,
}

/// Why the rules in force stay.
#[derive(Debug, thiserror::Error)]
pub enum ReloadRefused {
    /// The file has errors, or its own tests fail.
    #[error("{0}")]
    NotGood(rules::Refusal),
    /// The rule set could not be recorded, and what is not on record does not judge.
    #[error("the rule set cannot be recorded")]
    Record(#[from] StoreError),
}

impl RulesInForce {
    /// Records a checked rule set and puts it in force for the first time.
    pub async fn first(
        pool: &sqlx::PgPool,
        path: PathBuf,
        loaded: Loaded,
        loaded_by: &str,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        record(pool, &path, &loaded, loaded_by, now).await?;
        Ok(Self { path, current: ArcSwap::from_pointee(loaded.set) })
    }

    /// The rule set that judges now.
    #[must_use]
    pub fn current(&self) -> Arc<RuleSet> {
        self.current.load_full()
    }

    /// The file that is read at a reload.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Our own deadline for an order that came to Telnyx at an instant.
    #[must_use]
    pub fn decide_by(&self, inserted_at: Timestamp) -> Timestamp {
        inserted_at.saturating_add(self.current.load().defaults().decide_within).unwrap_or(inserted_at)
    }
}

impl Engine {
    /// Reads the file again. If it is good and its tests pass, it judges from now on, and what no person has decided
    /// is judged anew. Gives the rule set now in force.
    pub async fn reload(&self, loaded_by: &str) -> Result<Arc<RuleSet>, ReloadRefused> {
        let (path, now) = (self.rules.path.clone(), self.clock.now());
        let read = tokio::task::spawn_blocking(move || rules::load_and_test(&path, now));
        let loaded = match read.await {
            Ok(loaded) => loaded.map_err(ReloadRefused::NotGood)?,
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        };
        if loaded.set.hash() == self.rules.current().hash() {
            return Ok(self.rules.current());
        }
        record(&self.pool, &self.rules.path, &loaded, loaded_by, now).await?;
        self.rules.current.store(Arc::new(loaded.set));
        let woken = orders::wake_undecided(&self.pool, now).await?;
        self.wake.notify_one();
        let rule_set = hex::encode(self.rules.current().hash());
        tracing::info!(rule_set, loaded_by, woken, "other rules are in force");
        Ok(self.rules.current())
    }
}

async fn record(
    pool: &sqlx::PgPool,
    path: &Path,
    loaded: &Loaded,
    loaded_by: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let hash = loaded.set.hash();
    let record = RuleSetRecord {
        hash: &hash,
        path: &path.display().to_string(),
        source: loaded.sources.file(),
        lists: &loaded.sources.lists_as_json(),
        loaded_by,
        loaded_at: now,
    };
    rule_sets::record_rule_set(pool, &record).await
}
