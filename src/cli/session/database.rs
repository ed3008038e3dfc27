//! How verbs reach the database, and what a person is told when they cannot.

use std::str::FromStr;

use anyhow::anyhow;
use secrecy::{ExposeSecret, SecretString};
use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;
use tokio::runtime::Runtime;

use crate::cli::failure::Failure;
use crate::settings::Settings;
use crate::store::{self, ConnectError, Sessions, StoreError};

/// Connections a verb needs at most; the service has its own setting.
const CONNECTIONS_OF_A_VERB: u32 = 2;

/// A runtime for a verb that does one thing and ends.
pub(crate) fn runtime() -> Result<Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::not_good(anyhow!(error).context("the runtime did not start")))
}

/// Opens the database for a verb. The schema has to be exactly the one this program knows.
pub(crate) async fn open(settings: &Settings) -> Result<PgPool, Failure> {
    let url = settings.database_url().map_err(Failure::config)?;
    let pool = connect(url, CONNECTIONS_OF_A_VERB, Sessions::Tool).await?;
    expect_current(&pool, url).await?;
    Ok(pool)
}

/// Refuses a schema that is not the one this program knows.
pub(crate) async fn expect_current(pool: &PgPool, url: &SecretString) -> Result<(), Failure> {
    let pending = store::pending_migrations(pool)
        .await
        .map_err(|error| unusable(url, error))?;
    match pending {
        0 => Ok(()),
        count => Err(Failure::config(anyhow!(
            "the schema of {} is older than this portoutd, {} behind: run `portoutd migrate`",
            whereabouts(url),
            counted(count, "migration")
        ))),
    }
}

/// Connects, whatever the schema is.
pub(crate) async fn connect(
    url: &SecretString,
    connections: u32,
    sessions: Sessions,
) -> Result<PgPool, Failure> {
    store::connect(url.expose_secret(), connections, sessions)
        .await
        .map_err(|error| unusable(url, error))
}

/// What is told of a database that cannot be used: 69 when it is away, 78 when it will not do as configured.
pub(crate) fn unusable(url: &SecretString, error: ConnectError) -> Failure {
    let place = whereabouts(url);
    match error {
        ConnectError::Unavailable(cause) => {
            if is_password_refused(&cause) {
                // Not 78: the password may be on its way into the file, and a supervisor does not restart after 78.
                let told = format!("password refused by {place}: check user and password in DATABASE_URL");
                return Failure::away(plain(cause).context(told));
            }
            if is_missing(&cause) {
                let told =
                    format!("{place} cannot be used: create the database, or check its name in DATABASE_URL");
                return Failure::config(plain(cause).context(told));
            }
            let told = format!("{place} is away (is Postgres running there, and is DATABASE_URL right?)");
            Failure::away(plain(cause).context(told))
        }
        ConnectError::BadUrl(cause) => {
            let told = "DATABASE_URL is no Postgres URL such as `postgres://portoutd@localhost/portoutd`";
            Failure::config(plain(cause).context(told))
        }
        other => Failure::config(anyhow!(other).context(format!("{place} cannot be used"))),
    }
}

/// The heart of a database error: sqlx wraps it in words that repeat it.
fn plain(error: sqlx::Error) -> anyhow::Error {
    match error {
        sqlx::Error::Database(error) => anyhow!("{}", error.message().to_owned()),
        sqlx::Error::Io(error) => anyhow!(error),
        sqlx::Error::Configuration(error) | sqlx::Error::Tls(error) => anyhow!(error.to_string()),
        sqlx::Error::PoolTimedOut => anyhow!("no answer in time"),
        other => anyhow!(other),
    }
}

/// A statement that failed: 69 when the database was the obstacle, 1 otherwise.
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

/// Whether the server is there and does not accept the user or the password (SQLSTATE class 28).
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

/// Names a database by place, name and user, never by password.
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
    async fn a_database_that_is_away_is_told_without_its_password() {
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
