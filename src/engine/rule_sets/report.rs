//! Reloads of the rules and the candidate in the running service, with the outcome counted and logged.

use super::reload::{ReloadRefused, ReloadRequest, Reloaded};
use crate::domain::ErrorChain;
use crate::engine::Engine;
use crate::rules::RuleSet;

impl Engine {
    /// Reads the rules again, and the candidate if one is configured, each as soon as its files have not changed for
    /// some seconds. Counts and logs the outcomes. A refused candidate does not affect the rules.
    ///
    /// # Errors
    /// The reason why the active rules stay in effect.
    pub async fn reload_and_report<'a>(
        &self,
        request: impl Into<ReloadRequest<'a>> + Send,
    ) -> Result<Reloaded, ReloadRefused> {
        let request = request.into();
        let asked_by = request.asked.name();
        let reloaded = self.reload_when_quiet(request).await;
        report(asked_by, &reloaded);
        if self.rules.files().candidate.is_some() {
            let read = self.reload_candidate_when_quiet(asked_by).await;
            self.report_candidate(asked_by, &read);
        }
        reloaded
    }

    /// Reads the candidate at the start, if one is configured. A refused candidate is logged and does not stop the
    /// start.
    pub async fn read_first_candidate(&self, asked_by: &str) {
        if self.rules.files().candidate.is_some() {
            let read = self.reload_candidate(asked_by).await;
            self.report_candidate(asked_by, &read);
        }
    }

    /// Logs the outcome of reading the candidate.
    pub(super) fn report_candidate(&self, asked_by: &str, read: &Result<Option<RuleSet>, ReloadRefused>) {
        metrics::gauge!("portoutd_candidate_refused").set(if read.is_err() { 1.0 } else { 0.0 });
        if let Err(refused) = read {
            let judging = self.rules.candidate().map(|set| hex::encode(set.hash()));
            tracing::error!(
                asked_by,
                judging = judging.as_deref().unwrap_or("none"),
                problems = refused.problems().join("; "),
                error = %ErrorChain(refused),
                "Refused the shadow candidate; the last valid one stays active if there is one"
            );
        }
    }
}

/// Counts and logs the outcome of a reload.
pub(super) fn report(asked_by: &str, reloaded: &Result<Reloaded, ReloadRefused>) {
    let outcome = match reloaded {
        Ok(Reloaded::InForce(_)) => "ok",
        Ok(Reloaded::Proposed { .. } | Reloaded::NotApproved(_)) => "waits",
        Err(_) => "refused",
    };
    metrics::counter!("portoutd_reloads_total", "outcome" => outcome).increment(1);
    match reloaded {
        Ok(Reloaded::NotApproved(waits)) => report_not_approved(*waits),
        Err(refused) => tracing::error!(
            asked_by,
            problems = refused.problems().join("; "),
            error = %ErrorChain(refused),
            "Refused the edited rules; the active rules stay in effect"
        ),
        Ok(_) => {}
    }
}

/// Logs that the rule file contains rules that take effect only when one person proposes and another approves them.
pub fn report_not_approved(rule_set: [u8; 32]) {
    tracing::warn!(
        waits = hex::encode(rule_set),
        "The rule file contains rules that nobody has approved; the active rules stay in effect. Run `portoutd reload` to \
         propose them, then ask another person to run `portoutd rules approve`"
    );
}
