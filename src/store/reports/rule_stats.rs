//! How the rules did: counted in the database over the last decision by rules of each stay in `pending`.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgExecutor;

use crate::domain::Action;
use crate::store::StoreError;
use crate::store::orders::parsed;

/// What one rule decided, and what became of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleHits {
    /// The rule; none for what no rule decided.
    pub rule: Option<String>,
    /// How many stays it decided.
    pub hits: u64,
    /// When it decided last.
    pub last_hit: Option<Timestamp>,
    /// How often a person decided otherwise.
    pub overridden: u64,
    /// How many of its rejections came back.
    pub bounced: u64,
}

/// How one rule came out where it did not decide: open for want of a fact, or in shadow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleOutcomes {
    /// The rule.
    pub rule: String,
    /// In how many stays a missing fact kept it open.
    pub undecided: u64,
    /// In how many it held in shadow.
    pub shadow_held: u64,
    /// In how many of these no rule above it decided, so that it would have.
    pub shadow_decided: u64,
    /// In how many of these the rules in force said something else.
    pub shadow_differs: u64,
}

/// How a candidate rule set in shadow judged beside the rules in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CandidateOutcomes {
    /// The candidate's version, as it was recorded.
    pub rule_set: String,
    /// What the rules in force decided.
    pub action: Action,
    /// By which rule; none where no rule did.
    pub rule: Option<String>,
    /// What the candidate would have decided.
    pub candidate_action: Action,
    /// By which of its rules.
    pub candidate_rule: Option<String>,
    /// In how many stays.
    pub count: u64,
    /// In how many of these it would have been another answer: another action, or another cause of a rejection.
    pub differs: u64,
}

/// What each rule decided at or after `since`.
pub async fn rule_hits(db: impl PgExecutor<'_>, since: Timestamp) -> Result<Vec<RuleHits>, StoreError> {
    let rows = sqlx::query!(
        r#"-- rule_hits
        select d.rule, count(*) as "hits!", max(d.decided_at) as "last_hit!: jiff_sqlx::Timestamp",
            count(*) filter (where d.action <> 'hold' and exists (
                select from decisions person
                where person.account = d.account and person.order_id = d.order_id and person.episode = d.episode
                    and person.decided_by = 'person' and person.action <> d.action
            )) as "overridden!",
            count(*) filter (where d.action = 'reject' and e.sent_target = 'rejected-pending' and exists (
                select from episodes further
                where further.account = e.account and further.order_id = e.order_id and further.number > e.number
            )) as "bounced!"
        from decisions d
        join episodes e on e.account = d.account and e.order_id = d.order_id and e.number = d.episode
        where d.decided_by = 'rule' and d.decided_at >= $1 and not exists (
            select from decisions later
            where later.account = d.account and later.order_id = d.order_id and later.episode = d.episode
                and later.decided_by = 'rule' and later.seq > d.seq
        )
        group by d.rule order by d.rule"#,
        since.to_sqlx() as jiff_sqlx::Timestamp,
    )
    .fetch_all(db)
    .await?;
    let hits = rows.into_iter().map(|row| RuleHits {
        rule: row.rule,
        hits: row.hits.unsigned_abs(),
        last_hit: Some(row.last_hit.to_jiff()),
        overridden: row.overridden.unsigned_abs(),
        bounced: row.bounced.unsigned_abs(),
    });
    Ok(hits.collect())
}

/// How each rule came out in the traces recorded at or after `since`. A stay that is a return tells no difference: it
/// is held whatever rules say.
pub async fn rule_outcomes(
    db: impl PgExecutor<'_>,
    since: Timestamp,
) -> Result<Vec<RuleOutcomes>, StoreError> {
    let rows = sqlx::query!(
        r#"-- rule_outcomes
        with last as (
            select d.action, d.episode, d.trace::json as trace
            from decisions d
            where d.decided_by = 'rule' and d.decided_at >= $1 and not exists (
                select from decisions later
                where later.account = d.account and later.order_id = d.order_id and later.episode = d.episode
                    and later.decided_by = 'rule' and later.seq > d.seq
            )
        ), told as (
            select entry.value ->> 'rule' as rule, 1 as undecided, 0 as held, 0 as decided, 0 as differs
            from last, json_array_elements(last.trace -> 'rules') as entry
            where entry.value ->> 'outcome' in ('unknown', 'shadow-unknown')
            union all
            select entry.value ->> 'rule', 0, 1, reached::integer,
                (reached and last.episode = 1 and entry.value ->> 'action' <> last.action)::integer
            from last, json_array_elements(last.trace -> 'shadow') as entry,
                lateral (select (entry.value ->> 'reached')::boolean as reached) as shadow
            where entry.value ->> 'outcome' = 'shadow-yes'
        )
        select rule as "rule!", sum(undecided) as "undecided!", sum(held) as "held!", sum(decided) as "decided!",
            sum(differs) as "differs!"
        from told group by rule order by rule"#,
        since.to_sqlx() as jiff_sqlx::Timestamp,
    )
    .fetch_all(db)
    .await?;
    let outcomes = rows.into_iter().map(|row| RuleOutcomes {
        rule: row.rule,
        undecided: row.undecided.unsigned_abs(),
        shadow_held: row.held.unsigned_abs(),
        shadow_decided: row.decided.unsigned_abs(),
        shadow_differs: row.differs.unsigned_abs(),
    });
    Ok(outcomes.collect())
}

/// How candidates in shadow judged at or after `since`, by both rules.
pub async fn candidate_outcomes(
    db: impl PgExecutor<'_>,
    since: Timestamp,
) -> Result<Vec<CandidateOutcomes>, StoreError> {
    let rows = sqlx::query!(
        r#"-- candidate_outcomes
        with last as (
            select d.action, d.rule, d.cause, d.episode, d.trace::json -> 'candidate' as candidate
            from decisions d
            where d.decided_by = 'rule' and d.decided_at >= $1 and not exists (
                select from decisions later
                where later.account = d.account and later.order_id = d.order_id and later.episode = d.episode
                    and later.decided_by = 'rule' and later.seq > d.seq
            )
        )
        select candidate ->> 'rule_set' as "rule_set!", action as "action!", rule,
            candidate ->> 'action' as "candidate_action!", candidate ->> 'rule' as candidate_rule,
            count(*) as "count!",
            count(*) filter (where episode = 1 and (action <> candidate ->> 'action'
                or cause is distinct from candidate ->> 'cause')) as "differs!"
        from last
        where candidate ->> 'rule_set' is not null and candidate ->> 'action' is not null
        group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5"#,
        since.to_sqlx() as jiff_sqlx::Timestamp,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(CandidateOutcomes {
                rule_set: row.rule_set,
                action: parsed(&row.action)?,
                rule: row.rule,
                candidate_action: parsed(&row.candidate_action)?,
                candidate_rule: row.candidate_rule,
                count: row.count.unsigned_abs(),
                differs: row.differs.unsigned_abs(),
            })
        })
        .collect()
}

/// When rules first decided anything.
pub async fn first_decision_by_rule(db: impl PgExecutor<'_>) -> Result<Option<Timestamp>, StoreError> {
    let first = sqlx::query_scalar!(
        r#"-- first_decision_by_rule
        select min(decided_at) as "first: jiff_sqlx::Timestamp" from decisions where decided_by = 'rule'"#
    )
    .fetch_one(db)
    .await?;
    Ok(first.map(jiff_sqlx::Timestamp::to_jiff))
}
