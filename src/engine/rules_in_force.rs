//! The rule set that judges, and how another takes its place: whole, tested and recorded, or not at all.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use jiff::Timestamp;

use super::Engine;
use crate::rules::{self, Loaded, RuleSet, SourceError, Sources};
use crate::store::rule_sets::{self, RuleSetRecord};
use crate::store::{StoreError, orders};

/// The rule set in force. One evaluation uses one set whole, whatever is loaded meanwhile.
#[derive(Debug)]
pub struct RulesInForce {
    path: PathBuf,
    current: ArcSwap<InForce>,
}

/// A rule set and the list files that it was read with.
#[derive(Debug)]
struct InForce {
    rules: RuleSet,
    list_files: Vec<PathBuf>,
}

/// Why the rules in force stay.
#[derive(Debug, thiserror::Error)]
pub enum ReloadRefused {
    /// The file has errors, or its own tests fail.
    #[error("{0}")]
    NotGood(rules::Refusal),
    /// The rule set could not be recorded, and what is not on record does not judge.
    #[error("the rule set cannot be recorded")]
    Record(#[from] NotRecorded),
}

/// Why a rule set is not on record.
#[derive(Debug, thiserror::Error)]
pub enum NotRecorded {
    /// The database did not take it.
    #[error("the database did not take the rule set")]
    Store(#[from] StoreError),
    /// A list file is not what was read any more.
    #[error("the lists changed while they were being recorded")]
    Source(#[from] SourceError),
}

/// The rule set that was in force when the service last ran, from the record. For a start whose rule file is broken: a
/// service that does not run lets every number leave.
pub async fn last_in_force(pool: &sqlx::PgPool, now: Timestamp) -> Result<Option<Loaded>, StoreError> {
    let Some(recorded) = rule_sets::last_in_force(pool).await? else {
        return Ok(None);
    };
    let sources = Sources::from_record(&recorded.path, &recorded.source, &recorded.lists);
    Ok(sources
        .ok()
        .and_then(|sources| RuleSet::from_sources(&sources, now).ok()))
}

impl RulesInForce {
    /// Records a checked rule set and puts it in force for the first time.
    pub async fn first(
        pool: &sqlx::PgPool,
        path: PathBuf,
        loaded: Loaded,
        loaded_by: &str,
        now: Timestamp,
    ) -> Result<Self, NotRecorded> {
        record(pool, &path, &loaded, loaded_by, now).await?;
        let current = ArcSwap::from_pointee(InForce::new(&path, loaded));
        Ok(Self { path, current })
    }

    /// The rule set that judges now.
    #[must_use]
    pub fn current(&self) -> RuleSet {
        self.current.load().rules.clone()
    }

    /// The file that is read at a reload.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The list files that the rule set in force was read with.
    #[must_use]
    pub fn list_files(&self) -> Vec<PathBuf> {
        self.current.load().list_files.clone()
    }

    /// Our own deadline for an order that came to Telnyx at an instant.
    #[must_use]
    pub fn decide_by(&self, inserted_at: Timestamp) -> Timestamp {
        inserted_at
            .saturating_add(self.current.load().rules.defaults().decide_within)
            .unwrap_or(inserted_at)
    }
}

impl InForce {
    fn new(path: &Path, loaded: Loaded) -> Self {
        let folder = path.parent().unwrap_or(Path::new(""));
        let list_files = loaded
            .sources
            .lists
            .iter()
            .map(|list| folder.join(&list.file))
            .collect();
        Self {
            rules: loaded.rules,
            list_files,
        }
    }
}

impl Engine {
    /// Looks again at everything that no person has decided: the mode or the rules may have changed while we were away.
    pub async fn start(&self) -> Result<u64, StoreError> {
        let woken = orders::wake_undecided(&self.pool, self.clock.now()).await?;
        self.wake.notify_one();
        Ok(woken)
    }

    /// Reads the file again. If it is good and its tests pass, it judges from now on, and what no person has decided
    /// is judged anew. Gives the rule set now in force.
    pub async fn reload(&self, loaded_by: &str) -> Result<RuleSet, ReloadRefused> {
        let (path, now) = (self.rules.path.clone(), self.clock.now());
        let read = tokio::task::spawn_blocking(move || rules::load_and_test(&path, now));
        let loaded = match read.await {
            Ok(loaded) => loaded.map_err(ReloadRefused::NotGood)?,
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        };
        if loaded.rules.hash() == self.rules.current().hash() {
            return Ok(self.rules.current());
        }
        record(&self.pool, &self.rules.path, &loaded, loaded_by, now).await?;
        self.rules
            .current
            .store(Arc::new(InForce::new(&self.rules.path, loaded)));
        let woken = orders::wake_undecided(&self.pool, now)
            .await
            .map_err(NotRecorded::from)?;
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
) -> Result<(), NotRecorded> {
    let hash = loaded.rules.hash();
    let record = RuleSetRecord {
        hash: &hash,
        path: &path.display().to_string(),
        source: &loaded.sources.text,
        lists: &loaded.sources.recorded_lists()?,
        loaded_by,
        loaded_at: now,
    };
    Ok(rule_sets::record_rule_set(pool, &record).await?)
}
