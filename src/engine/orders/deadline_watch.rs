//! Finds orders whose deadline has passed. It depends only on the clock and the database, not on Telnyx, workers or
//! leases.
//!
//! It has its own connection, so that it continues when every worker and every pooled connection is stuck. It decides
//! and sends nothing: it raises the alarm, records it, and wakes the order. A worker applies `at_decide_by`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sqlx::{Connection as _, PgConnection};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::workers::LONGEST_PAUSE;
use crate::clock::Moment;
use crate::domain::{AccountName, ErrorChain, OrderId};
use crate::engine::Engine;
use crate::engine::alarm;
use crate::engine::alarm::Alarm;
use crate::lifecycle::{Heartbeat, Lifecycle};
use crate::store::deadlines::{self, Overdue, Reported};
use crate::store::{self, StoreError, queue};

/// The time from the end of one turn to the start of the next.
const INTERVAL: Duration = Duration::from_secs(10);

/// How long a turn may take in real time before its connection is abandoned.
const PATIENCE: Duration = Duration::from_secs(15);

/// How long the task may show no progress: longer than a turn may take.
const STALLED_AFTER: Duration = Duration::from_mins(1);

/// The maximum number of orders that raise an alarm in one turn. The next turn continues with the rest.
const MOST: i64 = 500;

/// How often an order is found locked before its alarm is raised without being recorded.
const LOCKED_TURNS: u32 = 3;

/// A pending order is read at least this often, as far as the rate limit allows.
const READ_EVERY: SignedDuration = SignedDuration::from_mins(5);

/// At most one call in this many is spent on reading orders again that nothing has woken.
const SHARE: u32 = 5;

/// The smallest step of the clock that is logged.
const STEP: SignedDuration = SignedDuration::from_secs(5);

type Key = (AccountName, OrderId);

/// The state of the watch between turns.
struct Watch {
    engine: Arc<Engine>,
    connection: Option<PgConnection>,
    /// In how many consecutive turns an overdue order was found locked.
    locked: BTreeMap<Key, u32>,
    /// The orders whose alarm was raised but is not recorded yet.
    unrecorded: BTreeSet<Key>,
    /// When the last turn began.
    last_turn: Moment,
    /// The uptime at which orders of an account are read again.
    next_reading: BTreeMap<AccountName, Duration>,
    failing: bool,
}

impl Engine {
    /// Watches deadlines until the service stops.
    pub fn start_deadline_watch(self: &Arc<Self>, lifecycle: &Lifecycle) {
        let (engine, stop) = (self.clone(), lifecycle.stop().clone());
        lifecycle.spawn("deadline watch", STALLED_AFTER, |heartbeat| {
            engine.watch_deadlines(stop, heartbeat)
        });
    }

    async fn watch_deadlines(self: Arc<Self>, stop: CancellationToken, heartbeat: Heartbeat) {
        let mut watch = Watch {
            engine: self.clone(),
            connection: None,
            locked: BTreeMap::new(),
            unrecorded: BTreeSet::new(),
            last_turn: Moment::of(&*self.clock),
            next_reading: BTreeMap::new(),
            failing: false,
        };
        loop {
            heartbeat.beat();
            tokio::select! {
                () = stop.cancelled() => return,
                () = watch.take_turn() => {}
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = heartbeat.while_waiting(self.clock.sleep(INTERVAL)) => {}
            }
        }
    }
}

impl Watch {
    /// Takes one turn. A connection in an unknown state is dropped, and the next turn opens another.
    async fn take_turn(&mut self) {
        self.notice_jump();
        let kept = self.connection.take();
        let ended = timeout(PATIENCE, self.turn(kept)).await;
        self.engine.check_clocks();
        match ended {
            Ok(Ok(connection)) => {
                self.connection = Some(connection);
                self.failing = false;
            }
            Ok(Err(error)) => self.report_failure(&error),
            Err(_) => self.report_failure(&StoreError::Away(sqlx::Error::PoolTimedOut)),
        }
    }

    /// Logs when the time of day and the uptime have advanced differently. The offsets of other clocks correct
    /// themselves, see [`crate::clock::ReferenceClock`].
    fn notice_jump(&mut self) {
        let present = Moment::of(&*self.engine.clock);
        let step = std::mem::replace(&mut self.last_turn, present).step_until(&present);
        if step.abs() > STEP {
            tracing::warn!(
                seconds = step.as_secs(),
                "The host's clock was set or the machine was suspended"
            );
        }
    }

    async fn turn(&mut self, kept: Option<PgConnection>) -> Result<PgConnection, StoreError> {
        let mut connection = match kept {
            Some(connection) => connection,
            None => store::open_apart(&self.engine.pool).await?,
        };
        self.read_clock(&mut connection).await?;
        self.report_overdue(&mut connection).await?;
        if self.wake_late(&mut connection).await? > 0 {
            self.engine.wake.notify_one();
        }
        Ok(connection)
    }

    /// Only a clock that shows the real time can be compared with the database's.
    async fn read_clock(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        let clock = &self.engine.clock;
        if clock.tells_world_time() {
            let asked = Moment::of(&**clock);
            let shown = deadlines::database_time(connection).await?;
            let database = &self.engine.clocks.database;
            database.note(shown, asked, clock.uptime(), Duration::ZERO);
        }
        Ok(())
    }

    async fn report_overdue(&mut self, connection: &mut PgConnection) -> Result<(), StoreError> {
        let overdue = deadlines::list_overdue(&mut *connection, self.engine.latest_time(), MOST).await?;
        let found: BTreeSet<Key> = overdue.iter().map(key).collect();
        self.locked.retain(|key, _| found.contains(key));
        for one in &overdue {
            self.report(connection, one).await?;
        }
        Ok(())
    }

    /// Raises the alarm of an order once. It is raised before it is recorded, while the order is locked. No other
    /// replica therefore raises it too, and a process that dies in between costs a second alarm and not the only one.
    async fn report(&mut self, connection: &mut PgConnection, one: &Overdue) -> Result<(), StoreError> {
        let key = key(one);
        let mut tx = connection.begin().await?;
        match deadlines::lock_unreported(&mut tx, &one.account, &one.order_id).await? {
            Reported::NotYet => {
                if self.unrecorded.insert(key.clone()) {
                    raise(one);
                }
                let now = self.engine.clock.now();
                deadlines::record_passed_deadline(&mut *tx, &one.account, &one.order_id, now).await?;
                tx.commit().await?;
                self.unrecorded.remove(&key);
                self.engine.wake.notify_one();
            }
            Reported::Already => {
                self.unrecorded.remove(&key);
            }
            Reported::Locked => {
                let turns = self.locked.entry(key.clone()).or_insert(0);
                *turns = turns.saturating_add(1);
                if *turns >= LOCKED_TURNS && self.unrecorded.insert(key) {
                    raise(one);
                }
            }
        }
        Ok(())
    }

    /// Wakes orders that are due too late or were not read for too long. Returns how many.
    async fn wake_late(&mut self, connection: &mut PgConnection) -> Result<u64, StoreError> {
        let now = self.engine.clock.now();
        // A pause starts when a worker releases the order, which may be a moment after `now`.
        let latest = later(now, SignedDuration::from_secs(LONGEST_PAUSE + 30));
        let overslept = queue::wake_overslept(&mut *connection, latest, now).await?;
        let freed = queue::end_overlong_leases(&mut *connection).await?;
        if overslept + freed > 0 {
            tracing::warn!(
                overslept,
                freed,
                "Woke orders that were overdue or leased for too long because a clock was set"
            );
        }
        Ok(overslept + freed + self.wake_unread(connection, now).await?)
    }

    async fn wake_unread(
        &mut self,
        connection: &mut PgConnection,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let (engine, uptime) = (self.engine.clone(), self.engine.clock.uptime());
        let (read_before, soon) = (later(now, -READ_EVERY), later(now, READ_EVERY));
        let mut woken = 0;
        for (account, client) in engine.accounts.iter() {
            if self.next_reading.get(account).is_some_and(|next| *next > uptime) {
                continue;
            }
            let (limit, pause) = share(client.interval());
            woken += queue::wake_unread(&mut *connection, account, read_before, soon, now, limit).await?;
            self.next_reading
                .insert(account.clone(), uptime.saturating_add(pause));
        }
        Ok(woken)
    }

    fn report_failure(&mut self, error: &StoreError) {
        if !std::mem::replace(&mut self.failing, true) {
            tracing::error!(
                error = %ErrorChain(error),
                "Failed to check deadlines in the database; retrying every 10 s"
            );
        }
    }
}

/// Returns how many orders to read again at a time, and how long to wait afterward, so that at most one call in
/// [`SHARE`] is spent on it.
fn share(call_interval: Duration) -> (i64, Duration) {
    let for_one = call_interval.saturating_mul(SHARE);
    let count = INTERVAL.as_nanos() / for_one.as_nanos().max(1);
    let count = i64::try_from(count.min(10_000)).unwrap_or(10_000);
    if count == 0 {
        (1, for_one)
    } else {
        (count, INTERVAL)
    }
}

fn later(instant: Timestamp, span: SignedDuration) -> Timestamp {
    instant.saturating_add(span).unwrap_or(instant)
}

fn key(one: &Overdue) -> Key {
    (one.account.clone(), one.order_id.clone())
}

fn raise(one: &Overdue) {
    let trouble = one.trouble.as_deref().unwrap_or("no answer was recorded");
    let sentence = format!(
        "The deadline has passed without a confirmed answer ({trouble}), so Telnyx will authorize the order by silence. Answer it now"
    );
    alarm::raise(Alarm::DeadlinePassed, &one.account, &one.order_id, &sentence);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_again_takes_one_call_in_five_at_any_rate() {
        for (calls_per_second, count, pause) in [(5.0, 10, 10), (0.5, 1, 10), (0.1, 1, 50), (100.0, 200, 10)]
        {
            let interval = Duration::from_secs_f64(1.0 / calls_per_second);
            assert_eq!(
                share(interval),
                (count, Duration::from_secs(pause)),
                "{calls_per_second} calls a second"
            );
        }
    }
}
