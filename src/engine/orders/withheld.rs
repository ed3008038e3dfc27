//! Withholds authorizations while the rule files on disk differ from those that were read. A number must only leave by
//! the rules that its owner last wrote. A rejection or a hold can still be changed.
//!
//! A person's decision is sent anyway, because it is based on what the person saw and not on the rules.

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

/// Why an order is not authorized now. It is processed again in a few seconds.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Withheld {
    /// A file has changed since it was read.
    #[error("not authorized yet because `{}` has changed on disk and has not been read since", .0.display())]
    Changed(PathBuf),
    /// The files cannot be checked.
    #[error("not authorized yet because the rule files cannot be checked: {0}")]
    NotChecked(NotRead),
    /// The verdict is from rules that are no longer in effect.
    #[error("not authorized because other rules came into effect while the order was evaluated")]
    Overtaken,
}

impl Engine {
    /// Fails if the rules or the clock would authorize the order while the rule files on disk differ from those that
    /// were read.
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

    /// Like [`Self::may_authorize`], for a verdict that is about to be recorded: its rules also have to be in effect
    /// still.
    pub(crate) async fn may_decide_by(&self, rules: &RuleSet, decision: &Decision) -> Result<(), Withheld> {
        self.may_authorize(decision).await?;
        if decision.action == Action::Authorize && self.rules.current().hash() != rules.hash() {
            return Err(Withheld::Overtaken);
        }
        Ok(())
    }

    /// Records on the order why it is not authorized, and handles its deadline if that has passed. Returns when to
    /// process it again.
    pub(crate) async fn withhold(&self, claim: &Claim, why: &Withheld) -> Timestamp {
        metrics::counter!("portoutd_authorizations_withheld_total").increment(1);
        tracing::warn!(error = %ErrorChain(why), "Withheld the authorization");
        let kept = in_time(orders::note_trouble(&self.pool, claim, &why.to_string())).await;
        let passed = in_time(self.pass_deadline(claim)).await;
        if let Err(error) = kept {
            tracing::warn!(error = %ErrorChain(&error), "Failed to record why the order is not authorized");
        }
        if let Err(error) = passed {
            tracing::warn!(error = %ErrorChain(&error), "Failed to check the deadline of the order");
        }
        // Each attempt reads the order from Telnyx: after 3, 6, 12, then every 24 seconds.
        self.in_seconds(3 << claim.failures.clamp(0, 3))
    }
}
