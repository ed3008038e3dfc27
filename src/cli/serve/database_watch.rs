//! Watches the database while the service runs: for `/readyz`, for passwords that were rotated, and for the end of hope.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::domain::ErrorChain;
use crate::engine::Engine;
use crate::http::admin::Part;
use crate::lifecycle::Heartbeat;
use crate::store::{self, StoreError};

/// How often the database is asked whether it takes a write.
const INTERVAL: Duration = Duration::from_secs(2);

/// How long that may take. Longer than the session's `lock_timeout`, to distinguish a locked table from a silent server.
const LIMIT: Duration = Duration::from_secs(4);

/// A new login is tried once per this many writes: open connections say nothing about a rotated password.
const LOGIN_EVERY: u32 = 15;

/// How long nothing may work that a new process might bring back, before this one ends so that the supervisor starts it:
/// a password that stays refused, or a pool that gives no connection although the server takes new ones.
const HOPE: Duration = Duration::from_mins(2);

/// What is known about the database so far.
#[derive(Default)]
struct Health {
    symptom: Option<&'static str>,
    login_refused: bool,
    hopeless_since: Option<Instant>,
}

/// Keeps `/readyz` true about the database and reports a refused password, until stopped. Returns earlier, and so ends the
/// service, when only a new process can help: its password, or its connections, may work.
pub(super) async fn watch(
    engine: Arc<Engine>,
    part: Part,
    refused: Arc<Notify>,
    stop: CancellationToken,
    heartbeat: Heartbeat,
) {
    let mut health = Health::default();
    let mut turns = 0_u32;
    loop {
        heartbeat.beat();
        let written = store::within(LIMIT, store::probe_write(&engine.pool)).await;
        let logged_in = match &written {
            Ok(()) if !turns.is_multiple_of(LOGIN_EVERY) => None,
            _ => Some(store::try_login(&engine.pool).await),
        };
        turns = turns.wrapping_add(1);
        health.learn(&written, logged_in.as_ref(), &part, &refused);
        if let Some(reason) = health.end_of_hope(written.as_ref().err(), logged_in.as_ref()) {
            return tracing::error!(
                reason,
                "The service ends so that the supervisor starts a new process"
            );
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = engine.clock.sleep(INTERVAL) => {}
        }
    }
}

impl Health {
    /// Takes in one turn, and says what has changed since the last: in `/readyz`, in the log, and to whoever can read the
    /// password again.
    fn learn(
        &mut self,
        written: &Result<(), StoreError>,
        logged_in: Option<&Result<(), StoreError>>,
        part: &Part,
        refused: &Notify,
    ) {
        if let Some(logged_in) = logged_in {
            let is_refused = matches!(logged_in, Err(StoreError::PasswordRefused(_)));
            if is_refused {
                refused.notify_one();
            }
            if is_refused && !self.login_refused {
                tracing::error!(
                    "Postgres: password refused. Put the valid password into DATABASE_URL or its file; the file is read again"
                );
            }
            self.login_refused = is_refused;
            metrics::gauge!("portoutd_database_password_refused").set(if is_refused { 1.0 } else { 0.0 });
        }
        let symptom = match written {
            Ok(()) => None,
            // The pool waits for a place where a login says what is wrong.
            Err(_) if self.login_refused => Some("password refused by Postgres"),
            Err(error) => Some(error.symptom()),
        };
        match symptom {
            None => part.ready(),
            Some(symptom) => part.not_yet(symptom),
        }
        if symptom != self.symptom {
            match (written, symptom) {
                (Err(error), Some(symptom)) => tracing::error!(
                    reason = symptom,
                    error = %ErrorChain(error),
                    "Cannot write to the database"
                ),
                _ if self.symptom.is_some() => tracing::info!("The database takes writes again"),
                _ => {}
            }
            self.symptom = symptom;
        }
    }

    /// Why this process has no hope left, if what is wrong has been so for too long.
    fn end_of_hope(
        &mut self,
        failed: Option<&StoreError>,
        logged_in: Option<&Result<(), StoreError>>,
    ) -> Option<&'static str> {
        let reason = match (failed, logged_in) {
            (Some(_), Some(Err(StoreError::PasswordRefused(_)))) => "password refused by Postgres",
            (Some(StoreError::Unavailable(_) | StoreError::TimedOut(_)), Some(Ok(()))) => {
                "Postgres takes new connections, but those of the pool do not work"
            }
            _ => {
                self.hopeless_since = None;
                return None;
            }
        };
        let since = *self.hopeless_since.get_or_insert_with(Instant::now);
        (since.elapsed() >= HOPE).then_some(reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::admin::Readiness;

    fn refused() -> Result<(), StoreError> {
        Err(StoreError::PasswordRefused(sqlx::Error::PoolTimedOut))
    }

    fn away() -> Result<(), StoreError> {
        Err(StoreError::Unavailable(sqlx::Error::PoolTimedOut))
    }

    #[test]
    fn readiness_says_what_is_wrong_and_a_refused_login_alone_leaves_it_green() {
        let readiness = Readiness::default();
        let part = readiness.part("database", "not asked yet");
        let (mut health, notify) = (Health::default(), Notify::new());
        health.learn(&Ok(()), Some(&refused()), &part, &notify);
        assert!(readiness.is_ready(), "open connections still work");
        health.learn(&away(), Some(&refused()), &part, &notify);
        assert!(
            readiness.report().contains("password refused"),
            "{}",
            readiness.report()
        );
        health.learn(&away(), Some(&away()), &part, &notify);
        assert!(
            readiness.report().contains("does not answer"),
            "{}",
            readiness.report()
        );
        health.learn(&Ok(()), Some(&Ok(())), &part, &notify);
        assert!(readiness.is_ready());
    }

    #[test]
    fn only_what_a_new_process_might_bring_back_ends_this_one_and_only_after_two_minutes() {
        let long_ago = Instant::now().checked_sub(HOPE + Duration::from_secs(1)).unwrap();
        for (failed, logged_in, ends) in [
            (away().err(), Some(refused()), true),
            (away().err(), Some(Ok(())), true),
            (away().err(), Some(away()), false),
            (None, Some(refused()), false),
            (None, None, false),
        ] {
            let mut health = Health::default();
            let first = health.end_of_hope(failed.as_ref(), logged_in.as_ref());
            assert_eq!(first, None, "not at first");
            health.hopeless_since = health.hopeless_since.map(|_| long_ago);
            let ended = health.end_of_hope(failed.as_ref(), logged_in.as_ref());
            assert_eq!(ended.is_some(), ends, "{failed:?}, {logged_in:?}");
        }
    }
}
