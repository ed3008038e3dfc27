//! The three ways to have the rules read again: SIGHUP, `POST /reload`, and a changed file. And `POST /rules/approve`.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use crate::cli::rules_refused;
use crate::engine::{Approving, AskedBy, Engine, FilesSeen, NotApproved, ReloadRefused, Reloaded};
use crate::http::admin::{ApproveAnswer, Asking, Desk, ReloadAnswer};
use crate::lifecycle::{self, Heartbeat, Lifecycle};
use crate::store::api_tokens;

/// How often the files are looked at.
const FILE_INTERVAL: Duration = Duration::from_secs(2);

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
            // Its end is in the log.
            let _ = attempt(&on_signal, AskedBy::Machine("SIGHUP")).await;
        }
    });
    let stop = lifecycle.stop().clone();
    lifecycle.spawn("rule file watcher", PATIENCE, |heartbeat| {
        watch_files(on_change, stop, heartbeat)
    });
    Ok(())
}

async fn watch_files(engine: Arc<Engine>, stop: CancellationToken, heartbeat: Heartbeat) {
    // Nothing at first: the files may have changed since the start read them. To read the same again changes nothing.
    let mut known = FilesSeen::default();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = heartbeat.while_waiting(engine.clock.sleep(FILE_INTERVAL)) => {}
        }
        let seen = FilesSeen::of(engine.rules.watched_files());
        if seen != known || is_approved_elsewhere(&engine).await {
            let _ = attempt(&engine, AskedBy::Machine("file change")).await;
            // As seen before the files were read: what was saved meanwhile is a change. Other list files that the
            // rules have brought in are one too, and are read once more.
            known = seen;
        }
    }
}

/// Whether what waits here was approved by way of another replica. A database that is away is told of elsewhere.
async fn is_approved_elsewhere(engine: &Engine) -> bool {
    engine.is_approved_elsewhere().await.unwrap_or(false)
}

/// Reads the rules again, and the candidate, and tells the log how it went.
async fn attempt(engine: &Engine, asked: AskedBy<'_>) -> Result<Reloaded, ReloadRefused> {
    let reloaded = engine.reload(asked).await;
    let outcome = match &reloaded {
        Ok(Reloaded::InForce(_)) => "ok",
        Ok(Reloaded::Proposed { .. } | Reloaded::NotApproved(_)) => "waits",
        Err(_) => "refused",
    };
    metrics::counter!("portoutd_reloads_total", "outcome" => outcome).increment(1);
    let asked_by = asked.name();
    match &reloaded {
        Ok(Reloaded::NotApproved(waits)) => not_approved(*waits),
        Err(refused) => tracing::error!(
            asked_by,
            problems = problems(refused),
            "the edited rules are refused, those in force stay: {refused}"
        ),
        Ok(_) => {}
    }
    read_candidate(engine, asked_by).await;
    reloaded
}

/// Says that the file holds rules that judge only after two people have said so.
pub(super) fn not_approved(rule_set: [u8; 32]) {
    tracing::warn!(
        waits = hex::encode(rule_set),
        "the rule file holds rules that nobody has approved, those in force go on: `portoutd reload` proposes them, \
         then another person runs `portoutd rules approve`"
    );
}

/// Reads the candidate again. It never stops anything: what is wrong with it is told, and the last good one goes on.
pub(super) async fn read_candidate(engine: &Engine, asked_by: &str) {
    if engine.rules.files().candidate.is_none() {
        return;
    }
    let read = engine.reload_candidate(asked_by).await;
    metrics::gauge!("portoutd_candidate_refused").set(if read.is_err() { 1.0 } else { 0.0 });
    if let Err(refused) = read {
        let judging = engine.rules.candidate().map(|set| hex::encode(set.hash()));
        tracing::error!(
            asked_by,
            judging = judging.as_deref().unwrap_or("none"),
            problems = problems(&refused),
            "the candidate in shadow is refused, the last good one goes on if there is one: {refused}"
        );
    }
}

fn problems(refused: &ReloadRefused) -> String {
    match refused {
        ReloadRefused::NotGood(refusal) => rules_refused::problems(refusal).join("; "),
        ReloadRefused::Record(cause) => cause.to_string(),
    }
}

/// `POST /reload` and `POST /rules/approve`: for whoever shows a token that stands in the record.
pub(super) fn desk(engine: &Arc<Engine>) -> Desk {
    let (for_reload, for_approval) = (engine.clone(), engine.clone());
    Desk::new(
        move |asking| {
            let engine = for_reload.clone();
            async move { reload_for(&engine, asking).await }
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
    let reloaded = attempt(engine, asked).await;
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
        Err(ReloadRefused::NotGood(refusal)) => ReloadAnswer::Refused {
            rule_set,
            findings: rules_refused::problems(&refusal)
                .into_iter()
                .map(Value::from)
                .collect(),
        },
        // A person's wish is put in force or proposed.
        Ok(Reloaded::NotApproved(_)) | Err(ReloadRefused::Record(_)) => ReloadAnswer::Failed,
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
            let error: &dyn std::error::Error = &error;
            tracing::error!(error, "an approval cannot be recorded");
            ApproveAnswer::Failed
        }
        Err(refused) => {
            tracing::warn!(
                asked_by = name,
                waits = named,
                "an approval is refused: {refused}"
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
            let error: &dyn std::error::Error = &error;
            tracing::error!(error, "the token cannot be looked up");
            TokenUnknown
        })
}
