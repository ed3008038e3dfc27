//! A listener that legitimate clients can reach however many sockets others hold open.

mod limits;
mod pages;
mod places;
#[cfg(test)]
mod tests;
mod watched;

pub use limits::Limits;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use metrics::Gauge;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::domain::ErrorChain;
use crate::lifecycle::{Heartbeat, Lifecycle};
use places::{Place, Places};
use watched::{Watched, WatchedSocket};

pub use pages::Pages;

/// A bound socket that is not served yet.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    name: &'static str,
}

/// Why the listener cannot bind its address.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on `{address}` (setting `{setting}`): {advice}")]
pub struct BindError {
    address: SocketAddr,
    setting: &'static str,
    advice: &'static str,
    source: io::Error,
}

/// What the connections of a listener share.
struct Shared {
    builder: http1::Builder,
    pages: Pages,
    limits: Limits,
    stop: CancellationToken,
    open: Gauge,
}

impl BindError {
    fn new(address: SocketAddr, setting: &'static str, source: io::Error) -> Self {
        let advice = match source.kind() {
            io::ErrorKind::AddrInUse => "another program listens there. Stop it or choose another port",
            io::ErrorKind::AddrNotAvailable => {
                "this machine does not have that address. Use one that it has, or `0.0.0.0`"
            }
            io::ErrorKind::PermissionDenied => "ports below 1024 need a privilege. Choose a higher one",
            _ => "the system refuses the address. Choose another one",
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
    /// Binds the address from a setting, such as `http.public_listen`. `name` is used in metrics and logs.
    ///
    /// # Errors
    /// The address cannot be bound. The message says what to do.
    pub async fn bind(
        address: SocketAddr,
        setting: &'static str,
        name: &'static str,
    ) -> Result<Self, BindError> {
        let socket = TcpListener::bind(address)
            .await
            .map_err(|source| BindError::new(address, setting, source))?;
        Ok(Self { socket, name })
    }

    /// Returns the bound address, with the port that the system chose for port 0.
    ///
    /// # Errors
    /// The system does not return the address.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Serves the pages as a long task until the service stops. Requests in progress may then complete within
    /// `limits.drain`. Each socket is a task on the lifecycle's tracker.
    pub fn start(self, pages: impl Into<Pages>, limits: Limits, lifecycle: &Lifecycle) {
        let pages = pages.into();
        let name = format!("{} listener", self.name);
        let (tracker, stop) = (lifecycle.tracker().clone(), lifecycle.stop().clone());
        lifecycle.spawn(name, PATIENCE, |heartbeat| async move {
            self.serve(pages, limits, tracker, stop, heartbeat).await;
        });
    }

    async fn serve(
        self,
        pages: Pages,
        limits: Limits,
        tracker: TaskTracker,
        stop: CancellationToken,
        heartbeat: Heartbeat,
    ) {
        let mut builder = http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            // A backstop, because `Places` closes slow sockets earlier.
            .header_read_timeout(limits.idle_timeout.max(limits.head_timeout))
            .max_buf_size(MOST_BUFFERED);
        let shared = Arc::new(Shared {
            builder,
            pages,
            limits,
            stop: stop.clone(),
            open: metrics::gauge!("portoutd_http_connections", "listener" => self.name),
        });
        let places = Arc::new(Places::new(self.name, limits));
        let sweep = sweep(&places, stop.clone());
        let accept = self.accept_all(&shared, &places, &tracker, &stop, &heartbeat);
        tokio::join!(accept, sweep);
        drop(self.socket);
        heartbeat.while_waiting(places.all_closed()).await;
    }

    async fn accept_all(
        &self,
        shared: &Arc<Shared>,
        places: &Arc<Places>,
        tracker: &TaskTracker,
        stop: &CancellationToken,
        heartbeat: &Heartbeat,
    ) {
        while let Some((socket, address)) = self.next(places, stop, heartbeat).await {
            let admitted = heartbeat.while_waiting(places.admit(address.ip()));
            let Some(place) = stop.run_until_cancelled(admitted).await else {
                return;
            };
            let shared = Arc::clone(shared);
            tracker.spawn(async move { shared.attend(socket, place).await });
        }
    }

    /// Returns the next client, or `None` after a stop.
    async fn next(
        &self,
        places: &Places,
        stop: &CancellationToken,
        heartbeat: &Heartbeat,
    ) -> Option<(TcpStream, SocketAddr)> {
        loop {
            let accepted = heartbeat.while_waiting(self.socket.accept());
            match stop.run_until_cancelled(accepted).await? {
                Ok(accepted) => return Some(accepted),
                Err(error) => {
                    tracing::warn!(listener = self.name, error = %ErrorChain(&error), "Failed to accept a connection");
                    // Usually there are no file descriptors left, so one is freed.
                    places.make_room();
                    let _ = timeout(ACCEPT_PAUSE, stop.cancelled()).await;
                }
            }
        }
    }
}

/// The maximum buffer size of a request head, in bytes.
const MOST_BUFFERED: usize = 16 * 1024;

const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How often slow sockets are closed.
const SWEEP_INTERVAL: Duration = Duration::from_millis(250);

/// How long the accept loop may show no progress.
const PATIENCE: Duration = Duration::from_mins(1);

/// Closes the sockets that are slower than the limits allow, until the service stops.
async fn sweep(places: &Places, stop: CancellationToken) {
    while timeout(SWEEP_INTERVAL, stop.cancelled()).await.is_err() {
        places.close_slow();
    }
}

impl Shared {
    async fn attend(&self, socket: TcpStream, place: Place) {
        self.open.increment(1.0);
        // Without this, small responses may wait for the client's acknowledgment.
        let _ = socket.set_nodelay(true);
        let progress = place.progress();
        let service = Watched::new(self.pages.clone(), progress);
        let socket = TokioIo::new(WatchedSocket::new(socket, progress));
        let connection = self.builder.serve_connection(socket, service);
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = timeout(self.limits.connection_age, connection.as_mut()) => ended.is_ok(),
            () = self.stop.cancelled() => false,
            // The connection is dropped, which closes the socket.
            () = progress.evicted() => true,
        };
        if !ended {
            connection.as_mut().graceful_shutdown();
            // Connections that are not done by then are closed.
            let _ = timeout(self.limits.drain, connection).await;
        }
        self.open.decrement(1.0);
    }
}
