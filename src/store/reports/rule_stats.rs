//! How the rules did: counted in the database over the last decision by rules of each stay in `pending`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::{PgExecutor, PgPool};

use crate::domain::Action;
use crate::store::StoreError;
use crate::store::columns::parsed;

/// How the rules did over a stretch of time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleStats {
    /// How many stays rules judged.
    pub judged: u64,
    /// How many of them no rule decided.
    pub without_rule: u64,
    /// Every rule that decided or was told of, by id.
    pub rules: BTreeMap<String, RuleStat>,
    /// How candidates in shadow judged beside them.
    pub candidates: Vec<CandidateOutcomes>,
}

/// How one rule did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleStat {
    /// How many stays it decided.
    pub hits: u64,
    /// When it decided last.
    pub last_hit: Option<Timestamp>,
    /// Of the hits: a person decided otherwise.
    pub overridden: u64,
    /// Of the hits: our rejection was followed by a further stay.
    pub bounced: u64,
    /// In how many stays a missing fact kept it open.
    pub undecided: u64,
    /// In how many it held in shadow.
    pub shadow_held: u64,
    /// In how many of these no rule above it decided, so that it would have.
    pub shadow_decided: u64,
    /// When it would have decided last.
    pub shadow_last: Option<Timestamp>,
    /// In how many of these the rules in force said something else.
    pub shadow_differs: u64,
}

/// Counts how the rules did at or after `since`, in the last decision by rules of each stay.
pub async fn rule_stats(pool: &PgPool, since: Timestamp) -> Result<RuleStats, StoreError> {
    let mut stats = RuleStats {
        candidates: candidate_outcomes(pool, since).await?,
        ..RuleStats::default()
    };
    for one in rule_hits(pool, since).await? {
        stats.judged += one.hits;
        let Some(rule) = one.rule else {
            stats.without_rule += one.hits;
            continue;
        };
        let stat = RuleStat {
            hits: one.hits,
            last_hit: one.last_hit,
            overridden: one.overridden,
            bounced: one.bounced,
            ..RuleStat::default()
        };
        stats.rules.insert(rule, stat);
    }
    for one in rule_outcomes(pool, since).await? {
        let stat = stats.rules.entry(one.rule).or_default();
        stat.undecided = one.undecided;
        stat.shadow_held = one.shadow_held;
        stat.shadow_decided = one.shadow_decided;
        stat.shadow_last = one.shadow_last;
        stat.shadow_differs = one.shadow_differs;
    }
    Ok(stats)
}

/// What one rule decided, and what became of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct RuleHits {
    /// The rule; none for what no rule decided.
    pub(super) rule: Option<String>,
    /// How many stays it decided.
    pub(super) hits: u64,
    /// When it decided last.
    pub(super) last_hit: Option<Timestamp>,
    /// How often a person decided otherwise.
    pub(super) overridden: u64,
    /// How many of its rejections came back.
    pub(super) bounced: u64,
}

/// How one rule came out where it did not decide: open for want of a fact, or in shadow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct RuleOutcomes {
    /// The rule.
    pub(super) rule: String,
    /// In how many stays a missing fact kept it open.
    pub(super) undecided: u64,
    /// In how many it held in shadow.
    pub(super) shadow_held: u64,
    /// In how many of these no rule above it decided, so that it would have.
    pub(super) shadow_decided: u64,
    /// The last of these.
    pub(super) shadow_last: Option<Timestamp>,
    /// In how many of these the rules in force said something else.
    pub(super) shadow_differs: u64,
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
pub(super) async fn rule_hits(
    db: impl PgExecutor<'_>,
    since: Timestamp,
) -> Result<Vec<RuleHits>, StoreError> {
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
pub(super) async fn rule_outcomes(
    db: impl PgExecutor<'_>,
    since: Timestamp,
) -> Result<Vec<RuleOutcomes>, StoreError> {
    // A trace takes long to take apart, so it is first looked at as text for a word that is worth it.
    let rows = sqlx::query!(
        r#"-- rule_outcomes
        with last as materialized (
            select d.action, d.episode, d.decided_at, d.trace::json as trace
            from decisions d
            where d.decided_by = 'rule' and d.decided_at >= $1
                and d.trace like any (array['%:"unknown"%', '%: "unknown"%', '%"shadow-unknown"%', '%"shadow-yes"%'])
                and not exists (
                    select from decisions later
                    where later.account = d.account and later.order_id = d.order_id and later.episode = d.episode
                        and later.decided_by = 'rule' and later.seq > d.seq
                )
        ), told as (
            select entry.rule, 1 as undecided, 0 as held, 0 as decided, 0 as differs, null::timestamptz as decided_at
            from last, json_to_recordset(last.trace -> 'rules') as entry (rule text, outcome text)
            where entry.outcome in ('unknown', 'shadow-unknown')
            union all
            select entry.rule, 0, 1, entry.reached::integer,
                (entry.reached and last.episode = 1 and entry.action <> last.action)::integer,
                case when entry.reached then last.decided_at end
            from last, json_to_recordset(last.trace -> 'shadow')
                as entry (rule text, action text, outcome text, reached boolean)
            where entry.outcome = 'shadow-yes'
        )
        select rule as "rule!", sum(undecided) as "undecided!", sum(held) as "held!", sum(decided) as "decided!",
            sum(differs) as "differs!", max(decided_at) as "last: jiff_sqlx::Timestamp"
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
        shadow_last: row.last.map(jiff_sqlx::Timestamp::to_jiff),
        shadow_differs: row.differs.unsigned_abs(),
    });
    Ok(outcomes.collect())
}

/// How candidates in shadow judged at or after `since`, by both rules.
async fn candidate_outcomes(
    db: impl PgExecutor<'_>,
    since: Timestamp,
) -> Result<Vec<CandidateOutcomes>, StoreError> {
    let rows = sqlx::query!(
        r#"-- candidate_outcomes
        with last as (
            select d.action, d.rule, d.cause, d.episode, d.trace::json -> 'candidate' as candidate
            from decisions d
            where d.decided_by = 'rule' and d.decided_at >= $1 and d.trace like '%"candidate"%' and not exists (
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
