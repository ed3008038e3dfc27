//! A decision as a `[[test]]` block for the rule file.

use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;

use super::reevaluate::{RecordedRules, facts};
use crate::cli::failure::Failure;
use crate::cli::session::database;
use crate::domain::{Action, DecidedBy};
use crate::rules::{Fact, RuleTest, Verdict};
use crate::store::decisions::Decision;
use crate::store::reports::{self, DecisionReport};

/// What tells the subscriber apart: taken out of the block, or told above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subscriber {
    AsRecorded,
    Anonymous,
}

/// The block for the newest decision of an order that rules have made, with what has to be known of it as comments.
pub(super) async fn block(
    pool: &PgPool,
    report: &DecisionReport,
    subscriber: Subscriber,
) -> Result<String, Failure> {
    let judged = judged(pool, &report.decision).await?;
    let mut notes = vec![match subscriber {
        Subscriber::AsRecorded => format!("From decision {} of {}.", judged.id, judged.decided_at),
        Subscriber::Anonymous => "From a decision on record.".to_owned(),
    }];
    if report.decision.by != DecidedBy::Rule {
        notes.push(format!(
            "It was overruled: in the end the answer was {}, by {}. What stands here is what the rules said.",
            report.decision.action, report.decision.by
        ));
    }
    let order = match (subscriber, &report.support_key) {
        (Subscriber::Anonymous, _) => "an order",
        (Subscriber::AsRecorded, Some(key)) => key,
        (Subscriber::AsRecorded, None) => judged.order_id.as_str(),
    };
    let name = format!("{order} as judged on {:.0}", judged.decided_at);
    let test = match RecordedRules::of(pool).judge(&judged).await? {
        Ok(verdict) => {
            notes.extend(difference(&judged, &verdict));
            match subscriber {
                Subscriber::Anonymous => verdict.anonymous().as_test(&name),
                Subscriber::AsRecorded => verdict.as_test(&name),
            }
        }
        Err(why) if subscriber == Subscriber::Anonymous => {
            return Err(Failure::not_good(anyhow::anyhow!(
                "made-up values cannot be tried, since {why}; leave `--anonymous` out"
            )));
        }
        Err(why) => {
            notes.push(format!("Nobody has run it: {why}."));
            recorded(&judged, name)?
        }
    };
    notes.extend(warning(&test, subscriber));
    Ok(format!("# {}\n{test}", notes.join("\n# ")))
}

/// The decision itself, or the one by rules in whose place it stands.
async fn judged(pool: &PgPool, decision: &Decision) -> Result<Decision, Failure> {
    let mut judged = decision.clone();
    while judged.by != DecidedBy::Rule {
        let before = match judged.supersedes {
            Some(id) => reports::decision_report(pool, id)
                .await
                .map_err(database::failed)?,
            None => None,
        };
        judged = before.ok_or_else(|| no_rules(decision.id))?.decision;
    }
    Ok(judged)
}

fn no_rules(id: Uuid) -> Failure {
    let told = format!(
        "no rules have judged this order before decision {id}, so there are no facts to make a test of; \
         `portoutd decisions show ORDER --all` shows its other decisions"
    );
    Failure::not_good(anyhow::anyhow!(told))
}

/// What the rules say where that is not what was recorded, as for an order that came back to pending.
fn difference(judged: &Decision, verdict: &Verdict) -> Option<String> {
    let same = (judged.action, &judged.rule, judged.cause) == (verdict.action, &verdict.rule, verdict.cause);
    (!same).then(|| {
        format!(
            "Recorded was {}; the rules by themselves say: {}",
            judged.action,
            verdict.sentence()
        )
    })
}

fn warning(test: &RuleTest, subscriber: Subscriber) -> Option<String> {
    let facts: Vec<&str> = test.personal_facts().into_iter().map(Fact::name).collect();
    if facts.is_empty() {
        return None;
    }
    Some(match subscriber {
        Subscriber::AsRecorded => format!(
            "It holds data of a real subscriber ({}); `--anonymous` puts made-up values in their place.",
            facts.join(", ")
        ),
        Subscriber::Anonymous => format!(
            "Made-up values stand for the subscriber's ({}), but for those that the verdict hangs on.",
            facts.join(", ")
        ),
    })
}

/// The test from the record alone.
fn recorded(judged: &Decision, name: String) -> Result<RuleTest, Failure> {
    let trace: Value = serde_json::from_str(&judged.trace).unwrap_or_default();
    let unknown = trace.get("unknown").and_then(Value::as_array);
    let unknown = unknown.into_iter().flatten().filter_map(Value::as_str);
    let facts = facts(judged).ok_or_else(|| {
        let id = judged.id;
        Failure::not_good(anyhow::anyhow!(
            "the facts of decision {id} on record cannot be read"
        ))
    })?;
    Ok(RuleTest {
        name,
        facts,
        now: judged.decided_at,
        expect: judged.action,
        by: judged.rule.clone(),
        cause: judged.cause.filter(|_| judged.action == Action::Reject),
        unknown: unknown.filter_map(|name| name.parse().ok()).collect(),
    })
}
