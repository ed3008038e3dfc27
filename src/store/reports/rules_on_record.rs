//! The recorded history of the rules, for lints.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use sqlx::{PgExecutor, PgPool};

use super::rule_stats::{RuleStat, rule_stats};
use crate::store::StoreError;

/// The recorded history of the rules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RulesOnRecord {
    /// When the rules first decided anything.
    pub first_decision: Option<Timestamp>,
    /// Every recorded rule, by ID.
    pub rules: BTreeMap<String, RuleOnRecord>,
    /// The codes that Telnyx has ever offered for a rejection.
    pub offered_codes: BTreeSet<i64>,
}

/// The recorded history of one rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleOnRecord {
    /// Its statistics over the requested period.
    pub stat: RuleStat,
    /// When a rule set that contained it first decided anything, however long ago.
    pub first_judged: Option<Timestamp>,
}

/// Returns what is recorded about every rule since a time, and how far back the records go.
pub async fn rules_on_record(pool: &PgPool, since: Timestamp) -> Result<RulesOnRecord, StoreError> {
    let mut rules: BTreeMap<String, RuleOnRecord> = BTreeMap::new();
    for (rule, stat) in rule_stats(pool, since).await?.rules {
        rules.entry(rule).or_default().stat = stat;
    }
    for (rule, at) in first_judged(pool).await? {
        rules.entry(rule).or_default().first_judged = Some(at);
    }
    Ok(RulesOnRecord {
        first_decision: first_decision_by_rule(pool).await?,
        rules,
        offered_codes: offered_codes(pool).await?,
    })
}

/// Returns when the rules first decided anything.
async fn first_decision_by_rule(db: impl PgExecutor<'_>) -> Result<Option<Timestamp>, StoreError> {
    let first = sqlx::query_scalar!(
        r#"-- first_decision_by_rule
        select min(decided_at) as "first: jiff_sqlx::Timestamp" from decisions where decided_by = 'rule'"#
    )
    .fetch_one(db)
    .await?;
    Ok(first.map(jiff_sqlx::Timestamp::to_jiff))
}

/// Returns when a rule set that contained each rule first decided anything. One trace of each rule set contains all its
/// rules.
async fn first_judged(db: impl PgExecutor<'_>) -> Result<Vec<(String, Timestamp)>, StoreError> {
    let rows = sqlx::query!(
        r#"-- first_judged
        with first as (
            select min(seq) as seq from decisions where decided_by = 'rule' and rule_set is not null group by rule_set
        )
        select entry.value ->> 'rule' as "rule!", min(d.decided_at) as "at!: jiff_sqlx::Timestamp"
        from first join decisions d on d.seq = first.seq, json_array_elements(d.trace::json -> 'rules') as entry
        where entry.value ->> 'rule' is not null
        group by 1"#
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.rule, row.at.to_jiff())).collect())
}

/// Returns the codes that Telnyx has ever offered for a rejection, in any account.
async fn offered_codes(db: impl PgExecutor<'_>) -> Result<BTreeSet<i64>, StoreError> {
    let codes = sqlx::query_scalar!("-- offered_codes\nselect distinct code from rejection_codes_offered")
        .fetch_all(db)
        .await?;
    Ok(codes.into_iter().collect())
}
