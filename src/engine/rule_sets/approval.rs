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
    /// The rule set, whole: of two files with the same beginning of a hash one could be read and the other approved.
    pub rule_set: [u8; 32],
    /// By the name of a token or of the operating system's user.
    pub name: &'a str,
    /// Why, in the person's words.
    pub because: Option<&'a str>,
}

/// Why a rule set is not put in force by an approval.
#[derive(Debug, thiserror::Error)]
pub enum NotApproved {
    /// The setting is off.
    #[error(
        "rules need no approval here (`rules_need_approval` is not set): `portoutd reload` puts them in force"
    )]
    NotNeeded,
    /// The rule set is not named by its whole hash.
    #[error(
        "the rule set is not named with all its 64 digits: copy it from the output of `portoutd rules proposed`"
    )]
    NotWhole,
    /// Nothing waits.
    #[error(
        "nothing is proposed, or another rule set was put in force since: `portoutd reload` proposes the file"
    )]
    NothingProposed,
    /// Another rule set waits.
    #[error("rule set {} is the one proposed, by {by}: `portoutd rules proposed` shows it", hex::encode(.rule_set))]
    AnotherProposed {
        /// What waits.
        rule_set: [u8; 32],
        /// Who proposed it.
        by: String,
    },
    /// The one who approves is the one who proposed.
    #[error("{0} proposed it, so another person has to approve it")]
    OwnProposal(String),
    /// The file holds something else by now.
    #[error(
        "the file was edited since: it holds rule set {} now, which `portoutd reload` proposes", hex::encode(.0)
    )]
    Edited([u8; 32]),
    /// The file holds something else by now, and that is not good.
    #[error("the file was edited since, and it is not good: {0}")]
    NotGood(Refusal),
    /// The file could not be read, so nobody knows whether it still holds what was proposed.
    #[error(transparent)]
    NotRead(#[from] NotRead),
    /// The approval could not be recorded, and what is not on record does not judge.
    #[error("the approval cannot be recorded")]
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
    /// A person's approval of the rule set with this hash, in 64 hexadecimal digits.
    ///
    /// # Errors
    /// [`NotApproved::NotWhole`] for anything else.
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
    /// Why the rules in effect stay.
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
                "An approval is refused: {refused}"
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
        // Nobody has to wait for the files to be quiet: by its hash the content is the one that was proposed.
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
        // Looked at once more, now that nobody can propose or put in force anything else.
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

/// The proposal, if this person may put it in force.
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
