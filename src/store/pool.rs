use std::str::FromStr;
use std::time::Duration;

use sqlx::ConnectOptions as _;
use sqlx::migrate::{Migrate, Migrator};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};

static MIGRATIONS: Migrator = sqlx::migrate!();

const OLDEST_POSTGRES: u32 = 140_000;

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The URL is not one.
    #[error("DATABASE_URL is not a Postgres URL such as `postgres://user@host/database`")]
    BadUrl(#[source] sqlx::Error),
    /// Nothing answers, or it refuses us.
    #[error("no connection to Postgres")]
    Away(#[source] sqlx::Error),
    /// The server is too old.
    #[error("Postgres {found} is too old: portoutd needs version 14 or newer")]
    TooOld {
        /// The server's version as it tells it.
        found: String,
    },
    /// The schema was made by a newer portoutd.
    #[error(
        "the database's schema has migration {0}, which this portoutd does not know: run the newer portoutd that made it"
    )]
    SchemaNewer(i64),
    /// A migration was changed after it ran.
    #[error(
        "migration {0} differs from the one that ran on this database: run the portoutd that made the schema"
    )]
    SchemaDiffers(i64),
    /// A migration did not run.
    #[error("a migration failed")]
    Migration(#[source] sqlx::migrate::MigrateError),
}

/// Opens a pool and looks once whether the server answers and is new enough.
pub async fn connect(url: &str, connections: u32) -> Result<PgPool, ConnectError> {
    let options = PgConnectOptions::from_str(url)
        .map_err(ConnectError::BadUrl)?
        .application_name("portoutd")
        // Our statements are short: compiling them costs more than running them.
        // The ROLLBACK below warns outside a transaction; nobody needs to read that.
        .options([("jit", "off"), ("client_min_messages", "error")]);
    let pool = PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(Duration::from_secs(5))
        // A cancelled `begin` can leave a pooled connection inside a transaction; whatever the next user
        // writes on it would never be committed. ROLLBACK outside a transaction is only a warning.
        .after_release(|connection, _| {
            Box::pin(async move {
                sqlx::query("rollback").execute(connection).await?;
                Ok(true)
            })
        })
        .connect_with(options)
        .await
        .map_err(ConnectError::Away)?;
    let version: String = sqlx::query_scalar("show server_version_num")
        .fetch_one(&pool)
        .await
        .map_err(ConnectError::Away)?;
    if version
        .parse::<u32>()
        .is_ok_and(|number| number < OLDEST_POSTGRES)
    {
        let found = sqlx::query_scalar("show server_version")
            .fetch_one(&pool)
            .await
            .map_err(ConnectError::Away)?;
        return Err(ConnectError::TooOld { found });
    }
    Ok(pool)
}

/// Opens a connection beside the pool, for a task that must go on however many of the pool's connections are taken.
///
/// # Errors
/// The server does not answer or does not accept us.
pub async fn open_apart(pool: &PgPool) -> Result<PgConnection, super::StoreError> {
    Ok(pool.connect_options().connect().await?)
}

/// Asks whether the database answers.
pub async fn ping(pool: &PgPool) -> Result<(), super::StoreError> {
    sqlx::query("-- ping\nselect").execute(pool).await?;
    Ok(())
}

/// Brings the schema up to date. Safe to run from several processes at once: the migrator takes a lock.
pub async fn migrate(pool: &PgPool) -> Result<(), ConnectError> {
    MIGRATIONS.run(pool).await.map_err(explain)
}

/// How many migrations have not run yet; refuses a schema that is newer than this program.
pub async fn pending_migrations(pool: &PgPool) -> Result<usize, ConnectError> {
    let mut connection = pool.acquire().await.map_err(ConnectError::Away)?;
    let table = &MIGRATIONS.table_name;
    connection.ensure_migrations_table(table).await.map_err(explain)?;
    let applied = connection.list_applied_migrations(table).await.map_err(explain)?;
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
    match error {
        sqlx::migrate::MigrateError::VersionMissing(version) => ConnectError::SchemaNewer(version),
        sqlx::migrate::MigrateError::VersionMismatch(version) => ConnectError::SchemaDiffers(version),
        other => ConnectError::Migration(other),
    }
}
