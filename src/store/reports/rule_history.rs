//! What the record holds of the rules, for lints.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use sqlx::{PgExecutor, PgPool};

use super::rule_stats::{RuleStat, rule_stats};
use crate::rules::{RuleHistory, RuleTally};
use crate::store::StoreError;

/// What is on record of every rule since then, and how far the record reaches at all.
pub async fn rule_history(pool: &PgPool, since: Timestamp) -> Result<RuleHistory, StoreError> {
    let mut rules: BTreeMap<String, RuleTally> = rule_stats(pool, since)
        .await?
        .rules
        .iter()
        .map(|(rule, stat)| (rule.clone(), tally(stat)))
        .collect();
    for (rule, at) in first_judged(pool).await? {
        rules.entry(rule).or_default().first_judged = Some(at);
    }
    Ok(RuleHistory {
        since,
        first_decision: first_decision_by_rule(pool).await?,
        rules,
        offered_codes: offered_codes(pool).await?,
    })
}

/// A rule in shadow is met where it would have decided.
fn tally(stat: &RuleStat) -> RuleTally {
    RuleTally {
        hits: stat.hits + stat.shadow_decided,
        last_hit: stat.last_hit.max(stat.shadow_last),
        overridden: stat.overridden,
        bounced: stat.bounced,
        ..RuleTally::default()
    }
}

/// When rules first decided anything.
async fn first_decision_by_rule(db: impl PgExecutor<'_>) -> Result<Option<Timestamp>, StoreError> {
    let first = sqlx::query_scalar!(
        r#"-- first_decision_by_rule
        select min(decided_at) as "first: jiff_sqlx::Timestamp" from decisions where decided_by = 'rule'"#
    )
    .fetch_one(db)
    .await?;
    Ok(first.map(jiff_sqlx::Timestamp::to_jiff))
}

/// When each rule first stood in rules that decided something: of each rule set one trace names all its rules.
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

/// The codes that Telnyx ever offered for a rejection, of whatever account.
async fn offered_codes(db: impl PgExecutor<'_>) -> Result<BTreeSet<i64>, StoreError> {
    let codes = sqlx::query_scalar!("-- offered_codes\nselect distinct code from rejection_codes_offered")
        .fetch_all(db)
        .await?;
    Ok(codes.into_iter().collect())
}
