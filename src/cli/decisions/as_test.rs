//! A decision as a `[[test]]` block for the rule file.

use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;

use crate::cli::failure::Failure;
use crate::cli::session::database;
use crate::domain::{Action, DecidedBy};
use crate::engine::orders::reevaluate::{RecordedRules, decided_by_rules, recorded_facts};
use crate::rules::{Fact, RuleTest, Verdict};
use crate::store::decisions::Decision;
use crate::store::reports::DecisionReport;

/// Whether the block contains the data of the real subscriber.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subscriber {
    AsRecorded,
    Anonymous,
}

/// The block for the newest decision of an order by rules, with comments about it.
pub(super) async fn block(
    pool: &PgPool,
    report: &DecisionReport,
    subscriber: Subscriber,
) -> Result<String, Failure> {
    let judged = decided_by_rules(pool, &report.decision)
        .await
        .map_err(database::failed)?;
    let judged = judged.ok_or_else(|| no_rules(report.decision.id))?;
    let mut notes = vec![match subscriber {
        Subscriber::AsRecorded => format!("From decision {} of {}.", judged.id, judged.decided_at),
        Subscriber::Anonymous => "From a recorded decision.".to_owned(),
    }];
    if report.decision.by != DecidedBy::Rule {
        notes.push(format!(
            "The decision was overridden: the final answer was {}, by {}. This test contains the verdict of the rules.",
            report.decision.action, report.decision.by
        ));
    }
    let order = match (subscriber, &report.support_key) {
        (Subscriber::Anonymous, _) => "an order",
        (Subscriber::AsRecorded, Some(key)) => key,
        (Subscriber::AsRecorded, None) => judged.order_id.as_str(),
    };
    let name = format!("{order} as evaluated on {:.0}", judged.decided_at);
    let verdict = RecordedRules::of(pool).evaluate(&judged).await;
    let test = match verdict.map_err(database::failed)? {
        Ok(verdict) => {
            notes.extend(difference(&judged, &verdict));
            match subscriber {
                Subscriber::Anonymous => verdict.anonymous().as_test(&name),
                Subscriber::AsRecorded => verdict.as_test(&name),
            }
        }
        Err(why) if subscriber == Subscriber::Anonymous => {
            return Err(Failure::not_good(anyhow::anyhow!(
                "invented values cannot be tested, because {why}. Omit `--anonymous`"
            )));
        }
        Err(why) => {
            notes.push(format!("This test was not run: {why}."));
            recorded(&judged, name)?
        }
    };
    notes.extend(warning(&test, subscriber));
    Ok(format!("# {}\n{test}", notes.join("\n# ")))
}

fn no_rules(id: Uuid) -> Failure {
    let told = format!(
        "no rules evaluated this order before decision {id}, so there are no facts for a test. \
         `portoutd decisions show ORDER --all` shows its other decisions"
    );
    Failure::not_good(anyhow::anyhow!(told))
}

/// The verdict of the rules if it differs from the recorded one, such as for an order that bounced.
fn difference(judged: &Decision, verdict: &Verdict) -> Option<String> {
    let same = (judged.action, &judged.rule, judged.cause) == (verdict.action, &verdict.rule, verdict.cause);
    (!same).then(|| {
        format!(
            "The recorded action was {}. Without the safeguards outside the rules, the verdict is: {}",
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
            "This test contains data of a real subscriber ({}). `--anonymous` replaces it with invented values.",
            facts.join(", ")
        ),
        Subscriber::Anonymous => format!(
            "The subscriber's values ({}) are invented, except those that the verdict depends on.",
            facts.join(", ")
        ),
    })
}

/// The test from the recorded decision, without an evaluation.
fn recorded(judged: &Decision, name: String) -> Result<RuleTest, Failure> {
    let trace: Value = serde_json::from_str(&judged.trace).unwrap_or_default();
    let unknown = trace.get("unknown").and_then(Value::as_array);
    let unknown = unknown.into_iter().flatten().filter_map(Value::as_str);
    let facts = recorded_facts(judged).ok_or_else(|| {
        let id = judged.id;
        Failure::not_good(anyhow::anyhow!(
            "the recorded facts of decision {id} cannot be read"
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
