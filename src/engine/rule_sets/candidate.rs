//! A whole rule file in shadow: it judges what the rules in force judge, on the same facts, and is never acted on.

use std::time::Duration;

use serde_json::{Value, json};

use super::files_on_disk::FilesOnDisk;
use super::record;
use super::record::Step;
use super::reload::{AskedBy, ReloadRefused};
use super::settled_read::{self, NotRead, SettledRead};
use crate::engine::Engine;
use crate::rules::{Facts, Loaded, RuleSet, Verdict};

/// How long the candidate may take in real time: it must not keep whoever asked for the rules waiting.
const PATIENCE: Duration = Duration::from_secs(8);

impl Engine {
    /// Reads the candidate's file again, if one is configured, as it is now. If it is not good the last good one goes on,
    /// or none; the rules in effect are never touched. Gives the candidate that is evaluated from now on.
    ///
    /// Its lists may shrink: what it says is recorded and never acted on.
    pub async fn reload_candidate(&self, by: &str) -> Result<Option<RuleSet>, ReloadRefused> {
        let Some(files) = self.rules.candidate_on_disk() else {
            return Ok(None);
        };
        let _alone = self.rules.alone().await;
        let limits = self.rules.files().lists.read_limits();
        let read = settled_read::read_now(files, limits, self.clock.now()).await;
        self.decide_on_candidate(files, read, by).await
    }

    /// As [`Self::reload_candidate`], as soon as nobody has written the files for some seconds. Fails within 8 seconds if
    /// they keep changing or cannot be read.
    pub async fn reload_candidate_when_quiet(&self, by: &str) -> Result<Option<RuleSet>, ReloadRefused> {
        let Some(files) = self.rules.candidate_on_disk() else {
            return Ok(None);
        };
        let reading = async {
            let alone = self.rules.alone().await;
            (alone, self.read_when_quiet(files).await)
        };
        let read = tokio::time::timeout(PATIENCE, reading).await;
        let (_alone, read) = read.map_err(|_| NotRead::Busy)?;
        self.decide_on_candidate(files, read, by).await
    }

    async fn decide_on_candidate(
        &self,
        files: &FilesOnDisk,
        read: Result<SettledRead, NotRead>,
        by: &str,
    ) -> Result<Option<RuleSet>, ReloadRefused> {
        let (ended, seen) = match read {
            Ok(SettledRead {
                loaded: Ok(loaded),
                seen,
            }) => (self.take_candidate(loaded, by).await, Some(seen)),
            Ok(SettledRead {
                loaded: Err(refusal),
                seen,
            }) => (Err(ReloadRefused::NotGood(refusal)), Some(seen)),
            Err(not_read) => (Err(ReloadRefused::NotRead(not_read)), None),
        };
        match (&ended, seen) {
            (Ok(_) | Err(ReloadRefused::NotGood(_)), Some(seen)) => files.note_looked_at(seen),
            _ => files.note_failure(self.clock.now()),
        }
        ended
    }

    async fn take_candidate(&self, loaded: Loaded, by: &str) -> Result<Option<RuleSet>, ReloadRefused> {
        let candidate = self.rules.candidate();
        if candidate.as_ref().map(RuleSet::hash) == Some(loaded.rules.hash()) {
            return Ok(candidate);
        }
        // INVARIANT: recorded before it is evaluated, as the rules in effect are.
        let step = Step::of_machine(by, self.clock.now());
        record::note_shadow(&self.pool, &loaded, &step).await?;
        self.rules.replace_candidate(loaded);
        let candidate = self.rules.candidate();
        let rule_set = candidate.as_ref().map(|set| hex::encode(set.hash()));
        tracing::info!(rule_set, loaded_by = by, "Another shadow candidate is evaluated");
        Ok(candidate)
    }

    /// What the candidate says where the rules in force have spoken, for the trace. Nothing where they are the same rules.
    pub(crate) fn candidate_says(&self, facts: &Facts, verdict: &Verdict, rules: &RuleSet) -> Option<Value> {
        let candidate = self
            .rules
            .candidate()
            .filter(|candidate| candidate.hash() != rules.hash())?;
        let said = candidate.evaluate(facts, verdict.evaluated_at());
        Some(json!({
            "rule_set": hex::encode(candidate.hash()),
            "action": said.action,
            "rule": said.rule,
            "cause": said.cause,
            "unknown": said.unknown.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "summary": said.sentence(),
        }))
    }
}

impl AskedBy<'_> {
    /// As the record names who asked.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Person { name, .. } | Self::Machine(name) => name,
        }
    }
}
