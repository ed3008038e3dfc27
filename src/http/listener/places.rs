//! The places of a listener: which sockets hold them, the progress of each socket, and which socket has to give up its
//! place.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use metrics::Counter;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::limits::Limits;

/// The sockets of one listener.
#[derive(Debug)]
pub(super) struct Places {
    name: &'static str,
    limits: Limits,
    sockets: Mutex<Sockets>,
    /// Notified when a place becomes free or can be taken over.
    changed: Notify,
    crowded: AtomicBool,
    evicted_slow: Counter,
    evicted_crowded: Counter,
}

#[derive(Debug, Default)]
struct Sockets {
    next: u64,
    open: HashMap<u64, Held>,
}

#[derive(Debug)]
struct Held {
    address: IpAddr,
    progress: Progress,
}

/// A socket's right to be open. Dropping it frees the place.
#[derive(Debug)]
pub(super) struct Place {
    places: Arc<Places>,
    number: u64,
    progress: Progress,
}

/// The progress of a socket's request. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Progress(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    stage: Mutex<(Stage, Instant)>,
    evicted: CancellationToken,
}

/// The stage of a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Its request's head is not complete.
    Head,
    /// Its request's body is not complete.
    Body,
    /// Its request is complete and is being answered, so it keeps its place.
    Serving,
    /// It has been answered and has sent nothing since.
    Idle,
}

impl Places {
    pub(super) fn new(name: &'static str, limits: Limits) -> Self {
        let evicted = |reason: &'static str| metrics::counter!("portoutd_http_evicted_total", "listener" => name, "reason" => reason);
        Self {
            name,
            limits,
            sockets: Mutex::default(),
            changed: Notify::new(),
            crowded: AtomicBool::new(false),
            evicted_slow: evicted("slow"),
            evicted_crowded: evicted("crowded"),
        }
    }

    /// Gives a client a place, if necessary by closing the slowest socket. Waits only while every place that could be
    /// freed belongs to a request that is being answered.
    pub(super) async fn admit(self: &Arc<Self>, address: IpAddr) -> Place {
        loop {
            // Created before the check, so that no change in between is missed.
            let changed = self.changed.notified();
            if let Some(place) = self.try_admit(address) {
                return place;
            }
            self.warn_crowded();
            changed.await;
        }
    }

    fn try_admit(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let mut sockets = self.sockets();
        let of_address = sockets
            .open
            .values()
            .filter(|held| held.address == address)
            .count();
        let address_full = of_address >= self.limits.connections_per_address as usize;
        if address_full && !self.evict(&mut sockets, Some(address)) {
            return None;
        }
        if sockets.open.len() >= self.limits.connections as usize && !self.evict(&mut sockets, None) {
            return None;
        }
        let number = sockets.next;
        sockets.next += 1;
        let progress = Progress::new();
        let held = Held {
            address,
            progress: progress.clone(),
        };
        sockets.open.insert(number, held);
        Some(Place {
            places: Arc::clone(self),
            number,
            progress,
        })
    }

    /// Closes the socket, of one address or of all, that has been sending its request for longest, or else the one that
    /// has been idle for longest.
    fn evict(&self, sockets: &mut Sockets, address: Option<IpAddr>) -> bool {
        let of_address = |held: &&Held| address.is_none_or(|address| held.address == address);
        let candidates = sockets.open.iter().filter(|(_, held)| of_address(held));
        let slowest = candidates
            .filter_map(|(number, held)| Some((held.progress.rank()?, *number)))
            .min();
        let Some((_, number)) = slowest else {
            return false;
        };
        if let Some(held) = sockets.open.remove(&number) {
            held.progress.evict();
            self.evicted_crowded.increment(1);
        }
        true
    }

    /// Closes one socket, if any can be closed.
    pub(super) fn make_room(&self) {
        self.evict(&mut self.sockets(), None);
    }

    /// Closes every socket that has been in one stage for longer than the limits allow.
    pub(super) fn close_slow(&self) {
        let mut sockets = self.sockets();
        let before = sockets.open.len();
        sockets.open.retain(|_, held| {
            let keeps = !held.progress.is_too_slow(&self.limits);
            if !keeps {
                held.progress.evict();
            }
            keeps
        });
        let closed = before - sockets.open.len();
        if closed > 0 {
            self.evicted_slow.increment(closed as u64);
        }
        if sockets.open.len() < self.limits.connections as usize {
            self.crowded.store(false, Ordering::Relaxed);
        }
        drop(sockets);
        // Places may have become free and sockets idle.
        self.changed.notify_one();
    }

    /// Waits until no socket is open.
    pub(super) async fn all_closed(&self) {
        loop {
            let changed = self.changed.notified();
            if self.sockets().open.is_empty() {
                return;
            }
            changed.await;
        }
    }

    fn warn_crowded(&self) {
        if !self.crowded.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                listener = self.name,
                "All connections are in use; new clients wait"
            );
        }
    }

    fn sockets(&self) -> MutexGuard<'_, Sockets> {
        self.sockets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    pub(super) fn progress(&self) -> &Progress {
        &self.progress
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.sockets().open.remove(&self.number);
        self.places.changed.notify_one();
    }
}

impl Progress {
    fn new() -> Self {
        Self(Arc::new(Shared {
            stage: Mutex::new((Stage::Head, Instant::now())),
            evicted: CancellationToken::new(),
        }))
    }

    /// Moves the socket to a stage.
    pub(super) fn enter(&self, stage: Stage) {
        *self.stage() = (stage, Instant::now());
    }

    /// Records that bytes arrived: an idle socket has started another request.
    pub(super) fn received(&self) {
        let mut stage = self.stage();
        if stage.0 == Stage::Idle {
            *stage = (Stage::Head, Instant::now());
        }
    }

    /// Resolves when the socket has to close.
    pub(super) async fn evicted(&self) {
        self.0.evicted.cancelled().await;
    }

    fn evict(&self) {
        self.0.evicted.cancel();
    }

    /// Returns the rank of the socket: the lowest rank gives up its place first. Returns `None` if the socket keeps its
    /// place.
    fn rank(&self) -> Option<(u8, Instant)> {
        let (stage, since) = *self.stage();
        match stage {
            Stage::Head | Stage::Body => Some((0, since)),
            Stage::Idle => Some((1, since)),
            Stage::Serving => None,
        }
    }

    fn is_too_slow(&self, limits: &Limits) -> bool {
        let (stage, since) = *self.stage();
        let allowed = match stage {
            Stage::Head => limits.head_timeout,
            Stage::Body => limits.body_timeout,
            Stage::Idle => limits.idle_timeout,
            Stage::Serving => Duration::MAX,
        };
        since.elapsed() > allowed
    }

    fn stage(&self) -> MutexGuard<'_, (Stage, Instant)> {
        self.0.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
