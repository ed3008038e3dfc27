//! Approval by a second person: one person proposes rules, another activates them.

use serde_json::json;

use super::files::Approval;
use super::record;
use super::record::{NotRecorded, Step};
use super::settled_read::{self, NotRead, SettledRead};
use crate::domain::{ErrorChain, RuleSetMove, person_behind};
use crate::engine::Engine;
use crate::rules::{Refusal, RuleSet};
use crate::store::{self, RuleSetEvent, StoreError, in_time};

/// A person's approval of a proposed rule set.
#[derive(Debug, Clone, Copy)]
pub struct Approving<'a> {
    /// The complete hash of the rule set. With a prefix, one file could be reviewed and another approved.
    pub rule_set: [u8; 32],
    /// The name of a token or of the operating system's user.
    pub name: &'a str,
    /// The person's reason.
    pub because: Option<&'a str>,
}

/// Why an approval does not activate a rule set.
#[derive(Debug, thiserror::Error)]
pub enum NotApproved {
    /// The setting is off.
    #[error(
        "rules need no approval because `rules_need_approval` is not set. Run `portoutd reload` to activate them"
    )]
    NotNeeded,
    /// The hash is not complete.
    #[error(
        "the rule set hash does not have 64 digits. Copy it from the output of `portoutd rules proposed`"
    )]
    NotWhole,
    /// No rule set waits for approval.
    #[error(
        "no rule set is proposed, or another one has been activated since. Run `portoutd reload` to propose the file"
    )]
    NothingProposed,
    /// Another rule set waits for approval.
    #[error("the proposed rule set is {}, by {by}. Run `portoutd rules proposed` to review it", hex::encode(.rule_set))]
    AnotherProposed {
        /// The rule set that waits.
        rule_set: [u8; 32],
        /// Who proposed it.
        by: String,
    },
    /// The approver is also the proposer.
    #[error("{0} proposed this rule set. Ask another person to approve it")]
    OwnProposal(String),
    /// The file has been edited since.
    #[error(
        "the file has been edited since and now contains rule set {}. Run `portoutd reload` to propose it", hex::encode(.0)
    )]
    Edited([u8; 32]),
    /// The file has been edited since and is not valid.
    #[error("the file has been edited since and is not valid: {0}")]
    NotGood(Refusal),
    /// The file could not be read, so it is unknown whether it still contains the proposed rules.
    #[error(transparent)]
    NotRead(#[from] NotRead),
    /// The approval could not be recorded, and a rule set that is not recorded is never evaluated.
    #[error("cannot record the approval")]
    Record(#[from] NotRecorded),
}

impl From<StoreError> for NotApproved {
    fn from(error: StoreError) -> Self {
        Self::Record(error.into())
    }
}

impl From<sqlx::Error> for NotApproved {
    fn from(error: sqlx::Error) -> Self {
        Self::Record(error.into())
    }
}

impl<'a> Approving<'a> {
    /// Creates a person's approval of the rule set with this hash, which has 64 hexadecimal digits.
    ///
    /// # Errors
    /// [`NotApproved::NotWhole`] for any other text.
    pub fn of_hash(hash: &str, name: &'a str, because: Option<&'a str>) -> Result<Self, NotApproved> {
        let mut rule_set = [0; 32];
        hex::decode_to_slice(hash, &mut rule_set).map_err(|_| NotApproved::NotWhole)?;
        Ok(Self {
            rule_set,
            name,
            because,
        })
    }
}

impl Engine {
    /// Activates the proposed rule set for a second person, if the file still contains it. Proposal, approval and
    /// activation are recorded before it evaluates orders. Logs why an approval is refused.
    ///
    /// # Errors
    /// The reason why the active rules stay in effect.
    pub async fn approve(&self, approving: &Approving<'_>) -> Result<RuleSet, NotApproved> {
        let ended = self.put_approved_in_force(approving).await;
        match &ended {
            Ok(_) => {}
            Err(NotApproved::Record(error)) => tracing::error!(
                error = %ErrorChain(error),
                asked_by = approving.name,
                "Failed to record an approval"
            ),
            Err(refused) => tracing::warn!(
                asked_by = approving.name,
                waits = hex::encode(approving.rule_set),
                "Refused an approval: {refused}"
            ),
        }
        ended
    }

    async fn put_approved_in_force(&self, approving: &Approving<'_>) -> Result<RuleSet, NotApproved> {
        if self.rules.files().approval == Approval::NotNeeded {
            return Err(NotApproved::NotNeeded);
        }
        let _alone = self.rules.alone().await;
        may_approve(in_time(store::standing_proposal(&self.pool)).await?, approving)?;
        let files = self.rules.on_disk();
        let limits = self.rules.files().lists.read_limits();
        // The files need not be quiet: the hash proves that the content is what was proposed.
        let SettledRead { loaded, seen } = settled_read::read_now(files, limits, self.clock.now()).await?;
        let loaded = loaded.map_err(NotApproved::NotGood)?;
        if loaded.rules.hash() != approving.rule_set {
            return Err(NotApproved::Edited(loaded.rules.hash()));
        }
        let proposal = in_time(self.record_approval(approving)).await?;
        self.replace_rules(loaded, &proposal.actor).await;
        files.note_looked_at(seen);
        Ok(self.rules.current())
    }

    async fn record_approval(&self, approving: &Approving<'_>) -> Result<RuleSetEvent, NotApproved> {
        let (now, hash) = (self.clock.now(), approving.rule_set);
        let step = Step::of_person(approving.name, approving.because, now, "rules.approve");
        let mut tx = self.pool.begin().await?;
        store::lock_rule_set_events(&mut tx).await?;
        // Checked again under the lock, when nobody can propose or activate another rule set.
        let proposal = may_approve(store::standing_proposal(&mut *tx).await?, approving)?;
        store::add_rule_set_event(&mut *tx, &step.event(hash, RuleSetMove::Approved)).await?;
        let proposed = Step::of_proposer(&proposal, now);
        record::note_in_force(&mut tx, hash, &proposed).await?;
        let detail = json!({ "rule_set": hex::encode(hash), "proposed_by": proposal.actor });
        step.close(&mut tx, detail).await?;
        tx.commit().await?;
        Ok(proposal)
    }
}

/// Returns the proposal if this person may approve it.
fn may_approve(
    standing: Option<RuleSetEvent>,
    approving: &Approving<'_>,
) -> Result<RuleSetEvent, NotApproved> {
    let standing = standing.ok_or(NotApproved::NothingProposed)?;
    if standing.hash != approving.rule_set {
        return Err(NotApproved::AnotherProposed {
            rule_set: standing.hash,
            by: standing.actor,
        });
    }
    let proposer = person_behind(&standing.actor);
    if proposer == person_behind(approving.name) {
        return Err(NotApproved::OwnProposal(proposer.to_owned()));
    }
    Ok(standing)
}
