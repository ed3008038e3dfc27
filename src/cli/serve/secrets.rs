//! Rotated secrets: the password of the database and the API keys are read again when they are refused, and on SIGHUP.

use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use sqlx::postgres::PgConnectOptions;
use tokio::signal::unix::Signal;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::domain::ErrorChain;
use crate::engine::Engine;
use crate::lifecycle::Heartbeat;
use crate::settings::{Problems, Serving};
use crate::store::{self, Sessions};

/// Reads every setting again and returns those that the service needs, with secrets.
pub(crate) type ReadSecrets = Arc<dyn Fn() -> Result<Serving, Problems> + Send + Sync>;

/// The minimum time between two reads, because a refused secret is refused often.
const PAUSE: Duration = Duration::from_secs(5);

/// The time limit of a read. A file on an unresponsive network disk must not prevent the next read.
const LIMIT: Duration = Duration::from_secs(10);

/// Replaces rotated secrets.
pub(super) struct Secrets {
    pub(super) engine: Arc<Engine>,
    pub(super) read: ReadSecrets,
    /// The database URL that was read last.
    pub(super) database_url: SecretString,
    /// Notified when Postgres refuses the password.
    pub(super) database_refused: Arc<Notify>,
}

impl Secrets {
    /// Reads the secrets again whenever one is refused, and on SIGHUP, until stopped.
    pub(super) async fn keep_current(
        mut self,
        mut hangups: Signal,
        stop: CancellationToken,
        heartbeat: Heartbeat,
    ) {
        loop {
            let asked = async {
                tokio::select! {
                    Some(()) = hangups.recv() => "SIGHUP",
                    () = self.database_refused.notified() => "Postgres",
                    () = self.engine.accounts.key_refused() => "Telnyx",
                }
            };
            let asked = stop.run_until_cancelled(heartbeat.while_waiting(asked));
            let Some(asked_by) = asked.await else { return };
            self.read_again(asked_by).await;
            let pause = stop.run_until_cancelled(self.engine.clock.sleep(PAUSE));
            if pause.await.is_none() {
                return;
            }
        }
    }

    async fn read_again(&mut self, asked_by: &str) {
        let read = self.read.clone();
        let reading = tokio::task::spawn_blocking(move || read());
        let serving = match tokio::time::timeout(LIMIT, reading).await {
            Ok(Ok(Ok(serving))) => serving,
            Ok(Ok(Err(problems))) => {
                return tracing::error!(asked_by, "Failed to read the secrets again: {problems}");
            }
            Ok(Err(panic)) => std::panic::resume_unwind(panic.into_panic()),
            Err(_) => {
                return tracing::error!(
                    asked_by,
                    "Failed to read the secrets again: reading the files timed out"
                );
            }
        };
        self.take_database_url(serving.database_url, asked_by);
        for account in serving.accounts {
            let Some(client) = self.engine.accounts.client(&account.name) else {
                continue;
            };
            match client.replace_key(&account.api_key) {
                Ok(true) => {
                    self.engine.accounts.resume(&account.name);
                    self.engine.wake.notify_one();
                    tracing::info!(account = %account.name, asked_by, "Using a new API key");
                }
                Ok(false) => {}
                Err(error) => {
                    tracing::error!(account = %account.name, error = %ErrorChain(&error), "The new API key is not valid, so the old one stays in use");
                }
            }
        }
    }

    /// Uses another URL for new connections, if it names the same database: a service that writes to two databases would
    /// answer the same orders twice.
    fn take_database_url(&mut self, url: SecretString, asked_by: &str) {
        let (old, new) = (self.database_url.expose_secret(), url.expose_secret());
        if old == new {
            return;
        }
        let options = |url: &str| store::options(url, Sessions::Service);
        let (Ok(old), Ok(new)) = (options(old), options(new)) else {
            return tracing::error!(
                asked_by,
                "DATABASE_URL is no longer a Postgres URL, so the old one stays in use"
            );
        };
        if place(&old) != place(&new) {
            return tracing::error!(
                asked_by,
                "DATABASE_URL now names another database. Restart the service to use it"
            );
        }
        self.engine.pool.set_connect_options(new);
        self.database_url = url;
        tracing::info!(asked_by, "Using a new user or password for the database");
    }
}

fn place(options: &PgConnectOptions) -> (String, u16, Option<std::path::PathBuf>, Option<String>) {
    (
        options.get_host().to_owned(),
        options.get_port(),
        options.get_socket().cloned(),
        options.get_database().map(str::to_owned),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_user_or_password_is_the_same_database_and_another_host_port_socket_or_name_is_not() {
        let place_of = |url: &str| place(&store::options(url, Sessions::Service).unwrap());
        let first = place_of("postgres://app:first@db.example:5432/portoutd");
        for same in [
            "postgres://app:second@db.example:5432/portoutd",
            "postgres://other@db.example/portoutd?sslmode=require",
        ] {
            assert_eq!(place_of(same), first, "{same}");
        }
        for other in [
            "postgres://app:first@db2.example:5432/portoutd",
            "postgres://app:first@db.example:5433/portoutd",
            "postgres://app:first@db.example:5432/portoutd2",
            "postgres://app:first@db.example:5432/portoutd?host=/run/postgresql",
        ] {
            assert_ne!(place_of(other), first, "{other}");
        }
    }
}
