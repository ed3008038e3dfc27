//! The simulator's listener.

use std::sync::Arc;
use std::time::Duration;

use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::router::{router, unmarked};
use crate::clock::{Clock, SystemClock};
use crate::domain::ErrorChain;
use crate::simulator::Shared;

/// Accepts connections until the simulator stops. Connections that are still open are closed then.
pub(in crate::simulator) async fn listen(
    listener: TcpListener,
    shared: Arc<Shared>,
    tracker: TaskTracker,
    stop: CancellationToken,
) {
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                let connection = serve(stream, Arc::clone(&shared));
                let stop = stop.clone();
                tracker.spawn(async move {
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = connection => {}
                    }
                });
            }
            Err(error) => {
                tracing::warn!(error = %ErrorChain(&error), "Failed to accept a connection");
                // Most likely there are no file descriptors left. Wait for connections to close, in real time even if
                // the clock stands still.
                SystemClock.sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

/// An error here is a broken connection, because of a fault or the client, and is not reported.
async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let router = TowerToHyperService::new(router(&shared));
    let service = service_fn(move |request: Request<Incoming>| {
        let answered = router.call(request);
        async move { answered.await.map_or_else(|never| match never {}, unmarked) }
    });
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(30))
        .serve_connection(TokioIo::new(stream), service)
        .await;
}
