use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use rustix::process::{Resource, Rlimit};
use secrecy::SecretString;
use sqlx::PgPool;

use super::reload;
use crate::cli::{Failure, actor, database, pin_key, rules_refused};
use crate::clock::SharedClock;
use crate::domain::{AccountName, Mode};
use crate::engine::ingest::UnparsableBodies;
use crate::engine::{
    Accounts, Approval, Found, KeptBecause, ListBounds, NoRules, NotRecorded, Opened, PinKeyInUse, Polling,
    RuleFiles, RulesInForce,
};
use crate::http::{Limits, Listener};
use crate::rules::MaxShrink;
use crate::settings::{AccountSettings, Settings};
use crate::store::{self, Sessions};
use crate::telnyx::signature::{self, PublicKey};
use crate::telnyx::{Client, ClientSettings};

/// Everything the service is made of, checked and bound, before anything runs.
pub(crate) struct Parts {
    pub(super) core: Core,
    pub(super) doors: Doors,
    pub(super) polling: Polling,
    pub(super) at_once: usize,
}

/// What the use cases work with.
pub(super) struct Core {
    pub(super) pool: PgPool,
    pub(super) clock: SharedClock,
    pub(super) mode: Mode,
    pub(super) accounts: Accounts,
    pub(super) rules: RulesInForce,
    pub(super) pin_key: Option<Arc<PinKeyInUse>>,
    pub(super) send_rejection_code: bool,
    pub(super) unparsable_bodies: UnparsableBodies,
}

/// Where others come in.
pub(super) struct Doors {
    pub(super) keys: Vec<(AccountName, PublicKey)>,
    pub(super) public: Option<Listener>,
    pub(super) admin: Listener,
    pub(super) limits: Limits,
}

impl Parts {
    /// Checks every setting, connects, migrates, loads the rules and binds the listeners.
    pub(crate) async fn assemble(
        settings: &Settings,
        migrate: bool,
        clock: SharedClock,
    ) -> Result<Self, Failure> {
        signature::self_check().map_err(Failure::config)?;
        let serving = settings.for_serve().map_err(Failure::config)?;
        let keys = if settings.http.webhooks {
            public_keys(&serving.accounts)?
        } else {
            Vec::new()
        };
        let accounts = clients(settings, &serving.accounts, &clock)?;
        let pool = open_record(settings, &serving.database_url, migrate).await?;
        pin_key::check_at_start(settings, &pool, serving.pin_key.as_deref(), &*clock).await?;
        let rules = open_rules(settings, &pool, &clock).await?;
        let doors = Doors::bind(settings, keys).await?;
        let core = Core {
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
        let polling = Polling {
            interval: settings.telnyx.poll_interval,
        };
        Ok(Self {
            core,
            doors,
            polling,
            at_once: at_once(settings.telnyx.requests_per_second),
        })
    }
}

impl Parts {
    /// The record.
    pub(crate) fn pool(&self) -> &PgPool {
        &self.core.pool
    }
}

impl Doors {
    async fn bind(settings: &Settings, keys: Vec<(AccountName, PublicKey)>) -> Result<Self, Failure> {
        let http = &settings.http;
        let public = if http.webhooks {
            Some(bind("http.public_listen", "public", http.public_listen).await?)
        } else {
            None
        };
        let count = |setting: usize| u32::try_from(setting).unwrap_or(u32::MAX);
        raise_file_limit();
        Ok(Self {
            keys,
            public,
            admin: bind("http.admin_listen", "admin", http.admin_listen).await?,
            limits: Limits {
                connections: count(http.max_connections),
                connections_per_address: count(http.max_connections_per_address),
                ..Limits::default()
            },
        })
    }
}

/// Allows as many open files as the system grants this process: each socket is one, and many systems start a process
/// with 1024 for everything it opens.
fn raise_file_limit() {
    let limit = rustix::process::getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    if let Err(error) = rustix::process::setrlimit(Resource::Nofile, raised) {
        tracing::warn!(%error, "The limit of open files could not be raised");
    }
}

/// Connects, and sees to it that the schema is the one this program knows.
async fn open_record(settings: &Settings, url: &SecretString, migrate: bool) -> Result<PgPool, Failure> {
    let pool = database::connect(url, settings.database_connections, Sessions::Service).await?;
    if migrate {
        store::migrate(&pool)
            .await
            .map_err(|error| database::unusable(url, error))?;
    }
    database::expect_current(&pool, url).await?;
    Ok(pool)
}

/// The rules of the file, or, if these are broken or not approved, those that were in force when the service last ran.
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
        Some(KeptBecause::Refused(refusal)) => {
            let problems = rules_refused::problems(&refusal).join("; ");
            report_kept(&opened.rules, &problems, &refusal);
        }
        Some(KeptBecause::NotRead(not_read)) => report_kept(&opened.rules, &not_read.to_string(), &not_read),
        Some(KeptBecause::Shrunk(shrunk)) => report_kept(&opened.rules, &shrunk.to_string(), &shrunk),
        Some(KeptBecause::NotApproved(hash)) => reload::not_approved(hash),
        None => {}
    }
    Ok(opened.rules)
}

/// Opens the rules, again and again while the database is the obstacle: a process that was killed a moment ago may have left
/// locks behind, which the server frees within seconds.
async fn open_patiently(pool: &PgPool, files: RuleFiles, clock: &SharedClock) -> Result<Opened, NoRules> {
    const PATIENCE: Duration = Duration::from_secs(20);
    let since = Instant::now();
    loop {
        match RulesInForce::open(pool, files.clone(), &actor::actor(), clock.now()).await {
            Err(NoRules::Record(NotRecorded::Store(error)))
                if error.is_temporary() && since.elapsed() < PATIENCE =>
            {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
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
        "the rule file is refused, so the rules that were in force last go on: {why}"
    );
}

/// So many looks at once that none waits long for its turn to call: a read must be fresh when its answer is sent.
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
            .with_context(|| format!("the public key of account `{}` will not do", account.name))
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

/// The client of one account, as the settings want it.
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

async fn bind(
    setting: &'static str,
    name: &'static str,
    address: std::net::SocketAddr,
) -> Result<Listener, Failure> {
    Listener::bind(address, setting, name)
        .await
        .map_err(Failure::config)
}
