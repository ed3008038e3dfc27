//! A network that goes silent while a connection is given back to the pool, at the one step that sqlx does not limit.

use std::path::Path;
use std::time::Duration;

use portoutd::store::{self, Sessions};
use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};
use socket2::{SockFilter, SockRef};
use sqlx::PgPool;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio_util::task::TaskTracker;

use super::within;

/// The kernel gives the connection up after ten seconds; the rest is for a machine that does much else.
const HAD_BACK: Duration = Duration::from_secs(25);

/// Drops every packet: "return 0" in the language of socket filters. Unlike a socket that nobody reads, it acknowledges
/// nothing.
const DROP_ALL: [SockFilter; 1] = [SockFilter::new(0x06, 0, 0, 0)];

/// Carries one connection until the server has confirmed a ROLLBACK, which it still passes on; then packets are lost.
async fn carry_until_rollback(mut client: TcpStream, socket: &Path) {
    let mut server = UnixStream::connect(socket).await.unwrap();
    let (mut sent, mut answered) = (vec![0; 8192], vec![0; 8192]);
    loop {
        tokio::select! {
            read = client.read(&mut sent) => match read {
                Ok(0) | Err(_) => return,
                Ok(count) => server.write_all(&sent[..count]).await.unwrap(),
            },
            read = server.read(&mut answered) => {
                let count = read.unwrap();
                let is_last = answered[..count].windows(9).any(|tag| tag == b"ROLLBACK\0");
                if is_last {
                    SockRef::from(&client).attach_filter(&DROP_ALL).unwrap();
                }
                client.write_all(&answered[..count]).await.unwrap();
                if is_last {
                    std::future::pending::<()>().await;
                }
            }
        }
    }
}

/// The first connection falls silent, and the others work.
async fn carry_all(listener: TcpListener, socket: std::path::PathBuf, tracker: TaskTracker) {
    let mut is_first = true;
    while let Ok((mut client, _)) = listener.accept().await {
        let socket = socket.clone();
        if std::mem::take(&mut is_first) {
            tracker.spawn(async move { carry_until_rollback(client, &socket).await });
        } else {
            tracker.spawn(async move {
                let mut server = UnixStream::connect(socket).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
            });
        }
    }
}

/// Whether this system lets a process duplicate its own descriptors by number; some filters for system calls do not.
fn is_allowed() -> bool {
    let ourselves = pidfd_open(getpid(), PidfdFlags::empty()).unwrap();
    pidfd_getfd(ourselves, 2, PidfdGetfdFlags::empty()).is_ok()
}

#[sqlx::test]
async fn a_connection_lost_in_the_last_step_of_its_return_gives_its_place_in_the_pool_back(pool: PgPool) {
    if !is_allowed() {
        return;
    }
    let options = pool.connect_options();
    let socket = options.get_socket().unwrap().join(".s.PGSQL.5432");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!(
        "postgres://{}@{}/{}",
        options.get_username(),
        listener.local_addr().unwrap(),
        options.get_database().unwrap()
    );
    let tracker = TaskTracker::new();
    tracker.spawn(carry_all(listener, socket, tracker.clone()));

    // Its one connection goes back after this and falls silent in the ping that follows the ROLLBACK.
    let service = store::connect(&url, 1, Sessions::Service).await.unwrap();
    let refused = service.acquire().await.map(drop);
    assert!(
        matches!(refused, Err(sqlx::Error::PoolTimedOut)),
        "its place is not free: {refused:?}"
    );
    within(HAD_BACK, "the place is free again", async || {
        service.acquire().await.is_ok()
    })
    .await;
}
