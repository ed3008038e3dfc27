//! What the simulator's tasks and its handle share.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::watch;

use super::signing::Keys;
use super::world::World;
use crate::clock::SharedClock;

/// What the simulator's tasks and its handle share.
pub(super) struct Shared {
    world: Mutex<World>,
    /// Counts the changes, so that tasks and waiting tests check again.
    changes: watch::Sender<u64>,
    clock: SharedClock,
    signature_clock: SharedClock,
    keys: Keys,
    client: reqwest::Client,
    started: Instant,
}

impl Shared {
    pub(super) fn new(
        world: World,
        clock: SharedClock,
        signature_clock: SharedClock,
        keys: Keys,
        client: reqwest::Client,
    ) -> Self {
        Self {
            world: Mutex::new(world),
            changes: watch::Sender::new(0),
            clock,
            signature_clock,
            keys,
            client,
            started: Instant::now(),
        }
    }

    /// Reads the world as it is now, and notifies the others only if time itself changed it.
    pub(super) fn look<T>(&self, look: impl FnOnce(&mut World, Timestamp) -> T) -> T {
        let now = self.clock.now();
        let mut world = self.lock();
        let events = world.events.len();
        world.catch_up(now);
        let moved = world.events.len() != events;
        let seen = look(&mut world, now);
        drop(world);
        if moved {
            self.tell();
        }
        seen
    }

    /// Changes the world, and notifies the others.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut World, Timestamp) -> T) -> T {
        let now = self.clock.now();
        let mut world = self.lock();
        world.catch_up(now);
        let outcome = change(&mut world, now);
        drop(world);
        self.tell();
        outcome
    }

    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    pub(super) fn clock(&self) -> &SharedClock {
        &self.clock
    }

    /// Returns the time for the signature of a webhook or the date of a response that is sent now.
    pub(super) fn signature_time(&self) -> Timestamp {
        self.signature_clock.now()
    }

    pub(super) fn keys(&self) -> &Keys {
        &self.keys
    }

    pub(super) fn client(&self) -> &reqwest::Client {
        &self.client
    }

    /// Returns the real time since the start.
    pub(super) fn since_start(&self) -> Duration {
        self.started.elapsed()
    }

    fn tell(&self) {
        self.changes.send_modify(|count| *count = count.wrapping_add(1));
    }

    fn lock(&self) -> MutexGuard<'_, World> {
        // A test that panics inside a closure leaves the world unchanged, so it can still be used.
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
