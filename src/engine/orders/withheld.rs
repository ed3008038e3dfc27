//! Authorizations wait while the rule files on disk are not the ones that were looked at. What a number leaves by has to
//! be what its owner last wrote down; a rejection or a hold can still be changed.
//!
//! What a person decides goes out all the same: it rests on what the person saw, not on the rules.

use std::path::PathBuf;

use jiff::Timestamp;

use crate::domain::{Action, DecidedBy, ErrorChain};
use crate::engine::Engine;
use crate::engine::rule_sets::files_on_disk::Standing;
use crate::engine::rule_sets::settled_read;
use crate::engine::rule_sets::settled_read::NotRead;
use crate::rules::RuleSet;
use crate::store::claims::Claim;
use crate::store::decisions::Decision;
use crate::store::{in_time, orders};

/// Why an order is not authorized now. It is looked at again in a few seconds.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Withheld {
    /// A file is not as it was when it was looked at.
    #[error("not authorized yet, because `{}` has changed on disk and has not been read since", .0.display())]
    Changed(PathBuf),
    /// The files cannot be looked at.
    #[error("not authorized yet, because the rule files cannot be checked: {0}")]
    NotChecked(NotRead),
    /// The verdict is one of rules that are in effect no longer.
    #[error("not authorized, because other rules came into effect while the order was evaluated")]
    Overtaken,
}

impl Engine {
    /// Fails if a decision of the rules or of the clock would authorize while the rule files are not the ones that were
    /// looked at.
    pub(crate) async fn may_authorize(&self, decision: &Decision) -> Result<(), Withheld> {
        if decision.action != Action::Authorize || decision.by == DecidedBy::Person {
            return Ok(());
        }
        let files = self.rules.on_disk();
        let path = || files.rule_file().to_owned();
        if files.threads().are_blocked() {
            return Err(Withheld::NotChecked(NotRead::Blocked(path())));
        }
        match settled_read::look_at(files, self.clock.now()).await {
            Ok(Standing { differs: None, .. }) => Ok(()),
            Ok(Standing {
                differs: Some(file), ..
            }) => Err(Withheld::Changed(file)),
            Err(not_read) => Err(Withheld::NotChecked(not_read)),
        }
    }

    /// As [`Self::may_authorize`], for a verdict that is to be recorded: its rules have to be in effect still.
    pub(crate) async fn may_decide_by(&self, rules: &RuleSet, decision: &Decision) -> Result<(), Withheld> {
        self.may_authorize(decision).await?;
        if decision.action == Action::Authorize && self.rules.current().hash() != rules.hash() {
            return Err(Withheld::Overtaken);
        }
        Ok(())
    }

    /// Says on the order why it is not authorized, and does not let its deadline pass unnoticed. Gives when to look again.
    pub(crate) async fn withhold(&self, claim: &Claim, why: &Withheld) -> Timestamp {
        metrics::counter!("portoutd_authorizations_withheld_total").increment(1);
        tracing::warn!(error = %ErrorChain(why), "The authorization is withheld");
        let kept = in_time(orders::note_trouble(&self.pool, claim, &why.to_string())).await;
        let passed = in_time(self.pass_deadline(claim)).await;
        if let Err(error) = kept {
            tracing::warn!(error = %ErrorChain(&error), "Failed to record why the order is not authorized");
        }
        if let Err(error) = passed {
            tracing::warn!(error = %ErrorChain(&error), "Failed to check the deadline of the order");
        }
        // Each look is a read at Telnyx: 3, 6, 12, then every 24 seconds.
        self.in_seconds(3 << claim.failures.clamp(0, 3))
    }
}
