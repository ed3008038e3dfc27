//! A whole rule file in shadow: it judges what the rules in force judge, on the same facts, and is never acted on.

use serde_json::{Value, json};

use super::Engine;
use super::reload::{AskedBy, ReloadRefused};
use super::rule_record::{self, Step};
use crate::rules::{Facts, RuleSet, Verdict};

impl Engine {
    /// Reads the candidate's file again, if one is configured. If it is not good the last good one goes on, or none; the
    /// rules in force are never touched. Gives the candidate that judges now.
    pub async fn reload_candidate(&self, by: &str) -> Result<Option<RuleSet>, ReloadRefused> {
        let Some(path) = self.rules.files().candidate.clone() else {
            return Ok(None);
        };
        let _alone = self.rules.alone().await;
        let loaded = self.read(path.clone()).await.map_err(ReloadRefused::NotGood)?;
        let judging = self.rules.candidate();
        if judging
            .as_ref()
            .is_some_and(|judging| judging.hash() == loaded.rules.hash())
        {
            return Ok(judging);
        }
        // INVARIANT: on record before it judges, as the rules in force are.
        let step = Step::of_machine(by, self.clock.now());
        rule_record::note_shadow(&self.pool, &loaded, &step).await?;
        self.rules.replace_candidate(&path, loaded);
        let candidate = self.rules.candidate();
        let rule_set = candidate.as_ref().map(|set| hex::encode(set.hash()));
        tracing::info!(rule_set, loaded_by = by, "another candidate judges in shadow");
        Ok(candidate)
    }

    /// What the candidate says where the rules in force have spoken, for the trace. Nothing where they are the same rules.
    pub(super) fn candidate_says(&self, facts: &Facts, verdict: &Verdict, rules: &RuleSet) -> Option<Value> {
        let candidate = self
            .rules
            .candidate()
            .filter(|candidate| candidate.hash() != rules.hash())?;
        let said = candidate.evaluate(facts, verdict.judged_at());
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
