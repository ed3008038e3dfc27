//! The load: signed webhooks over loopback, or rows inserted directly into Postgres. It prepares, reports that it is
//! ready, waits for a line, runs, and prints its measurements as JSON.

use std::collections::VecDeque;
use std::io::{BufRead as _, Write as _};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use portoutd::clock::{Clock as _, SystemClock};
use portoutd::domain::{AccountName, Event, OrderId};
use portoutd::engine::DecideWithin;
use portoutd::store::events::{NewEvent, insert_events};
use portoutd::telnyx::parse_webhook;
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::sleep_until;

#[derive(Debug, clap::Args)]
pub(crate) struct Plan {
    #[arg(long)]
    pub(crate) to: SocketAddr,
    #[arg(long)]
    pub(crate) series: u32,
    #[arg(long)]
    pub(crate) requests: u32,
    #[arg(long)]
    pub(crate) connections: u32,
    /// Requests per second; unlimited by default.
    #[arg(long)]
    pub(crate) rate: Option<u32>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Rows {
    #[arg(long)]
    pub(crate) series: u32,
    #[arg(long)]
    pub(crate) requests: u32,
    #[arg(long)]
    pub(crate) connections: u32,
    /// Insert only the event, without waking its order.
    #[arg(long)]
    pub(crate) bare: bool,
}

/// The measurements of the load.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Seen {
    pub(crate) requests: u32,
    pub(crate) seconds: f64,
    pub(crate) p50_us: u64,
    pub(crate) p99_us: u64,
}

/// The measurements of one task, and its socket, which stays open for a while.
type Done = (Vec<Duration>, Option<TcpStream>);

/// What remains to be sent, each with the time at which it is due.
type Queue<T> = Arc<Mutex<VecDeque<(Duration, T)>>>;

fn next<T>(queue: &Queue<T>) -> Option<(Duration, T)> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
}

pub(crate) fn send(plan: &Plan) -> Result<()> {
    let step = plan
        .rate
        .map_or(Duration::ZERO, |rate| Duration::from_secs(1) / rate);
    let requests = crate::webhook::requests(plan.series, plan.requests);
    let queue: VecDeque<_> = requests
        .into_iter()
        .zip(0..)
        .map(|(request, n)| (step * n, request))
        .collect();
    let queue = Arc::new(Mutex::new(queue));
    runtime()?.block_on(async {
        let mut sockets = Vec::new();
        for _ in 0..plan.connections {
            let socket = TcpStream::connect(plan.to).await?;
            socket.set_nodelay(true)?;
            sockets.push(socket);
        }
        wait_for_go()?;
        let started = Instant::now();
        let mut tasks = JoinSet::new();
        for socket in sockets {
            tasks.spawn(converse(socket, Arc::clone(&queue), started));
        }
        finish(tasks, started).await
    })
}

async fn converse(mut socket: TcpStream, queue: Queue<Vec<u8>>, started: Instant) -> Result<Done> {
    let mut took = Vec::new();
    let mut buffer = [0_u8; 4096];
    while let Some((due, request)) = next(&queue) {
        let due = if due.is_zero() {
            Instant::now()
        } else {
            started + due
        };
        sleep_until(due.into()).await;
        socket.write_all(&request).await?;
        let read = socket.read(&mut buffer).await?;
        let answer = buffer.get(..read).unwrap_or_default();
        if !answer.starts_with(b"HTTP/1.1 200") || !answer.ends_with(b"\r\n\r\n") {
            bail!("not a 200: {}", String::from_utf8_lossy(answer));
        }
        took.push(due.elapsed());
    }
    Ok((took, Some(socket)))
}

pub(crate) fn write_rows(rows: &Rows) -> Result<()> {
    let events = (0..rows.requests).map(|number| parse_webhook(&crate::webhook::body(rows.series, number)));
    let queue = Arc::new(Mutex::new(events.map(|event| (Duration::ZERO, event)).collect()));
    runtime()?.block_on(async {
        let pool = portoutd::store::connect(
            &std::env::var("DATABASE_URL")?,
            rows.connections,
            portoutd::store::Sessions::Tool,
        )
        .await?;
        wait_for_go()?;
        let started = Instant::now();
        let mut tasks = JoinSet::new();
        for _ in 0..rows.connections {
            tasks.spawn(insert(pool.clone(), Arc::clone(&queue), rows.bare));
        }
        finish(tasks, started).await
    })
}

async fn insert(pool: PgPool, queue: Queue<Event>, bare: bool) -> Result<Done> {
    let mut connection = pool.acquire().await?;
    let account = AccountName::default_account();
    let mut took = Vec::new();
    while let Some((_, event)) = next(&queue) {
        let started = Instant::now();
        let row = NewEvent {
            account: &account,
            event: &event,
            received_at: SystemClock.now(),
            pin_check: None,
            late: false,
        };
        if bare {
            insert_bare(&mut connection, &row).await?;
        } else {
            insert_events(&mut *connection, &[row], DecideWithin::default().get()).await?;
        }
        took.push(started.elapsed());
    }
    Ok((took, None))
}

async fn insert_bare(connection: &mut sqlx::PgConnection, row: &NewEvent<'_>) -> Result<()> {
    sqlx::query(
        "insert into events (account, source, dedupe_key, event_id, event_type, order_id, occurred_at, received_at,
            body, digest, parsed) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        on conflict on constraint events_once do nothing",
    )
    .bind(row.account.as_str())
    .bind(row.event.source.as_ref())
    .bind(&row.event.dedupe_key)
    .bind(row.event.event_id.as_deref())
    .bind(row.event.event_type.as_deref())
    .bind(row.event.order_id.as_ref().map(OrderId::as_str))
    .bind(row.event.occurred_at.map(jiff_sqlx::Timestamp::from))
    .bind(jiff_sqlx::Timestamp::from(row.received_at))
    .bind(&row.event.body)
    .bind(row.event.digest.as_slice())
    .bind(row.event.kind.as_ref())
    .execute(connection)
    .await?;
    Ok(())
}

/// One thread, because the other core is for what is measured.
fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?)
}

fn wait_for_go() -> Result<()> {
    println!("ready");
    std::io::stdout().flush()?;
    std::io::stdin().lock().read_line(&mut String::new())?;
    Ok(())
}

async fn finish(mut tasks: JoinSet<Result<Done>>, started: Instant) -> Result<()> {
    let (mut took, mut sockets) = (Vec::new(), Vec::new());
    while let Some(done) = tasks.join_next().await {
        let (durations, socket) = done??;
        took.extend(durations);
        sockets.push(socket);
    }
    let seconds = started.elapsed().as_secs_f64();
    took.sort_unstable();
    let at = |percent: usize| -> Result<u64> {
        let index = (took.len() * percent / 100).min(took.len().saturating_sub(1));
        Ok(u64::try_from(
            took.get(index).context("nothing was sent")?.as_micros(),
        )?)
    };
    let requests = u32::try_from(took.len())?;
    let seen = Seen {
        requests,
        seconds,
        p50_us: at(50)?,
        p99_us: at(99)?,
    };
    println!("{}", serde_json::to_string(&seen)?);
    // Sockets stay open while the other side's memory is measured.
    std::io::stdin().lock().read_line(&mut String::new())?;
    Ok(())
}
