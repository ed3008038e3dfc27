//! A complete rule file in shadow mode: it is evaluated on the same facts as the active rules and never acted on.

use std::time::Duration;

use serde_json::{Value, json};

use super::files_on_disk::FilesOnDisk;
use super::record;
use super::record::Step;
use super::reload::{AskedBy, ReloadRefused};
use super::settled_read::{self, NotRead, SettledRead};
use crate::engine::Engine;
use crate::rules::{Facts, Loaded, RuleSet, Verdict};

/// How long reading the candidate may take in real time, so that it does not delay the answer to a reload of the rules.
const PATIENCE: Duration = Duration::from_secs(8);

impl Engine {
    /// Reads the candidate's file again if one is configured. If the file is not valid, the last valid candidate stays
    /// active, if there is one. The active rules are never changed. Returns the candidate that is evaluated from now
    /// on.
    ///
    /// Its lists may shrink, because its verdicts are recorded and never acted on.
    pub async fn reload_candidate(&self, by: &str) -> Result<Option<RuleSet>, ReloadRefused> {
        let Some(files) = self.rules.candidate_on_disk() else {
            return Ok(None);
        };
        let _alone = self.rules.alone().await;
        let limits = self.rules.files().lists.read_limits();
        let read = settled_read::read_now(files, limits, self.clock.now()).await;
        self.decide_on_candidate(files, read, by).await
    }

    /// Like [`Self::reload_candidate`], but waits until the files have not changed for some seconds. Fails within 8
    /// seconds if they keep changing or cannot be read.
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
        // INVARIANT: the candidate is recorded before it is evaluated, as the active rules are.
        let step = Step::of_machine(by, self.clock.now());
        record::note_shadow(&self.pool, &loaded, &step).await?;
        self.rules.replace_candidate(loaded);
        let candidate = self.rules.candidate();
        let rule_set = candidate.as_ref().map(|set| hex::encode(set.hash()));
        tracing::info!(rule_set, loaded_by = by, "Activated another shadow candidate");
        Ok(candidate)
    }

    /// Returns the candidate's verdict for the trace, or `None` if the candidate and the active rules are the same.
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
    /// Returns the name that is recorded for the requester.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Person { name, .. } | Self::Machine(name) => name,
        }
    }
}
