//! The contestants that listen: each prints its address and serves until its standard input closes.

use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::routing::post;
use portoutd::clock::{Clock as _, SystemClock};
use portoutd::domain::{AccountName, PinKey};
use portoutd::engine::intake::ingest::{Bounds, Ingest, IngestContext};
use portoutd::engine::{DecideWithin, PinKeyInUse};
use portoutd::http::public::Public;
use portoutd::http::{Limits, Listener, metrics};
use portoutd::lifecycle::Lifecycle;
use portoutd::store::events::{NewEvent, insert_events};
use portoutd::telnyx::parse_webhook;
use portoutd::telnyx::signature::{PublicKey, SIGNATURE_HEADER, TIMESTAMP_HEADER};
use sqlx::PgPool;
use tokio::sync::Notify;

/// The connections of the contestant that uses one per request in progress.
const CONNECTIONS: u32 = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Contestant {
    Service,
    /// The service with a PIN key, so that the register is queried too.
    ServiceWithPins,
    VerifyOnly,
    OneInsert,
}

#[derive(Clone)]
struct Plain {
    key: Arc<PublicKey>,
    pool: Option<PgPool>,
}

pub(crate) fn run(contestant: Contestant) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(contestant))
}

async fn serve(contestant: Contestant) -> Result<()> {
    let lifecycle = Lifecycle::new();
    let (handle, stop) = (metrics::install()?, lifecycle.stop().clone());
    lifecycle.spawn("upkeep", Duration::from_mins(1), |heartbeat| {
        metrics::upkeep(handle, stop, heartbeat)
    });
    let router = match contestant {
        Contestant::Service => service(None, &lifecycle).await?,
        Contestant::ServiceWithPins => service(Some(PinKey::from_hex(&"5a".repeat(32))?), &lifecycle).await?,
        Contestant::VerifyOnly => plain(None)?,
        Contestant::OneInsert => plain(Some(pool().await?))?,
    };
    let listener = Listener::bind("127.0.0.1:0".parse()?, "none", "public").await?;
    println!("{}", listener.local_addr()?);
    listener.start(router, Limits::default(), &lifecycle);
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
    lifecycle.drain().await;
    Ok(())
}

async fn pool() -> Result<PgPool> {
    Ok(portoutd::store::connect(
        &std::env::var("DATABASE_URL")?,
        CONNECTIONS,
        portoutd::store::Sessions::Service,
    )
    .await?)
}

fn key() -> Result<PublicKey> {
    Ok(PublicKey::from_base64(&crate::webhook::public_key())?)
}

async fn service(pin_key: Option<PinKey>, lifecycle: &Lifecycle) -> Result<Router> {
    let means = IngestContext {
        pool: pool().await?,
        pin_key: pin_key.map(|key| Arc::new(PinKeyInUse::new(Arc::new(key)))),
        wake: Arc::new(Notify::new()),
        decide_within: DecideWithin::default(),
    };
    let ingest = Ingest::start(means, Bounds::default(), lifecycle);
    let keys = [(AccountName::default_account(), key()?)];
    Ok(Public::new(keys, ingest, Arc::new(SystemClock)).router())
}

fn plain(pool: Option<PgPool>) -> Result<Router> {
    let state = Plain {
        key: Arc::new(key()?),
        pool,
    };
    Ok(Router::new()
        .route("/webhooks/telnyx", post(receive))
        .with_state(state))
}

async fn receive(State(plain): State<Plain>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let header = |name: &str| headers.get(name).map(HeaderValue::as_bytes);
    let (timestamp, signature) = (header(TIMESTAMP_HEADER), header(SIGNATURE_HEADER));
    let now = SystemClock.now();
    if plain.key.verify(timestamp, signature, &body, now).is_err() {
        return StatusCode::UNAUTHORIZED;
    }
    let Some(pool) = plain.pool else {
        return StatusCode::OK;
    };
    let event = parse_webhook(&body);
    let account = AccountName::default_account();
    let row = NewEvent {
        account: &account,
        event: &event,
        received_at: now,
        pin_check: None,
        late: false,
    };
    match insert_events(&pool, &[row], DecideWithin::default().get()).await {
        Ok(_) => StatusCode::OK,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}
