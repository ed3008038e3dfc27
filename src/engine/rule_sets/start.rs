//! Determines which rules are in effect when the service starts.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use sqlx::PgPool;

use super::files::{Approval, Found, KeptBecause, NoRules, RuleFiles};
use super::files_seen::FilesSeen;
use super::record::Step;
use super::settled_read::{NotRead, SettledRead};
use super::shrink_guard::Shrunk;
use super::{record, shrink_guard};
use crate::domain::RuleSetMove;
use crate::rules::{Loaded, RuleSet, Sources};
use crate::store;
use crate::store::{LONG_LIMIT, StoreError, in_time, rule_sets};

/// A rule set and the list files that it was read with.
#[derive(Debug)]
pub(super) struct ReadSet {
    pub(super) rules: RuleSet,
    pub(super) list_files: Vec<PathBuf>,
}

/// The rules that the service starts with.
pub(super) struct Start {
    pub(super) loaded: Loaded,
    pub(super) kept: Option<KeptBecause>,
    pub(super) found: Found,
    /// The state of the files that was read.
    pub(super) seen: Option<FilesSeen>,
}

impl Start {
    pub(super) async fn of(
        pool: &PgPool,
        files: &RuleFiles,
        read: Result<SettledRead, NotRead>,
        by: &str,
        now: Timestamp,
    ) -> Result<Self, NoRules> {
        let (loaded, seen) = match read {
            Ok(SettledRead { loaded, seen }) => (loaded, seen),
            Err(not_read) => {
                return match last_in_force(pool, now).await? {
                    Some(last) => Ok(Self::kept(last, KeptBecause::NotRead(not_read), None)),
                    None => Err(NoRules::NotRead(not_read)),
                };
            }
        };
        let loaded = match loaded {
            Ok(loaded) => loaded,
            Err(refusal) => {
                return match last_in_force(pool, now).await? {
                    Some(last) => Ok(Self::kept(last, KeptBecause::Refused(refusal), Some(seen))),
                    None => Err(NoRules::NotGood(refusal)),
                };
            }
        };
        let found = Self::found(pool, &loaded).await?;
        if found == Found::Other {
            let last = last_in_force(pool, now).await?;
            if let Some((last, because)) = Self::reason_to_keep(pool, files, last, &loaded, now).await? {
                return Ok(Self::kept(last, because, Some(seen)));
            }
        }
        record::put_in_force(pool, &loaded, &Step::of_machine(by, now)).await?;
        Ok(Self {
            loaded,
            kept: None,
            found,
            seen: Some(seen),
        })
    }

    pub(super) async fn found(pool: &PgPool, loaded: &Loaded) -> Result<Found, StoreError> {
        let last = in_time(store::last_of(pool, RuleSetMove::InForce)).await?;
        Ok(match last {
            Some(last) if last.hash == loaded.rules.hash() => Found::LastInEffect,
            _ => Found::Other,
        })
    }

    /// Returns why the rules that were last in effect stay although the file is valid, if they do.
    pub(super) async fn reason_to_keep(
        pool: &PgPool,
        files: &RuleFiles,
        last: Option<Loaded>,
        loaded: &Loaded,
        now: Timestamp,
    ) -> Result<Option<(Loaded, KeptBecause)>, NoRules> {
        let hash = loaded.rules.hash();
        let Some(last) = last else {
            let is_first = in_time(store::last_of(pool, RuleSetMove::InForce))
                .await?
                .is_none();
            return match files.approval {
                Approval::Needed if !is_first => Err(NoRules::NotApproved(hash)),
                Approval::Needed | Approval::NotNeeded => Ok(None),
            };
        };
        if files.approval == Approval::Needed {
            return Ok(Some((last, KeptBecause::NotApproved(hash))));
        }
        let allowed = files.lists.max_shrink;
        let shrunk = shrink_guard::unconfirmed(pool, &last.rules, &loaded.rules, allowed, now).await?;
        Ok((!shrunk.is_empty()).then(|| (last, KeptBecause::Shrunk(Shrunk(shrunk)))))
    }

    pub(super) fn kept(loaded: Loaded, because: KeptBecause, seen: Option<FilesSeen>) -> Self {
        Self {
            loaded,
            kept: Some(because),
            found: Found::LastInEffect,
            seen,
        }
    }
}

impl ReadSet {
    pub(super) fn new(path: &Path, loaded: Loaded) -> Self {
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

/// Returns the rule set that was in effect when the service last ran, from the database, if this program can read it.
pub async fn last_in_force(pool: &PgPool, now: Timestamp) -> Result<Option<Loaded>, StoreError> {
    let Some(last) = in_time(store::last_of(pool, RuleSetMove::InForce)).await? else {
        return Ok(None);
    };
    let mut tx = store::begin_long(pool).await?;
    let recorded = store::within(LONG_LIMIT, rule_sets::rule_set(&mut tx, &last.hash)).await?;
    in_time(async { Ok::<_, StoreError>(tx.rollback().await?) }).await?;
    let Some(recorded) = recorded else {
        return Ok(None);
    };
    let sources = Sources::from_record(&recorded.path, &recorded.source, recorded.lists);
    Ok(sources
        .ok()
        .filter(|sources| sources.hash() == last.hash)
        .and_then(|sources| RuleSet::from_sources(&sources, now).ok()))
}
