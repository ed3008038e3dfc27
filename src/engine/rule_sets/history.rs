//! The recorded history of the rules, for lints.

use jiff::Timestamp;
use sqlx::PgPool;

use crate::rules::{RuleHistory, RuleTally};
use crate::store::StoreError;
use crate::store::reports::{self, RuleOnRecord};

/// Returns what is recorded about every rule since a time, and how far back the records go.
///
/// # Errors
/// The database could not be read.
pub async fn rule_history(pool: &PgPool, since: Timestamp) -> Result<RuleHistory, StoreError> {
    let record = reports::rules_on_record(pool, since).await?;
    let rules = record.rules.iter();
    Ok(RuleHistory {
        since,
        first_decision: record.first_decision,
        rules: rules.map(|(rule, found)| (rule.clone(), tally(found))).collect(),
        offered_codes: record.offered_codes,
    })
}

/// A rule in shadow mode is counted where it would have decided.
fn tally(found: &RuleOnRecord) -> RuleTally {
    let stat = &found.stat;
    RuleTally {
        hits: stat.hits + stat.shadow_decided,
        last_hit: stat.last_hit.max(stat.shadow_last),
        overridden: stat.overridden,
        bounced: stat.bounced,
        first_evaluated: found.first_judged,
    }
}
