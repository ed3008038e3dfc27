//! Assembles the service: checks the settings, opens the listeners, connects and migrates the database, loads the rules.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use secrecy::{ExposeSecret as _, SecretString};
use sqlx::PgPool;

use super::listeners::Listeners;
use crate::cli::failure::Failure;
use crate::cli::session::{actor, database};
use crate::cli::terminal::{pin_key, rules_refused};
use crate::clock::SharedClock;
use crate::domain::{AccountName, ErrorChain};
use crate::engine::intake::ingest::UnparsableBodies;
use crate::engine::{
    Accounts, Approval, Components, Found, KeptReason, ListBounds, NoRules, NotRecorded, NotRecovered,
    Opened, PinKeyInUse, Polling, Recovered, RuleFiles, RulesInForce, Tasks, recover_rule_files,
    report_not_approved,
};
use crate::http::Startup;
use crate::lifecycle::Lifecycle;
use crate::rules::MaxShrink;
use crate::settings::{AccountSettings, Settings};
use crate::store::{self, Sessions};
use crate::telnyx::signature::{self, PublicKey};
use crate::telnyx::{Client, ClientSettings};

/// The parts of the service, checked, before any of its tasks run. Only the listeners are already served.
pub(crate) struct App {
    pub(super) core: Components,
    pub(super) listeners: Listeners,
    pub(super) tasks: Tasks,
}

impl App {
    /// Checks every setting, opens the listeners, connects, migrates and loads the rules. Once open, the listeners answer
    /// until the lifecycle stops, even if a later step is slow or fails.
    pub(crate) async fn assemble(
        settings: &Settings,
        migrate: bool,
        clock: SharedClock,
        lifecycle: &Lifecycle,
    ) -> Result<Self, Failure> {
        signature::self_check().map_err(Failure::config)?;
        let serving = settings.for_serve().map_err(Failure::config)?;
        let keys = if settings.http.webhooks {
            public_keys(&serving.accounts)?
        } else {
            Vec::new()
        };
        let accounts = clients(settings, &serving.accounts, &clock)?;
        let listeners = Listeners::open(settings, keys, lifecycle).await?;
        let startup = listeners.startup();
        let pool = open_database(settings, &serving.database_url, migrate, startup).await?;
        startup.enter("checking the PIN key");
        pin_key::check_at_start(settings, &pool, serving.pin_key.as_deref(), &*clock).await?;
        startup.enter("loading the rules");
        finish_interrupted_changes(settings, &pool, &clock).await;
        let rules = open_rules(settings, &pool, &clock).await?;
        let core = Components {
            pool,
            clock,
            mode: settings.mode,
            accounts,
            rules,
            pin_key: serving.pin_key.map(PinKeyInUse::new).map(Arc::new),
            send_rejection_code: settings.telnyx.send_rejection_code,
            unparsable_bodies: if settings.keep_unparsable_bodies {
                UnparsableBodies::Kept
            } else {
                UnparsableBodies::Digested
            },
        };
        let tasks = Tasks {
            at_once: at_once(settings.telnyx.requests_per_second),
            polling: Polling {
                interval: settings.telnyx.poll_interval,
            },
        };
        Ok(Self {
            core,
            listeners,
            tasks,
        })
    }
}

impl App {
    /// The database.
    pub(crate) fn pool(&self) -> &PgPool {
        &self.core.pool
    }
}

/// Connects, and ensures that the schema is the one that this program knows.
async fn open_database(
    settings: &Settings,
    url: &SecretString,
    migrate: bool,
    startup: &Startup,
) -> Result<PgPool, Failure> {
    wait_while_silent(url).await;
    let pool = database::connect(url, settings.database_connections, Sessions::Service).await?;
    if migrate {
        startup.enter("migrating the database");
        store::migrate(&pool)
            .await
            .map_err(|error| database::unusable(url, error))?;
    }
    database::expect_current(&pool, url).await?;
    report_weak_limits(&pool).await?;
    Ok(pool)
}

/// Logs each time limit of the sessions that is disabled or longer than needed, because other sessions may have to wait.
async fn report_weak_limits(pool: &PgPool) -> Result<(), Failure> {
    for limit in store::weak_limits(pool).await.map_err(database::failed)? {
        let in_effect = limit.in_effect.map(|limit| format!("{limit:?}"));
        tracing::warn!(
            limit = limit.name,
            in_effect = in_effect.as_deref().unwrap_or("none"),
            wanted = ?limit.wanted,
            "The database sessions have a weaker time limit than the service needs, so a session that hangs can delay \
             decisions. Remove the limit from `options` in DATABASE_URL and from PGOPTIONS, and configure poolers to \
             forward `options`"
        );
    }
    Ok(())
}

/// Waits for a limited time while the database does not respond at all, such as on a network that drops packets. A process
/// that restarts would refuse webhooks and health checks meanwhile, and would not connect earlier. Every response ends the
/// wait, even an error.
async fn wait_while_silent(url: &SecretString) {
    const PATIENCE: Duration = Duration::from_mins(1);
    let since = Instant::now();
    while since.elapsed() < PATIENCE && store::is_silent(url.expose_secret()).await {
        tracing::warn!(
            database = database::whereabouts(url),
            "The database does not answer; trying again"
        );
    }
}

/// The rules of the file, or, if these are broken or not approved, those that were active when the service last ran.
async fn open_rules(
    settings: &Settings,
    pool: &PgPool,
    clock: &SharedClock,
) -> Result<RulesInForce, Failure> {
    let files = RuleFiles {
        rules: settings.rules.clone(),
        candidate: settings.shadow_rules.clone(),
        approval: if settings.rules_need_approval {
            Approval::Needed
        } else {
            Approval::NotNeeded
        },
        lists: ListBounds {
            max_bytes: Some(settings.lists.max_size),
            max_shrink: MaxShrink::percent(settings.lists.max_shrink_percent),
        },
    };
    let opened = open_patiently(pool, files, clock)
        .await
        .map_err(|error| match error {
            NoRules::NotGood(refusal) => {
                Failure::config(anyhow!(rules_refused::told(&refusal, &settings.rules)))
            }
            NoRules::NotApproved(_) | NoRules::NotRead(_) => Failure::config(error),
            NoRules::Record(error) => Failure::away(error),
        })?;
    if opened.found == Found::Other {
        opened.rules.wait_for_quiet();
    }
    match opened.kept {
        Some(KeptReason::Refused(refusal)) => {
            let problems = rules_refused::problems(&refusal).join("; ");
            report_kept(&opened.rules, &problems, &refusal);
        }
        Some(KeptReason::NotRead(not_read)) => {
            report_kept(&opened.rules, &ErrorChain(&not_read).to_string(), &not_read);
        }
        Some(KeptReason::Shrunk(shrunk)) => report_kept(&opened.rules, &shrunk.to_string(), &shrunk),
        Some(KeptReason::NotApproved(hash)) => report_not_approved(hash),
        None => {}
    }
    Ok(opened.rules)
}

/// Completes or reverts changes of the rule files that were interrupted. A service that does not run authorizes every
/// order by its silence, so a failure is logged and does not stop the start. The next change or start tries again.
async fn finish_interrupted_changes(settings: &Settings, pool: &PgPool, clock: &SharedClock) {
    /// The actor of an admin action that no person requested.
    const BY: &str = "portoutd";
    const PATIENCE: Duration = Duration::from_secs(20);
    let since = Instant::now();
    loop {
        match recover_rule_files(pool, &settings.rules, BY, clock.now()).await {
            Ok(recovered) => return recovered.iter().for_each(log_recovered),
            Err(NotRecovered::Store(error)) if error.is_temporary() && since.elapsed() < PATIENCE => {
                clock.sleep(Duration::from_secs(1)).await;
            }
            Err(error) => {
                return tracing::error!(
                    error = %ErrorChain(&error),
                    "Failed to recover from an interrupted change of the rule files"
                );
            }
        }
    }
}

fn log_recovered(recovered: &Recovered) {
    let outcome = recovered.to_string();
    match recovered {
        Recovered::Completed(_) | Recovered::Reverted(_) => {
            tracing::warn!(outcome, "Recovered from an interrupted change of the rule files");
        }
        Recovered::Dropped { .. } | Recovered::Unreadable(_) => {
            tracing::error!(
                outcome,
                "Failed to complete an interrupted change of the rule files"
            );
        }
    }
}

/// Opens the rules, with retries while the database prevents it: a process that was just killed may have left locks, which
/// the server releases within seconds.
async fn open_patiently(pool: &PgPool, files: RuleFiles, clock: &SharedClock) -> Result<Opened, NoRules> {
    const PATIENCE: Duration = Duration::from_secs(20);
    let since = Instant::now();
    loop {
        match RulesInForce::open(pool, files.clone(), &actor::actor(), clock.now()).await {
            Err(NoRules::Record(NotRecorded::Store(error)))
                if error.is_temporary() && since.elapsed() < PATIENCE =>
            {
                tracing::warn!(
                    error = %ErrorChain(&error),
                    "Failed to record the rules; trying again"
                );
                clock.sleep(Duration::from_secs(1)).await;
            }
            opened => return opened,
        }
    }
}

/// Logs that the rule file is not in effect after the start.
fn report_kept(rules: &RulesInForce, problems: &str, why: &dyn std::fmt::Display) {
    metrics::counter!("portoutd_reloads_total", "outcome" => "refused").increment(1);
    tracing::error!(
        rule_set = hex::encode(rules.current().hash()),
        problems,
        why = %why,
        "The rule file is refused, so the last active rules stay active"
    );
}

/// The number of orders to process concurrently. Low enough that none waits long for the rate limiter, because a read must
/// be fresh when its answer is sent.
fn at_once(requests_per_second: f64) -> usize {
    const MOST: f64 = 16.0;
    // Clamped to 1..=16 first, so that the cast neither truncates nor loses a sign.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 1 and 16"
    )]
    let places = (requests_per_second * 3.0).clamp(1.0, MOST) as usize;
    places
}

fn public_keys(accounts: &[AccountSettings]) -> Result<Vec<(AccountName, PublicKey)>, Failure> {
    let mut keys = Vec::new();
    for account in accounts {
        let Some(text) = &account.public_key else { continue };
        let key = PublicKey::from_base64(text)
            .with_context(|| format!("the public key of account `{}` is not valid", account.name))
            .map_err(Failure::config)?;
        keys.push((account.name.clone(), key));
    }
    Ok(keys)
}

fn clients(
    settings: &Settings,
    accounts: &[AccountSettings],
    clock: &SharedClock,
) -> Result<Accounts, Failure> {
    accounts
        .iter()
        .map(|account| Ok((account.name.clone(), client(settings, account, clock)?)))
        .collect()
}

/// The client of one account, as configured.
pub(crate) fn client(
    settings: &Settings,
    account: &AccountSettings,
    clock: &SharedClock,
) -> Result<Client, Failure> {
    let telnyx = &settings.telnyx;
    let client = ClientSettings {
        base_url: telnyx.base_url.clone(),
        api_key: account.api_key.clone(),
        timeout: telnyx.timeout,
        connect_timeout: telnyx.timeout / 2,
        requests_per_second: telnyx.requests_per_second,
    };
    Client::new(&client, clock.clone()).map_err(Failure::config)
}
