//! Tests of genuine webhooks next to sockets that never complete a request.

use std::time::Duration;

use sqlx::PgPool;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::{PATH, Site, pending};
use crate::engine::intake::ingest::Bounds;
use crate::http::listener::Limits;

const PLACES: usize = 48;

/// Limits under which no socket is closed for being slow, so that only the places decide.
fn few_places() -> Limits {
    Limits {
        connections: u32::try_from(PLACES).unwrap(),
        connections_per_address: u32::try_from(PLACES).unwrap(),
        head_timeout: Duration::from_mins(1),
        body_timeout: Duration::from_mins(1),
        idle_timeout: Duration::from_mins(1),
        ..Limits::default()
    }
}

/// Opens twice as many sockets as there are places and sends only these bytes on each.
async fn flood(site: &Site, bytes: &[u8]) -> Vec<TcpStream> {
    let mut sockets = Vec::new();
    for _ in 0..2 * PLACES {
        let mut socket = site.served.connect().await;
        // An evicted socket cannot be written to.
        let _ = socket.write_all(bytes).await;
        sockets.push(socket);
    }
    sockets
}

#[sqlx::test]
async fn genuine_webhooks_are_kept_beside_floods_of_unfinished_requests(pool: PgPool) {
    let site = Site::with(&pool, Bounds::default(), few_places()).await;
    let slow_body = format!("POST {PATH} HTTP/1.1\r\nhost: test\r\ncontent-length: 500\r\n\r\n{{");
    let floods: [&[u8]; 3] = [b"", b"POST /webhooks/telnyx HT", slow_body.as_bytes()];
    let mut kept = 0;
    for bytes in floods {
        let held = flood(&site, bytes).await;
        for _ in 0..25 {
            kept += 1;
            let body = pending("order-1", &format!("event-{kept}"));
            assert_eq!(site.post(&body).await.status, 200);
        }
        drop(held);
    }
    assert_eq!(site.kept().await.len(), kept);
    site.close().await;
}
