//! Statistics of the rules, computed in the database over the last decision of the rules in each episode.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::{PgExecutor, PgPool};

use crate::domain::Action;
use crate::store::StoreError;
use crate::store::columns::parsed;

/// Statistics of the rules over a period.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleStats {
    /// The number of episodes that the rules evaluated.
    pub judged: u64,
    /// The number of those that no rule decided.
    pub without_rule: u64,
    /// Every rule that decided or appears in a trace, by ID.
    pub rules: BTreeMap<String, RuleStat>,
    /// The verdicts of shadow candidates next to those of the active rules.
    pub candidates: Vec<CandidateOutcomes>,
}

/// Statistics of one rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleStat {
    /// The number of episodes that it decided.
    pub hits: u64,
    /// When it last decided.
    pub last_hit: Option<Timestamp>,
    /// The hits for which a person decided differently.
    pub overridden: u64,
    /// The hits in which another episode followed our rejection.
    pub bounced: u64,
    /// The number of episodes in which a missing fact left it undecided.
    pub undecided: u64,
    /// The number of episodes in which it matched in shadow mode.
    pub shadow_held: u64,
    /// The number of those in which no earlier rule decided, so that it would have.
    pub shadow_decided: u64,
    /// When it would last have decided.
    pub shadow_last: Option<Timestamp>,
    /// The number of those in which the verdict of the active rules differed.
    pub shadow_differs: u64,
}

/// Computes the statistics of the rules at or after `since`, from the last decision of the rules in each episode.
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

/// The decisions of one rule, and their outcomes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct RuleHits {
    /// The rule, or `None` for decisions without a rule.
    pub(super) rule: Option<String>,
    /// The number of episodes that it decided.
    pub(super) hits: u64,
    /// When it last decided.
    pub(super) last_hit: Option<Timestamp>,
    /// How often a person decided differently.
    pub(super) overridden: u64,
    /// How many of its rejections Telnyx returned to pending.
    pub(super) bounced: u64,
}

/// The outcomes of one rule where it did not decide: a fact was missing, or it is in shadow mode.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct RuleOutcomes {
    /// The rule.
    pub(super) rule: String,
    /// The number of episodes in which a missing fact left it undecided.
    pub(super) undecided: u64,
    /// The number of episodes in which it matched in shadow mode.
    pub(super) shadow_held: u64,
    /// The number of those in which no earlier rule decided, so that it would have.
    pub(super) shadow_decided: u64,
    /// The last of these.
    pub(super) shadow_last: Option<Timestamp>,
    /// The number of those in which the verdict of the active rules differed.
    pub(super) shadow_differs: u64,
}

/// The verdicts of a shadow candidate next to those of the active rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CandidateOutcomes {
    /// The candidate's version, as it was recorded.
    pub rule_set: String,
    /// The action of the active rules.
    pub action: Action,
    /// Their rule, or `None` if no rule decided.
    pub rule: Option<String>,
    /// The action of the candidate.
    pub candidate_action: Action,
    /// The candidate's rule.
    pub candidate_rule: Option<String>,
    /// The number of episodes.
    pub count: u64,
    /// The number of those in which the answer would have been different: another action, or another cause of a
    /// rejection.
    pub differs: u64,
}

/// Returns what each rule decided at or after `since`.
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

/// Returns the outcomes of each rule in the traces recorded at or after `since`. An episode after the first counts no
/// difference, because it is held whatever the rules decide.
pub(super) async fn rule_outcomes(
    db: impl PgExecutor<'_>,
    since: Timestamp,
) -> Result<Vec<RuleOutcomes>, StoreError> {
    // Parsing a trace is slow, so it is first searched as text for a relevant word.
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

/// Returns the verdicts of shadow candidates at or after `since`, by the rules of both sides.
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
