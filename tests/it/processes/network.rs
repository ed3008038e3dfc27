//! A network between the service and Postgres that can swallow every packet, as one does whose cable is cut or whose
//! firewall has forgotten its connections: nobody is told, and what was open stays silent afterwards.

use std::path::PathBuf;
use std::sync::Arc;

use sqlx::PgPool;
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

/// How the network is now. Connections of another time than the present stay silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Weather {
    time: u64,
    silent: bool,
}

/// The network. Dropping it closes every connection.
pub(crate) struct Network {
    url: String,
    weather: watch::Sender<Weather>,
    _stop: DropGuard,
}

impl Network {
    /// A network in front of the server of this pool, which listens on a Unix socket.
    pub(crate) async fn in_front_of(pool: &PgPool) -> Self {
        let options = pool.connect_options();
        let socket = options.get_socket().unwrap().join(".s.PGSQL.5432");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (user, port) = (options.get_username(), listener.local_addr().unwrap().port());
        let database = options.get_database().unwrap();
        let weather = watch::Sender::new(Weather {
            time: 0,
            silent: false,
        });
        let stop = CancellationToken::new();
        let tracker = TaskTracker::new();
        tracker.spawn(carry_all(
            listener,
            socket,
            weather.clone(),
            tracker.clone(),
            stop.clone(),
        ));
        Self {
            url: format!("postgres://{user}@127.0.0.1:{port}/{database}"),
            weather,
            _stop: stop.drop_guard(),
        }
    }

    /// The database as the service sees it.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// From now on no packet arrives, in either direction.
    pub(crate) fn swallow(&self) {
        self.weather.send_modify(|now| {
            now.time += 1;
            now.silent = true;
        });
    }

    /// New connections work again; those from before stay silent.
    pub(crate) fn carry(&self) {
        self.weather.send_modify(|now| {
            now.time += 1;
            now.silent = false;
        });
    }
}

async fn carry_all(
    listener: TcpListener,
    socket: PathBuf,
    weather: watch::Sender<Weather>,
    tracker: TaskTracker,
    stop: CancellationToken,
) {
    let socket = Arc::new(socket);
    while let Some(Ok((client, _))) = stop.run_until_cancelled(listener.accept()).await {
        let carried = carry_one(client, socket.clone(), weather.subscribe());
        let stop = stop.clone();
        tracker.spawn(async move { stop.run_until_cancelled(carried).await });
    }
}

/// Carries bytes both ways while the weather is that of the connection's beginning, and then holds both sides open.
async fn carry_one(mut client: TcpStream, socket: Arc<PathBuf>, mut weather: watch::Receiver<Weather>) {
    let begun = *weather.borrow_and_update();
    if begun.silent {
        std::future::pending::<()>().await;
    }
    let mut server = UnixStream::connect(&*socket).await.unwrap();
    tokio::select! {
        biased;
        changed = weather.changed() => {
            if changed.is_ok() {
                std::future::pending::<()>().await;
            }
        }
        _ = tokio::io::copy_bidirectional(&mut client, &mut server) => {}
    }
}
