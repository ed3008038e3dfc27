//! Writes waiting events to the database, a batch at a time.

use std::time::Duration;

use metrics::{Counter, Gauge, Histogram};
use sqlx::{ConnectOptions as _, Connection as _, PgConnection, PgPool};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::context::{Bounds, IngestContext};
use super::pin_check::{OnFile, concerns};
use super::queue::{NotKept, Waiting, depth_gauge};
use crate::domain::{AccountName, ErrorChain, EventKind, IdentityCheck, PhoneNumber};
use crate::lifecycle::Heartbeat;
use crate::store::events::{self, InsertOutcome, NewEvent};
use crate::store::{StoreError, within};

/// How long the end of the connection may take.
const CLOSING: Duration = Duration::from_secs(1);

/// The one task that writes events, on a connection of its own.
pub(super) struct Writer {
    means: IngestContext,
    bounds: Bounds,
    waiting: mpsc::Receiver<Waiting>,
    connection: Option<PgConnection>,
    known_away: bool,
    depth: Gauge,
    batch_sizes: Histogram,
    refused: Counter,
}

/// Why a batch was not written.
#[derive(Debug)]
enum Trouble {
    /// The database was the obstacle; to try again at a later time is right.
    Away(StoreError),
    /// The database refused what is in the batch.
    Refused(StoreError),
}

impl Writer {
    pub(super) fn new(means: IngestContext, bounds: Bounds, waiting: mpsc::Receiver<Waiting>) -> Self {
        Self {
            means,
            bounds,
            waiting,
            connection: None,
            known_away: false,
            depth: depth_gauge(),
            batch_sizes: metrics::histogram!("portoutd_ingest_batch_events"),
            refused: metrics::counter!("portoutd_ingest_refused_events_total"),
        }
    }

    /// Commits whatever waits as one batch, again and again, until stopped and empty.
    pub(super) async fn run(mut self, stop: CancellationToken, heartbeat: Heartbeat) {
        let most = self.bounds.batch.max(1);
        loop {
            let mut batch = Vec::with_capacity(most);
            tokio::select! {
                biased;
                () = stop.cancelled(), if !self.waiting.is_closed() => self.waiting.close(),
                taken = heartbeat.while_waiting(self.waiting.recv_many(&mut batch, most)) => {
                    if taken == 0 {
                        break;
                    }
                    self.measure(taken);
                    self.write(batch).await;
                }
            }
        }
        if let Some(connection) = self.connection.take() {
            // It ends either way, and a server that is silent must not hold up the stop.
            let _ = timeout(CLOSING, connection.close()).await;
        }
    }

    async fn write(&mut self, batch: Vec<Waiting>) {
        match self.keep(&batch).await {
            Ok(novelties) => self.tell_kept(batch, &novelties),
            Err(Trouble::Away(why)) => self.tell_away(batch, &why),
            Err(Trouble::Refused(error)) => {
                tracing::warn!(events = batch.len(), error = %ErrorChain(&error), "The database refused a batch of events; each is tried alone.");
                for one in batch {
                    self.write_alone(one).await;
                }
            }
        }
    }

    /// The second try for the events of a refused batch, so that one bad event harms only itself.
    async fn write_alone(&mut self, one: Waiting) {
        match self.keep(std::slice::from_ref(&one)).await {
            Ok(novelties) => self.tell_kept(vec![one], &novelties),
            Err(Trouble::Away(why)) => self.tell_away(vec![one], &why),
            Err(Trouble::Refused(error)) => self.write_bare(one, &error).await,
        }
    }

    /// The third try: without the texts and the time that the database may refuse. The body and the order's id stay.
    async fn write_bare(&mut self, mut one: Waiting, refused: &StoreError) {
        one.incoming.keep_only_body_and_order();
        match self.keep(std::slice::from_ref(&one)).await {
            Ok(novelties) => {
                tracing::error!(
                    account = %one.incoming.account,
                    event.digest = hex::encode(one.incoming.event.digest),
                    error = %ErrorChain(refused),
                    "The database refused an event. It was stored with its body and order, without its other fields.",
                );
                self.tell_kept(vec![one], &novelties);
            }
            Err(Trouble::Away(why)) => self.tell_away(vec![one], &why),
            Err(Trouble::Refused(error)) => {
                self.refused.increment(1);
                tracing::error!(
                    account = %one.incoming.account,
                    event.digest = hex::encode(one.incoming.event.digest),
                    error = %ErrorChain(&error),
                    "The database refuses an event, so Telnyx was told to send it again. \
                     Look at the error: until its cause is gone, this event is not kept.",
                );
                one.tell(Err(NotKept::Refused));
            }
        }
    }

    /// Writes and commits. A connection that broke while idle, or that a failover made read-only, gets a second chance: to
    /// repeat the statement is harmless. A server that stays silent gets none: those who wait have to be answered.
    async fn keep(&mut self, batch: &[Waiting]) -> Result<Vec<InsertOutcome>, Trouble> {
        let was_open = self.connection.is_some();
        match self.keep_once(batch).await {
            Err(Trouble::Away(why)) if was_open && !matches!(why, StoreError::TimedOut(_)) => {
                self.keep_once(batch).await
            }
            outcome => outcome,
        }
    }

    async fn keep_once(&mut self, batch: &[Waiting]) -> Result<Vec<InsertOutcome>, Trouble> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => within(self.bounds.connect_timeout, open(&self.means.pool)).await?,
        };
        let work = insert(&mut connection, &self.means, batch);
        let outcome = within(self.bounds.batch_timeout, work)
            .await
            .map_err(Trouble::from);
        // A connection in doubt is closed; the next batch opens another.
        if !matches!(outcome, Err(Trouble::Away(_))) {
            self.connection = Some(connection);
        }
        outcome
    }

    fn tell_kept(&mut self, batch: Vec<Waiting>, novelties: &[InsertOutcome]) {
        if std::mem::take(&mut self.known_away) {
            tracing::info!("The database is back: events are kept again.");
        }
        let mut woke = false;
        for (one, &novelty) in batch.into_iter().zip(novelties) {
            woke |= novelty == InsertOutcome::New && one.names_an_order();
            one.tell(Ok(novelty));
        }
        if woke {
            self.means.wake.notify_one();
        }
    }

    /// Whoever waits behind this batch would wait in vain: all are told now.
    fn tell_away(&mut self, batch: Vec<Waiting>, why: &StoreError) {
        if !std::mem::replace(&mut self.known_away, true) {
            tracing::error!(
                reason = why.symptom(),
                error = %ErrorChain(why),
                "The database is unavailable: webhooks are answered with 503 until it is back."
            );
        }
        for one in batch {
            one.tell(Err(NotKept::Away));
        }
        while let Ok(one) = self.waiting.try_recv() {
            one.tell(Err(NotKept::Away));
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a queue of 2^52 events does not fit a machine"
    )]
    fn measure(&self, taken: usize) {
        self.batch_sizes.record(taken as f64);
        self.depth.set(self.waiting.len() as f64);
    }
}

impl Waiting {
    fn names_an_order(&self) -> bool {
        let event = &self.incoming.event;
        event.order_id.is_some() && matches!(event.kind, EventKind::PortOut | EventKind::UnknownType)
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        if error.is_temporary() {
            Self::Away(error)
        } else {
            Self::Refused(error)
        }
    }
}

/// A connection beside the pool, so that the pool's other users never wait for intake, nor intake for them.
async fn open(pool: &PgPool) -> Result<PgConnection, StoreError> {
    if pool.is_closed() {
        return Err(sqlx::Error::PoolClosed.into());
    }
    let mut connection = pool.connect_options().connect().await?;
    events::plan_once(&mut connection).await?;
    Ok(connection)
}

async fn insert(
    connection: &mut PgConnection,
    means: &IngestContext,
    batch: &[Waiting],
) -> Result<Vec<InsertOutcome>, StoreError> {
    let words = compare_pins(connection, means, batch).await?;
    let rows: Vec<NewEvent<'_>> = batch
        .iter()
        .zip(words)
        .map(|(Waiting { incoming, .. }, pin_check)| NewEvent {
            account: &incoming.account,
            event: &incoming.event,
            received_at: incoming.received_at,
            pin_check,
            late: incoming.late,
        })
        .collect();
    events::insert_events(connection, &rows, means.decide_within.get()).await
}

/// The word on each event's PIN. The register is asked once for all, and not at all where no event tells of a PIN.
async fn compare_pins(
    connection: &mut PgConnection,
    means: &IngestContext,
    batch: &[Waiting],
) -> Result<Vec<Option<IdentityCheck>>, StoreError> {
    let asked: Vec<(&AccountName, PhoneNumber)> = batch
        .iter()
        .map(|one| &one.incoming)
        .filter(|incoming| concerns(incoming))
        .flat_map(|incoming| {
            incoming
                .event
                .numbers
                .readable
                .iter()
                .map(|&number| (&incoming.account, number))
        })
        .collect();
    let Some(key) = means.pin_key.as_deref().filter(|_| !asked.is_empty()) else {
        return Ok(vec![None; batch.len()]);
    };
    let on_file = OnFile::new(events::pins_on_file(&mut *connection, &asked).await?);
    let standing = key.standing(&mut *connection).await?;
    let compared = |one: &Waiting| on_file.check(key.key(), &one.incoming);
    let words: Vec<Option<IdentityCheck>> = batch.iter().map(compared).collect();
    if let Some(matched) = batch
        .iter()
        .zip(&words)
        .find(|(_, word)| **word == Some(IdentityCheck::Right))
    {
        let (Waiting { incoming, .. }, word) = matched;
        key.note_match(connection, standing, *word, incoming.received_at)
            .await?;
    }
    Ok(words.into_iter().map(|word| standing.trusted(word?)).collect())
}
