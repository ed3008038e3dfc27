#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use metrics::Gauge;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What one listener grants its clients.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The most sockets at once. Further clients wait in the kernel's queue, which costs us nothing and loses nothing.
    pub connections: u32,
    /// How long a request's head may take, and how long a socket may stay idle.
    pub head_timeout: Duration,
    /// After how long a socket is closed although it is used, so that none is held for ever by a client that never reads.
    pub connection_age: Duration,
    /// How long requests under way may take to end once the listener stops.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 512,
            head_timeout: Duration::from_secs(10),
            connection_age: Duration::from_mins(2),
            drain: Duration::from_secs(5),
        }
    }
}

/// A socket that listens, not yet served.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    name: &'static str,
    crowded: AtomicBool,
}

/// Why nobody can be listened to.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on `{address}`: {advice} (setting `{setting}`)")]
pub struct BindError {
    address: SocketAddr,
    setting: &'static str,
    advice: &'static str,
    source: io::Error,
}

/// What every connection of a listener shares.
struct Shared {
    builder: http1::Builder,
    router: Router,
    limits: Limits,
    stop: CancellationToken,
    open: Gauge,
}

impl BindError {
    fn new(address: SocketAddr, setting: &'static str, source: io::Error) -> Self {
        let advice = match source.kind() {
            io::ErrorKind::AddrInUse => "another program listens there; stop it or choose another port",
            io::ErrorKind::AddrNotAvailable => {
                "this machine has no such address; use one of its own or `0.0.0.0`"
            }
            io::ErrorKind::PermissionDenied => "ports below 1024 need a privilege; choose a higher one",
            _ => "choose another address",
        };
        Self {
            address,
            setting,
            advice,
            source,
        }
    }
}

impl Listener {
    /// Takes the address that the setting, such as `http.public_listen`, names. `name` stands in metrics and logs.
    ///
    /// # Errors
    /// When the address cannot be had; the message says what to do.
    pub async fn bind(
        address: SocketAddr,
        setting: &'static str,
        name: &'static str,
    ) -> Result<Self, BindError> {
        let socket = TcpListener::bind(address)
            .await
            .map_err(|source| BindError::new(address, setting, source))?;
        Ok(Self {
            socket,
            name,
            crowded: AtomicBool::new(false),
        })
    }

    /// The address taken, with the port the system chose where port 0 was asked for.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Serves until `stop` is cancelled, then lets requests under way end within `limits.drain`. Returns when the last
    /// socket is closed. Each socket is a task on the tracker.
    pub async fn serve(self, router: Router, limits: Limits, tracker: TaskTracker, stop: CancellationToken) {
        let mut builder = http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(limits.head_timeout)
            .max_buf_size(MOST_BUFFERED);
        let open = metrics::gauge!("portoutd_http_connections", "listener" => self.name);
        let places = Arc::new(Semaphore::new(limits.connections as usize));
        let shared = Arc::new(Shared {
            builder,
            router,
            limits,
            stop: stop.clone(),
            open,
        });
        while let Some((place, socket)) = self.next(&places, &stop).await {
            let shared = Arc::clone(&shared);
            tracker.spawn(async move { shared.attend(socket, place).await });
        }
        drop(self.socket);
        // Every place is free again once every socket is closed.
        let _ = places.acquire_many(limits.connections).await;
    }

    /// The next socket and its place; `None` once stopped.
    async fn next(
        &self,
        places: &Arc<Semaphore>,
        stop: &CancellationToken,
    ) -> Option<(OwnedSemaphorePermit, TcpStream)> {
        let place = stop.run_until_cancelled(self.place(places)).await??;
        loop {
            match stop.run_until_cancelled(self.socket.accept()).await? {
                Ok((socket, _)) => return Some((place, socket)),
                Err(error) => {
                    tracing::warn!(listener = self.name, error = %error, "A client could not be accepted.");
                    // Out of file descriptors, mostly: some will be closed soon.
                    let _ = timeout(ACCEPT_PAUSE, stop.cancelled()).await;
                }
            }
        }
    }

    async fn place(&self, places: &Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
        if let Ok(place) = Arc::clone(places).try_acquire_owned() {
            self.crowded.store(false, Ordering::Relaxed);
            return Some(place);
        }
        if !self.crowded.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                listener = self.name,
                "Every connection is taken: further clients wait."
            );
        }
        Arc::clone(places).acquire_owned().await.ok()
    }
}

/// What hyper may hold of one request's head.
const MOST_BUFFERED: usize = 16 * 1024;

const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

impl Shared {
    async fn attend(&self, socket: TcpStream, place: OwnedSemaphorePermit) {
        let _place = place;
        self.open.increment(1.0);
        // Without it small answers may wait for the client's acknowledgement.
        let _ = socket.set_nodelay(true);
        let service = TowerToHyperService::new(self.router.clone());
        let connection = self.builder.serve_connection(TokioIo::new(socket), service);
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = timeout(self.limits.connection_age, connection.as_mut()) => ended.is_ok(),
            () = self.stop.cancelled() => false,
        };
        if !ended {
            connection.as_mut().graceful_shutdown();
            // Whoever is not done by then is cut off.
            let _ = timeout(self.limits.drain, connection).await;
        }
        self.open.decrement(1.0);
    }
}
