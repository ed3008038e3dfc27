//! How verbs connect to the database, and the messages when they cannot.

use std::str::FromStr;

use anyhow::anyhow;
use secrecy::{ExposeSecret, SecretString};
use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;
use tokio::runtime::Runtime;

use crate::cli::failure::Failure;
use crate::settings::Settings;
use crate::store::{self, ConnectError, Sessions, StoreError};

/// The most connections that a verb needs. The service has its own setting.
const CONNECTIONS_OF_A_VERB: u32 = 2;

/// A runtime for a verb that runs one task and exits.
pub(crate) fn runtime() -> Result<Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::not_good(anyhow!(error).context("the runtime did not start")))
}

/// Opens the database for a verb. The schema must be exactly the one that this program knows.
pub(crate) async fn open(settings: &Settings) -> Result<PgPool, Failure> {
    let url = settings.database_url().map_err(Failure::config)?;
    let pool = connect(url, CONNECTIONS_OF_A_VERB, Sessions::Tool).await?;
    expect_current(&pool, url).await?;
    Ok(pool)
}

/// Fails if the schema is not the one that this program knows.
pub(crate) async fn expect_current(pool: &PgPool, url: &SecretString) -> Result<(), Failure> {
    let pending = store::pending_migrations(pool)
        .await
        .map_err(|error| unusable(url, error))?;
    match pending {
        0 => Ok(()),
        count => Err(Failure::config(anyhow!(
            "the schema of {} is older than this version of portoutd: it lacks {}. Run `portoutd migrate`",
            whereabouts(url),
            counted(count, "migration")
        ))),
    }
}

/// Connects without a check of the schema.
pub(crate) async fn connect(
    url: &SecretString,
    connections: u32,
    sessions: Sessions,
) -> Result<PgPool, Failure> {
    store::connect(url.expose_secret(), connections, sessions)
        .await
        .map_err(|error| unusable(url, error))
}

/// The failure for a database that cannot be used: 69 if it is unavailable, 78 if the configuration is wrong.
pub(crate) fn unusable(url: &SecretString, error: ConnectError) -> Failure {
    let place = whereabouts(url);
    match error {
        ConnectError::Unavailable(cause) => {
            if is_password_refused(&cause) {
                // Not 78: somebody may be about to update the file, and a supervisor does not restart after 78.
                let told =
                    format!("password refused by {place}. Check the user and password in DATABASE_URL");
                return Failure::away(plain(cause).context(told));
            }
            if is_missing(&cause) {
                let told = format!(
                    "{place} cannot be used. Create the database, or correct its name in DATABASE_URL"
                );
                return Failure::config(plain(cause).context(told));
            }
            let told = format!(
                "{place} cannot be reached. Check that Postgres is running there and that DATABASE_URL is correct"
            );
            Failure::away(plain(cause).context(told))
        }
        ConnectError::BadUrl(cause) => {
            let told = "DATABASE_URL is not a valid Postgres URL. Write it like `postgres://portoutd@localhost/portoutd`";
            Failure::config(plain(cause).context(told))
        }
        other => Failure::config(anyhow!(other).context(format!("{place} cannot be used"))),
    }
}

/// The essential part of a database error, without the text that sqlx wraps around it.
fn plain(error: sqlx::Error) -> anyhow::Error {
    match error {
        sqlx::Error::Database(error) => anyhow!("{}", error.message().to_owned()),
        sqlx::Error::Io(error) => anyhow!(error),
        sqlx::Error::Configuration(error) | sqlx::Error::Tls(error) => anyhow!(error.to_string()),
        sqlx::Error::PoolTimedOut => anyhow!("no answer in time"),
        other => anyhow!(other),
    }
}

/// The failure for a failed statement: 69 if the database was unavailable, 1 otherwise.
pub(crate) fn failed(error: StoreError) -> Failure {
    let told = error.to_string();
    match error {
        StoreError::Unavailable(cause)
        | StoreError::ReadOnly(cause)
        | StoreError::Busy(cause)
        | StoreError::Full(cause)
        | StoreError::PasswordRefused(cause) => Failure::away(plain(cause).context(told)),
        StoreError::TimedOut(_) => Failure::away(error),
        StoreError::Refused(cause) => Failure::not_good(plain(cause).context(told)),
        other => Failure::not_good(other),
    }
}

/// Whether the server answers but refuses the user or the password (SQLSTATE class 28).
fn is_password_refused(error: &sqlx::Error) -> bool {
    has_code(error, |code| code.starts_with("28"))
}

/// Whether the server has no database of this name.
fn is_missing(error: &sqlx::Error) -> bool {
    has_code(error, |code| code == "3D000")
}

fn has_code(error: &sqlx::Error, wanted: impl Fn(&str) -> bool) -> bool {
    let code = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| wanted(&code))
}

/// Describes a database by address, name and user, never with its password.
pub(crate) fn whereabouts(url: &SecretString) -> String {
    let Ok(options) = PgConnectOptions::from_str(url.expose_secret()) else {
        return "the database".to_owned();
    };
    let place = match options.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    };
    let name = options.get_database().unwrap_or(options.get_username());
    format!(
        "the database `{name}` at `{place}` (as `{}`)",
        options.get_username()
    )
}

/// `1 migration`, `2 migrations`.
pub(crate) fn counted(count: usize, thing: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {thing}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_named_without_its_password() {
        for (url, named) in [
            (
                "postgres://ann:hunter2@db.example:6000/ports",
                "the database `ports` at `db.example:6000` (as `ann`)",
            ),
            (
                "postgres://ann:hunter2@localhost/ports?host=/run/pg",
                "the database `ports` at `/run/pg` (as `ann`)",
            ),
            ("hunter2", "the database"),
        ] {
            assert_eq!(whereabouts(&SecretString::from(url)), named);
        }
    }

    #[tokio::test]
    async fn an_unreachable_database_is_reported_without_its_password() {
        let url = SecretString::from("postgres://ann:hunter2@127.0.0.1:1/ports");
        let failure = unusable(&url, ConnectError::Unavailable(sqlx::Error::PoolTimedOut));
        let told = format!("{failure:?}");
        assert!(
            told.contains("code: 69") && told.contains("127.0.0.1:1"),
            "{told}"
        );
        assert!(!told.contains("hunter2"), "{told}");
    }
}
