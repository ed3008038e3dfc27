//! Connections to Postgres: the limits of sessions, the pool, which keeps only responsive connections, and the schema.

use std::str::FromStr;
use std::time::Duration;

use sqlx::migrate::{AppliedMigration, Migrate, Migrator};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::time::timeout;

use super::error::Kind;
use super::session_limits::{Sessions, limited};
use super::{StoreError, tcp_limits, within};

static MIGRATIONS: Migrator = sqlx::migrate!();

const OLDEST_POSTGRES: u32 = 140_000;

/// How long a pooled connection may take to respond, before it is handed out and after it is returned. On a network
/// that drops packets it would otherwise hold its place in the pool until the kernel gives up.
const SIGN_OF_LIFE: Duration = Duration::from_secs(1);

/// How long acquiring a connection from the pool may take.
const ACQUIRE: Duration = Duration::from_secs(5);

/// How long a new connection may take.
const CONNECT: Duration = Duration::from_secs(5);

/// A migration has no time limit, and may wait for one that another process runs.
const MIGRATION: [(&str, &str); 3] = [
    ("statement_timeout", "0"),
    ("lock_timeout", "60s"),
    ("idle_in_transaction_session_timeout", "60s"),
];

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The URL is not valid.
    #[error("DATABASE_URL is not a Postgres URL such as `postgres://user@host/database`")]
    BadUrl(#[source] sqlx::Error),
    /// The server does not respond, or refuses the connection.
    #[error("no connection to Postgres")]
    Unavailable(#[source] sqlx::Error),
    /// The server is too old.
    #[error("Postgres {found} is too old: portoutd needs version 14 or newer")]
    TooOld {
        /// The server's version, as the server reports it.
        found: String,
    },
    /// The schema was created by a newer portoutd.
    #[error(
        "the database's schema has migration {0}, which this portoutd does not know. Run the newer portoutd that created it"
    )]
    SchemaNewer(i64),
    /// A migration was changed after it ran.
    #[error(
        "migration {0} differs from the one that ran on this database. Run the portoutd that created the schema"
    )]
    SchemaDiffers(i64),
    /// A migration did not run.
    #[error("a migration failed")]
    Migration(#[source] sqlx::migrate::MigrateError),
}

/// Returns the connection options for sessions of a kind at a URL. Settings in the URL's own `options` take precedence.
///
/// # Errors
/// It is not a Postgres URL.
pub fn options(url: &str, sessions: Sessions) -> Result<PgConnectOptions, ConnectError> {
    let options = PgConnectOptions::from_str(url).map_err(ConnectError::BadUrl)?;
    Ok(limited(options, sessions))
}

/// Opens a pool and checks once whether the server responds and is new enough.
///
/// # Errors
/// The URL is wrong, or the server does not respond, refuses the connection or is too old.
pub async fn connect(url: &str, connections: u32, sessions: Sessions) -> Result<PgPool, ConnectError> {
    let options = PgConnectOptions::from_str(url).map_err(ConnectError::BadUrl)?;
    connect_with(options, connections, sessions).await
}

/// Opens a pool with options that are already parsed.
///
/// # Errors
/// The server does not respond, refuses the connection or is too old.
pub async fn connect_with(
    options: PgConnectOptions,
    connections: u32,
    sessions: Sessions,
) -> Result<PgPool, ConnectError> {
    let opened = async {
        let pool = pool_options(connections, tcp_limits::tcp_port(&options))
            .connect_with(limited(options, sessions))
            .await?;
        let version: String = sqlx::query_scalar("show server_version_num")
            .fetch_one(&pool)
            .await?;
        Ok((pool, version))
    };
    let (pool, version) = match timeout(ACQUIRE + SIGN_OF_LIFE, opened).await {
        Ok(opened) => opened.map_err(ConnectError::Unavailable)?,
        Err(_) => return Err(ConnectError::Unavailable(sqlx::Error::PoolTimedOut)),
    };
    match version.parse::<u32>() {
        Ok(number) if number < OLDEST_POSTGRES => Err(ConnectError::TooOld {
            found: format!("{}.{}", number / 10_000, number % 10_000),
        }),
        _ => Ok(pool),
    }
}

/// Configures a pool that hands out and accepts back only connections that respond within [`SIGN_OF_LIFE`]. `tcp_port`
/// is the server's.
fn pool_options(connections: u32, tcp_port: Option<u16>) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE)
        .after_connect(move |_, _| {
            Box::pin(async move {
                if let Some(port) = tcp_port {
                    tcp_limits::limit(port);
                }
                Ok(())
            })
        })
        // sqlx's own test has no time limit.
        .test_before_acquire(false)
        .before_acquire(|connection, _| Box::pin(is_usable(connection)))
        // A cancelled `begin` can leave a pooled connection inside a transaction, and whatever the next user writes on
        // it would never be committed. ROLLBACK outside a transaction is only a warning. After this sqlx pings the
        // connection again, without a time limit and while it holds the connection's place in the pool. `tcp_limits`
        // makes the kernel end that wait, and `database_watch` ends the process when no place is left.
        .after_release(|connection, _| {
            Box::pin(async move {
                answered(sqlx::query("rollback").execute(connection)).await?;
                Ok(true)
            })
        })
}

/// Opens a connection outside the pool, for a task that must continue even if every pooled connection is in use.
///
/// # Errors
/// The server does not respond or refuses the connection.
pub async fn open_apart(pool: &PgPool) -> Result<PgConnection, super::StoreError> {
    let options = pool.connect_options();
    within(CONNECT, async { Ok(options.connect().await?) }).await
}

/// Returns whether the server sends nothing within the time limit of a new connection: neither a login nor a refusal.
pub async fn is_silent(url: &str) -> bool {
    let Ok(options) = PgConnectOptions::from_str(url) else {
        return false;
    };
    let attempt = async {
        if let Ok(connection) = options.connect().await {
            // A clean close is not required.
            let _ = connection.close().await;
        }
    };
    timeout(CONNECT, attempt).await.is_err()
}

/// Returns whether a pooled connection responds and can write. After a failover old sessions may stay read-only while
/// new ones are not. An error makes the pool close the connection and open another.
async fn is_usable(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    let read_only: String =
        answered(sqlx::query_scalar("-- is_usable\nshow transaction_read_only").fetch_one(connection))
            .await?;
    Ok(read_only != "on")
}

async fn answered<T>(work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    match timeout(SIGN_OF_LIFE, work).await {
        Ok(done) => done,
        Err(_) => Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())),
    }
}

/// Logs in on a new connection and closes it, independently of the pool's connections.
///
/// # Errors
/// The server does not respond or refuses the connection.
pub async fn try_login(pool: &PgPool) -> Result<(), StoreError> {
    let options = pool.connect_options();
    within(CONNECT, async {
        let mut connection = options.connect().await?;
        connection.ping().await?;
        // A clean close is not required.
        let _ = connection.close().await;
        Ok(())
    })
    .await
}

/// Applies the pending migrations. Several processes may call this at the same time, because the migrator takes a lock.
///
/// # Errors
/// The server does not respond, this program cannot update the schema, or a migration fails.
pub async fn migrate(pool: &PgPool) -> Result<(), ConnectError> {
    // Without this check, a process that hangs with the migrator's lock would keep all others from starting.
    if is_current(pool).await? {
        return Ok(());
    }
    let options = pool.connect_options().as_ref().clone().options(MIGRATION);
    let mut connection = match timeout(CONNECT, options.connect()).await {
        Ok(opened) => opened.map_err(ConnectError::Unavailable)?,
        Err(_) => return Err(ConnectError::Unavailable(sqlx::Error::PoolTimedOut)),
    };
    MIGRATIONS.run(&mut connection).await.map_err(explain)?;
    // The work is done, and a clean close is not required.
    let _ = timeout(SIGN_OF_LIFE, connection.close()).await;
    Ok(())
}

/// Returns whether exactly the migrations of this program have run, unchanged.
async fn is_current(pool: &PgPool) -> Result<bool, ConnectError> {
    let applied = applied(pool).await?;
    let same = |one: &AppliedMigration| {
        MIGRATIONS
            .iter()
            .any(|known| known.version == one.version && known.checksum == one.checksum)
    };
    let known = MIGRATIONS
        .iter()
        .filter(|one| one.migration_type.is_up_migration());
    Ok(applied.len() == known.count() && applied.iter().all(same))
}

async fn applied(pool: &PgPool) -> Result<Vec<AppliedMigration>, ConnectError> {
    let table = &MIGRATIONS.table_name;
    let work = async {
        let mut connection = pool.acquire().await.map_err(ConnectError::Unavailable)?;
        connection.ensure_migrations_table(table).await.map_err(explain)?;
        connection.list_applied_migrations(table).await.map_err(explain)
    };
    match timeout(super::UNIT_LIMIT, work).await {
        Ok(applied) => applied,
        Err(_) => Err(ConnectError::Unavailable(sqlx::Error::PoolTimedOut)),
    }
}

/// Returns how many migrations have not run yet. Refuses a schema that is newer than this program.
///
/// # Errors
/// The server does not respond, or the schema is newer.
pub async fn pending_migrations(pool: &PgPool) -> Result<usize, ConnectError> {
    let applied = applied(pool).await?;
    if let Some(unknown) = applied.iter().find(|one| !MIGRATIONS.version_exists(one.version)) {
        return Err(ConnectError::SchemaNewer(unknown.version));
    }
    let known = MIGRATIONS
        .iter()
        .filter(|one| one.migration_type.is_up_migration());
    Ok(known
        .filter(|one| !applied.iter().any(|done| done.version == one.version))
        .count())
}

fn explain(error: sqlx::migrate::MigrateError) -> ConnectError {
    use sqlx::migrate::MigrateError;
    match error {
        MigrateError::VersionMissing(version) => ConnectError::SchemaNewer(version),
        MigrateError::VersionMismatch(version) => ConnectError::SchemaDiffers(version),
        // A lock that another session holds, or a server that goes down, is not the migration's fault.
        MigrateError::Execute(cause) | MigrateError::ExecuteMigration(cause, _)
            if Kind::of(&cause) != Kind::Refused =>
        {
            ConnectError::Unavailable(cause)
        }
        other => ConnectError::Migration(other),
    }
}
