//! Writes waiting events to the database, one batch at a time.

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

/// How long closing the connection may take.
const CLOSING: Duration = Duration::from_secs(1);

/// The only task that writes events. It has its own connection.
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
    /// The database failed, and a later attempt may succeed.
    Away(StoreError),
    /// The database refused the content of the batch.
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

    /// Commits all waiting events as one batch, repeatedly, until the service stops and the queue is empty.
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
            // The connection ends either way, and a server that does not respond must not delay the stop.
            let _ = timeout(CLOSING, connection.close()).await;
        }
    }

    async fn write(&mut self, batch: Vec<Waiting>) {
        match self.keep(&batch).await {
            Ok(novelties) => self.tell_kept(batch, &novelties),
            Err(Trouble::Away(why)) => self.tell_away(batch, &why),
            Err(Trouble::Refused(error)) => {
                tracing::warn!(events = batch.len(), error = %ErrorChain(&error), "The database refused a batch of events; storing each event separately");
                for one in batch {
                    self.write_alone(one).await;
                }
            }
        }
    }

    /// Stores an event of a refused batch separately, so that one bad event does not affect the others.
    async fn write_alone(&mut self, one: Waiting) {
        match self.keep(std::slice::from_ref(&one)).await {
            Ok(novelties) => self.tell_kept(vec![one], &novelties),
            Err(Trouble::Away(why)) => self.tell_away(vec![one], &why),
            Err(Trouble::Refused(error)) => self.write_bare(one, &error).await,
        }
    }

    /// Stores an event without the texts and the time that the database may refuse. The body and the order ID remain.
    async fn write_bare(&mut self, mut one: Waiting, refused: &StoreError) {
        one.incoming.keep_only_body_and_order();
        match self.keep(std::slice::from_ref(&one)).await {
            Ok(novelties) => {
                tracing::error!(
                    account = %one.incoming.account,
                    event.digest = hex::encode(one.incoming.event.digest),
                    error = %ErrorChain(refused),
                    "The database refused an event; stored only its body and order ID",
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
                    "The database refused an event, and Telnyx is asked to send it again; the event is not stored until the \
                     cause of the error is fixed",
                );
                one.tell(Err(NotKept::Refused));
            }
        }
    }

    /// Writes and commits. If a connection broke while it was idle, or a failover made it read-only, the batch is tried
    /// again, because repeating the statement is harmless. It is not tried again if the server does not respond,
    /// because the senders have to be answered.
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
        // A connection in an unknown state is closed. The next batch opens another.
        if !matches!(outcome, Err(Trouble::Away(_))) {
            self.connection = Some(connection);
        }
        outcome
    }

    fn tell_kept(&mut self, batch: Vec<Waiting>, novelties: &[InsertOutcome]) {
        if std::mem::take(&mut self.known_away) {
            tracing::info!("The database is available again; events are stored");
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

    /// Fails every waiting event too, because the database would not store it in time either.
    fn tell_away(&mut self, batch: Vec<Waiting>, why: &StoreError) {
        if !std::mem::replace(&mut self.known_away, true) {
            tracing::error!(
                reason = why.symptom(),
                error = %ErrorChain(why),
                "The database is unavailable; webhooks are answered with 503 until it is available again"
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

/// Opens a connection outside the pool, so that intake and the pool's other users never wait for each other.
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

/// Compares the PIN of each event. The register is queried once for all events, and not at all if no event contains a
/// PIN.
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
