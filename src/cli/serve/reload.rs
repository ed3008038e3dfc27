//! The three ways to have the rules read again: SIGHUP, `POST /reload`, and a changed file. And `POST /rules/approve`.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use crate::cli::terminal::rules_refused;
use crate::domain::ErrorChain;
use crate::engine::{
    Approving, AskedBy, Engine, NotApproved, ReloadRefused, ReloadRequest, Reloaded, ShrunkLists,
};
use crate::http::admin::{ApproveAnswer, Asking, Desk, ReloadAnswer};
use crate::lifecycle::{self, Heartbeat, Lifecycle};
use crate::rules::RuleSet;
use crate::store::api_tokens;

/// How often the files are looked at. What changed comes into effect after some looks that see the same.
const FILE_INTERVAL: Duration = Duration::from_secs(1);

/// How long a reload may take before the task that runs it counts as stalled.
const PATIENCE: Duration = Duration::from_mins(2);

/// Starts listening for SIGHUP and looking at the files.
pub(super) fn watch(engine: &Arc<Engine>, lifecycle: &Lifecycle) -> std::io::Result<()> {
    let (on_signal, on_change) = (engine.clone(), engine.clone());
    let mut hangups = lifecycle::hangups()?;
    let stop = lifecycle.stop().clone();
    lifecycle.spawn("SIGHUP listener", PATIENCE, |heartbeat| async move {
        let mut next = async || {
            stop.run_until_cancelled(heartbeat.while_waiting(hangups.recv()))
                .await
        };
        while let Some(Some(())) = next().await {
            // Its end is in the log. A stop does not wait for files that cannot be read.
            let attempt = attempt(&on_signal, AskedBy::Machine("SIGHUP").into());
            let _ = stop.run_until_cancelled(Box::pin(attempt)).await;
        }
    });
    let stop = lifecycle.stop().clone();
    lifecycle.spawn("rule file watcher", PATIENCE, |heartbeat| {
        watch_files(on_change, stop, heartbeat)
    });
    Ok(())
}

async fn watch_files(engine: Arc<Engine>, stop: CancellationToken, heartbeat: Heartbeat) {
    let turns = async {
        loop {
            heartbeat.while_waiting(engine.clock.sleep(FILE_INTERVAL)).await;
            if let Some(ended) = engine.follow_rule_files().await {
                report("file change", &ended);
            }
            if let Some(ended) = engine.follow_candidate().await {
                report_candidate(&engine, "file change", &ended);
            }
        }
    };
    // Between any two steps: a stop does not wait for files that cannot be read.
    stop.run_until_cancelled(Box::pin(turns)).await;
}

/// Reads the rules again, and the candidate, and logs how it went.
async fn attempt(engine: &Engine, request: ReloadRequest<'_>) -> Result<Reloaded, ReloadRefused> {
    let reloaded = engine.reload_when_quiet(request).await;
    report(request.asked.name(), &reloaded);
    if engine.rules.files().candidate.is_some() {
        let read = engine.reload_candidate_when_quiet(request.asked.name()).await;
        report_candidate(engine, request.asked.name(), &read);
    }
    reloaded
}

/// Counts and logs how a reload ended.
fn report(asked_by: &str, reloaded: &Result<Reloaded, ReloadRefused>) {
    let outcome = match reloaded {
        Ok(Reloaded::InForce(_)) => "ok",
        Ok(Reloaded::Proposed { .. } | Reloaded::NotApproved(_)) => "waits",
        Err(_) => "refused",
    };
    metrics::counter!("portoutd_reloads_total", "outcome" => outcome).increment(1);
    match reloaded {
        Ok(Reloaded::NotApproved(waits)) => not_approved(*waits),
        Err(refused) => tracing::error!(
            asked_by,
            problems = problems(refused).join("; "),
            error = %ErrorChain(refused),
            "The edited rules are refused; the rules in effect stay"
        ),
        Ok(_) => {}
    }
}

/// Says that the file holds rules that judge only after two people have said so.
pub(super) fn not_approved(rule_set: [u8; 32]) {
    tracing::warn!(
        waits = hex::encode(rule_set),
        "The rule file holds rules that nobody has approved; the rules in effect stay. Run `portoutd reload` to propose \
         them, then have another person run `portoutd rules approve`"
    );
}

/// Reads the candidate at the start. It never stops anything: what is wrong with it is logged.
pub(super) async fn read_candidate(engine: &Engine, asked_by: &str) {
    if engine.rules.files().candidate.is_some() {
        report_candidate(engine, asked_by, &engine.reload_candidate(asked_by).await);
    }
}

/// Logs how reading the candidate ended.
fn report_candidate(engine: &Engine, asked_by: &str, read: &Result<Option<RuleSet>, ReloadRefused>) {
    metrics::gauge!("portoutd_candidate_refused").set(if read.is_err() { 1.0 } else { 0.0 });
    if let Err(refused) = read {
        let judging = engine.rules.candidate().map(|set| hex::encode(set.hash()));
        tracing::error!(
            asked_by,
            judging = judging.as_deref().unwrap_or("none"),
            problems = problems(refused).join("; "),
            error = %ErrorChain(refused),
            "The shadow candidate is refused; the last valid one stays in effect if there is one"
        );
    }
}

/// Every problem that kept the rules from coming into effect.
fn problems(refused: &ReloadRefused) -> Vec<String> {
    match refused {
        ReloadRefused::NotGood(refusal) => rules_refused::problems(refusal),
        ReloadRefused::NotRead(_) | ReloadRefused::Shrunk(_) => vec![refused.to_string()],
        ReloadRefused::Record(cause) => vec![ErrorChain(cause).to_string()],
    }
}

/// `POST /reload` and `POST /rules/approve`: for whoever shows a token that stands in the record.
pub(super) fn desk(engine: &Arc<Engine>, stop: &CancellationToken) -> Desk {
    let (for_reload, for_approval, stop) = (engine.clone(), engine.clone(), stop.clone());
    Desk::new(
        move |asking| {
            let (engine, stop) = (for_reload.clone(), stop.clone());
            async move {
                let reload = reload_for(&engine, asking);
                // A stop does not wait for files that cannot be read.
                let ended = stop.run_until_cancelled(Box::pin(reload)).await;
                ended.unwrap_or(ReloadAnswer::Failed)
            }
        },
        move |asking| {
            let engine = for_approval.clone();
            async move { approve_for(&engine, asking).await }
        },
    )
}

async fn reload_for(engine: &Engine, asking: Asking) -> ReloadAnswer {
    let name = match name_of(engine, &asking.token).await {
        Ok(Some(name)) => name,
        Ok(None) => return ReloadAnswer::WrongToken,
        Err(TokenUnknown) => return ReloadAnswer::Failed,
    };
    let asked = AskedBy::Person {
        name: &name,
        because: asking.because.as_deref(),
    };
    let request = ReloadRequest {
        asked,
        shrunk_lists: if asking.accept_shrunk_lists {
            ShrunkLists::Accepted
        } else {
            ShrunkLists::Refused
        },
    };
    let reloaded = attempt(engine, request).await;
    let rule_set = in_force(engine);
    match reloaded {
        Ok(Reloaded::InForce(_)) => ReloadAnswer::InForce {
            rule_set,
            findings: Vec::new(),
        },
        Ok(Reloaded::Proposed {
            rule_set: proposed,
            by,
        }) => ReloadAnswer::Proposed {
            rule_set,
            proposed: hex::encode(proposed),
            by,
        },
        // A person's wish is put in force or proposed.
        Ok(Reloaded::NotApproved(_)) | Err(ReloadRefused::Record(_)) => ReloadAnswer::Failed,
        Err(refused) => ReloadAnswer::Refused {
            rule_set,
            findings: problems(&refused).into_iter().map(Value::from).collect(),
        },
    }
}

async fn approve_for(engine: &Engine, asking: Asking) -> ApproveAnswer {
    let name = match name_of(engine, &asking.token).await {
        Ok(Some(name)) => name,
        Ok(None) => return ApproveAnswer::WrongToken,
        Err(TokenUnknown) => return ApproveAnswer::Failed,
    };
    let named = asking.rule_set.unwrap_or_default();
    let mut rule_set = [0; 32];
    if hex::decode_to_slice(&named, &mut rule_set).is_err() {
        let why = format!("`{named}` is no whole rule set: name it with all its 64 digits");
        let rule_set = in_force(engine);
        return ApproveAnswer::Refused { rule_set, why };
    }
    let approving = Approving {
        rule_set,
        name: &name,
        because: asking.because.as_deref(),
    };
    match engine.approve(&approving).await {
        Ok(_) => ApproveAnswer::InForce {
            rule_set: in_force(engine),
        },
        Err(NotApproved::Record(error)) => {
            tracing::error!(error = %ErrorChain(&error), "Failed to record an approval");
            ApproveAnswer::Failed
        }
        Err(refused) => {
            tracing::warn!(
                asked_by = name,
                waits = named,
                error = %ErrorChain(&refused),
                "The approval is refused"
            );
            ApproveAnswer::Refused {
                rule_set: in_force(engine),
                why: refused.to_string(),
            }
        }
    }
}

fn in_force(engine: &Engine) -> String {
    hex::encode(engine.rules.current().hash())
}

/// The token could not be looked up; the log says why.
struct TokenUnknown;

async fn name_of(engine: &Engine, token: &str) -> Result<Option<String>, TokenUnknown> {
    let hash: [u8; 32] = Sha256::digest(token.as_bytes()).into();
    api_tokens::token_name(&engine.pool, &hash)
        .await
        .map_err(|error| {
            tracing::error!(error = %ErrorChain(&error), "Failed to look up the token");
            TokenUnknown
        })
}
