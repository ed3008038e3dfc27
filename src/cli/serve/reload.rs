//! The three ways to have the rules read again: SIGHUP, `POST /reload`, and a changed file.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use crate::cli::lifecycle::{self, Lifecycle};
use crate::cli::rules_refused;
use crate::engine::{Engine, ReloadRefused};
use crate::http::admin::{Reload, ReloadAnswer};
use crate::store::{api_tokens, record_admin_action};

/// How often the files are looked at.
const FILE_INTERVAL: Duration = Duration::from_secs(2);

/// Starts listening for SIGHUP and looking at the files.
pub(super) fn watch(engine: &Arc<Engine>, lifecycle: &Lifecycle) -> std::io::Result<()> {
    let (on_signal, on_change) = (engine.clone(), engine.clone());
    let mut hangups = lifecycle::hangups()?;
    let stop = lifecycle.stop.clone();
    lifecycle.tracker.spawn(async move {
        while let Some(Some(())) = stop.run_until_cancelled(hangups.recv()).await {
            attempt(&on_signal, "SIGHUP").await;
        }
    });
    lifecycle
        .tracker
        .spawn(watch_files(on_change, lifecycle.stop.clone()));
    Ok(())
}

async fn watch_files(engine: Arc<Engine>, stop: CancellationToken) {
    // Nothing at first: the files may have changed since the start read them. To read the same again changes nothing.
    let mut known = BTreeMap::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = engine.clock.sleep(FILE_INTERVAL) => {}
        }
        let seen = fingerprint(&engine);
        if seen != known {
            attempt(&engine, "file change").await;
            // As seen before the files were read: what was saved meanwhile is a change. Other list files that the
            // rules have brought in are one too, and are read once more.
            known = seen;
        }
    }
}

/// Size and time of change of the rule file and of each list file.
fn fingerprint(engine: &Engine) -> BTreeMap<PathBuf, Option<(u64, SystemTime)>> {
    let rules = engine.rules.list_files();
    let files = std::iter::once(engine.rules.path().to_owned()).chain(rules);
    files
        .map(|path| {
            let seen = std::fs::metadata(&path)
                .ok()
                .and_then(|data| Some((data.len(), data.modified().ok()?)));
            (path, seen)
        })
        .collect()
}

async fn attempt(engine: &Engine, asked_by: &str) -> Option<ReloadRefused> {
    match engine.reload(asked_by).await {
        Ok(_) => {
            metrics::counter!("portoutd_reloads_total", "outcome" => "ok").increment(1);
            None
        }
        Err(refused) => {
            metrics::counter!("portoutd_reloads_total", "outcome" => "refused").increment(1);
            let problems = match &refused {
                ReloadRefused::NotGood(refusal) => rules_refused::problems(refusal),
                ReloadRefused::Record(cause) => vec![cause.to_string()],
            };
            tracing::error!(
                asked_by,
                problems = problems.join("; "),
                "the edited rules are refused, those in force stay: {refused}"
            );
            Some(refused)
        }
    }
}

/// `POST /reload`: for whoever shows a token that stands in the record.
pub(super) fn by_token(engine: Arc<Engine>) -> Reload {
    Reload::new(move |token| {
        let engine = engine.clone();
        async move { reload_for(&engine, &token).await }
    })
}

async fn reload_for(engine: &Engine, token: &str) -> ReloadAnswer {
    let hash: [u8; 32] = Sha256::digest(token.as_bytes()).into();
    let name = match api_tokens::token_name(&engine.pool, &hash).await {
        Ok(Some(name)) => name,
        Ok(None) => return ReloadAnswer::WrongToken,
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the token cannot be looked up"
            );
            return ReloadAnswer::Failed;
        }
    };
    let refused = attempt(engine, &name).await;
    let rule_set = hex::encode(engine.rules.current().hash());
    let detail = json!({ "rule_set": rule_set, "refused": refused.as_ref().map(ToString::to_string) });
    if let Err(error) = note(engine, &name, &detail).await {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "the reload cannot be recorded as an admin action"
        );
    }
    match refused {
        None => ReloadAnswer::InForce {
            rule_set,
            findings: Vec::new(),
        },
        Some(ReloadRefused::NotGood(refusal)) => ReloadAnswer::Refused {
            rule_set,
            findings: rules_refused::problems(&refusal)
                .into_iter()
                .map(Value::from)
                .collect(),
        },
        Some(ReloadRefused::Record(_)) => ReloadAnswer::Failed,
    }
}

async fn note(
    engine: &Engine,
    actor: &str,
    detail: &serde_json::Value,
) -> Result<(), crate::store::StoreError> {
    let mut tx = engine.pool.begin().await?;
    record_admin_action(&mut tx, actor, "rules.reload", detail, engine.clock.now()).await?;
    Ok(tx.commit().await?)
}
