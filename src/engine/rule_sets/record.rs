//! Records rule sets: each set completely, before it is evaluated, and each step with who took it and why.

use std::io;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use sqlx::{PgConnection, PgPool};

use super::list_chunks::{Chunk, chunks};
use crate::domain::{RuleSetMove, redact_text};
use crate::rules::{ListSource, Loaded, ShrunkList, SourceError};
use crate::store::rule_sets::{self, RuleSetRecord};
use crate::store::{self, RuleSetEvent, StoreError, in_time};

/// How long reading a list again may take that was read a moment ago.
const READ_LIMIT: Duration = Duration::from_mins(1);

/// Why a rule set was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum NotRecorded {
    /// The database could not be written.
    #[error("cannot write the rule set to the database")]
    Store(#[from] StoreError),
    /// A list file has changed since it was read.
    #[error("the lists changed while they were being recorded. Try again")]
    Source(#[from] SourceError),
}

impl From<sqlx::Error> for NotRecorded {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// A step of a rule set: who takes it, why and when. A person's step is also an admin action.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step<'a> {
    pub(crate) by: &'a str,
    pub(crate) because: Option<&'a str>,
    pub(crate) at: Timestamp,
    action: Option<&'static str>,
    /// The lists that a person allowed to shrink, if any.
    accepted: Option<&'a [ShrunkList]>,
}

impl<'a> Step<'a> {
    /// Creates a step that no person requested: a start, a signal, or a changed file.
    pub(crate) fn of_machine(by: &'a str, at: Timestamp) -> Self {
        Self {
            by,
            because: None,
            at,
            action: None,
            accepted: None,
        }
    }

    /// Creates a person's step with the name of its admin action.
    pub(crate) fn of_person(
        by: &'a str,
        because: Option<&'a str>,
        at: Timestamp,
        action: &'static str,
    ) -> Self {
        Self {
            by,
            because,
            at,
            action: Some(action),
            accepted: None,
        }
    }

    /// Creates the step of the proposer that another person's approval completes. The admin action is the approval.
    pub(crate) fn of_proposer(proposal: &'a RuleSetEvent, at: Timestamp) -> Self {
        Self {
            because: proposal.because.as_deref(),
            ..Self::of_machine(&proposal.actor, at)
        }
    }

    /// Adds the lists that the person allows to shrink.
    pub(crate) fn accepting(self, shrunk: &'a [ShrunkList]) -> Self {
        Self {
            accepted: Some(shrunk),
            ..self
        }
    }

    /// Returns the reason as it is recorded, without any PIN in it.
    fn reason(&self) -> Option<String> {
        self.because.map(|because| redact_text(because).into_owned())
    }

    fn is_a_persons(&self) -> bool {
        self.action.is_some()
    }

    pub(crate) fn event(&self, hash: [u8; 32], event: RuleSetMove) -> RuleSetEvent {
        RuleSetEvent {
            hash,
            event,
            at: self.at,
            actor: self.by.to_owned(),
            because: self.reason(),
        }
    }

    /// Appends the admin action, if there is one. Call this last, because it locks the chain.
    pub(crate) async fn close(
        &self,
        tx: &mut PgConnection,
        mut detail: serde_json::Value,
    ) -> Result<(), StoreError> {
        let Some(action) = self.action else { return Ok(()) };
        if let (Some(because), Some(detail)) = (self.reason(), detail.as_object_mut()) {
            detail.insert("because".to_owned(), because.into());
        }
        if let (Some(accepted), Some(detail)) = (self.accepted, detail.as_object_mut()) {
            detail.insert("accepted_shrunk_lists".to_owned(), json!(accepted));
        }
        store::record_admin_action(tx, self.by, action, &detail, self.at).await?;
        Ok(())
    }
}

/// Stores a complete rule set unless it is stored already. It uses separate transactions, because rows are never
/// removed and a list of millions of entries should hold no lock.
pub(crate) async fn keep(pool: &PgPool, loaded: &Loaded, step: &Step<'_>) -> Result<(), NotRecorded> {
    let hash = loaded.rules.hash();
    if in_time(rule_sets::is_kept(pool, &hash)).await? {
        return Ok(());
    }
    for list in &loaded.sources.lists {
        keep_list(pool, list).await?;
    }
    let lists = loaded.sources.lists.iter();
    let lists: Vec<(String, [u8; 32])> = lists.map(|list| (list.file.clone(), list.digest)).collect();
    let record = RuleSetRecord {
        hash: &hash,
        path: &loaded.sources.path,
        source: &loaded.sources.text,
        lists: &lists,
        loaded_by: step.by,
        loaded_at: step.at,
    };
    in_time(async {
        let mut tx = pool.begin().await?;
        rule_sets::keep_rule_set(&mut tx, &record).await?;
        Ok(tx.commit().await?)
    })
    .await
}

/// Stores a list file unless an earlier rule set had the same one, and only those of its chunks that no earlier file
/// had.
async fn keep_list(pool: &PgPool, list: &ListSource) -> Result<(), NotRecorded> {
    if in_time(store::is_list_file_kept(pool, &list.digest)).await? {
        return Ok(());
    }
    let source = list.clone();
    let read = tokio::task::spawn_blocking(move || source.text_and(chunks));
    let (text, chunks) = match tokio::time::timeout(READ_LIMIT, read).await {
        Ok(Ok(read)) => read?,
        Ok(Err(panic)) => std::panic::resume_unwind(panic.into_panic()),
        Err(_) => {
            return Err(NotRecorded::Source(SourceError::Unreadable {
                file: list.file.clone(),
                source: io::ErrorKind::TimedOut.into(),
            }));
        }
    };
    let digests: Vec<store::Digest> = chunks.iter().map(|chunk| chunk.digest).collect();
    let kept = in_time(store::kept_chunks(pool, &digests)).await?;
    let mut new: Vec<&Chunk> = chunks
        .iter()
        .filter(|chunk| !kept.contains(&chunk.digest))
        .collect();
    // Always in the same order, so that two replicas wait for each other instead of causing a deadlock.
    new.sort_by_key(|chunk| chunk.digest);
    // Millions of numbers take longer than one unit of work may, so each statement has its own time limit.
    let mut tx = in_time(async { Ok::<_, StoreError>(pool.begin().await?) }).await?;
    for chunk in new {
        let content = text.as_bytes().get(chunk.range.clone()).unwrap_or_default();
        in_time(store::keep_chunk(&mut *tx, &chunk.digest, content)).await?;
    }
    in_time(store::keep_list_file(&mut tx, &list.digest, list.bytes, &digests)).await?;
    in_time(async { Ok(tx.commit().await?) }).await
}

/// Stores a rule set and records that it takes effect.
///
/// INVARIANT: after this returns, the rule set, its event and the admin action are committed.
pub(crate) async fn put_in_force(pool: &PgPool, loaded: &Loaded, step: &Step<'_>) -> Result<(), NotRecorded> {
    keep(pool, loaded, step).await?;
    let hash = loaded.rules.hash();
    in_time(async {
        let mut tx = pool.begin().await?;
        store::lock_rule_set_events(&mut tx).await?;
        note_in_force(&mut tx, hash, step).await?;
        step.close(&mut tx, json!({ "rule_set": hex::encode(hash) }))
            .await?;
        Ok(tx.commit().await?)
    })
    .await
}

/// Adds the event that a stored rule set takes effect. If it is already in effect, after a restart or through another
/// replica, the event is added only if it has a reason.
pub(crate) async fn note_in_force(
    tx: &mut PgConnection,
    hash: [u8; 32],
    step: &Step<'_>,
) -> Result<(), StoreError> {
    let last = store::last_of(&mut *tx, RuleSetMove::InForce).await?;
    let is_known = last.is_some_and(|last| last.hash == hash);
    if !is_known || step.because.is_some() {
        store::add_rule_set_event(&mut *tx, &step.event(hash, RuleSetMove::InForce)).await?;
    }
    if !is_known {
        rule_sets::note_in_force(&mut *tx, &hash, step.at).await?;
    }
    Ok(())
}

/// Records that a person requested rules that are already active. The reason is added to their activation, if they are
/// in effect according to the database.
pub(crate) async fn note_asked_again(
    pool: &PgPool,
    hash: [u8; 32],
    step: &Step<'_>,
) -> Result<(), NotRecorded> {
    if !step.is_a_persons() {
        return Ok(());
    }
    let mut tx = pool.begin().await?;
    store::lock_rule_set_events(&mut tx).await?;
    let last = store::last_of(&mut *tx, RuleSetMove::InForce).await?;
    if step.because.is_some() && last.is_some_and(|last| last.hash == hash) {
        store::add_rule_set_event(&mut *tx, &step.event(hash, RuleSetMove::InForce)).await?;
    }
    step.close(&mut tx, json!({ "rule_set": hex::encode(hash) }))
        .await?;
    Ok(tx.commit().await?)
}

/// Records that a person's request was refused because the file is not valid.
pub(crate) async fn note_refused(
    pool: &PgPool,
    stays: [u8; 32],
    refused: &str,
    step: &Step<'_>,
) -> Result<(), NotRecorded> {
    if !step.is_a_persons() {
        return Ok(());
    }
    let mut tx = pool.begin().await?;
    let detail = json!({ "rule_set": hex::encode(stays), "refused": refused });
    step.close(&mut tx, detail).await?;
    Ok(tx.commit().await?)
}

/// Stores a rule set and records that it is evaluated in shadow mode, unless it was the last that was.
pub(crate) async fn note_shadow(pool: &PgPool, loaded: &Loaded, step: &Step<'_>) -> Result<(), NotRecorded> {
    keep(pool, loaded, step).await?;
    let hash = loaded.rules.hash();
    in_time(async {
        let mut tx = pool.begin().await?;
        store::lock_rule_set_events(&mut tx).await?;
        let last = store::last_of(&mut *tx, RuleSetMove::Shadow).await?;
        if last.is_none_or(|last| last.hash != hash) {
            store::add_rule_set_event(&mut *tx, &step.event(hash, RuleSetMove::Shadow)).await?;
        }
        Ok(tx.commit().await?)
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_persons_reason_is_recorded_without_a_pin() {
        let because = Some("The owner says the PIN is 471193.");
        let step = Step::of_person("ann", because, Timestamp::UNIX_EPOCH, "rules.reload");
        let recorded = step.event([0; 32], RuleSetMove::InForce).because.unwrap();
        assert!(
            recorded.contains("The owner says") && !recorded.contains("471193"),
            "{recorded}"
        );
    }
}
