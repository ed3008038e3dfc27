//! Watches the database while the service runs: for `/readyz`, for rotated passwords, and for failures that need a restart.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::domain::ErrorChain;
use crate::engine::Engine;
use crate::http::admin::Part;
use crate::lifecycle::Heartbeat;
use crate::store::{self, StoreError};

/// The interval between test writes to the database.
const INTERVAL: Duration = Duration::from_secs(2);

/// The time limit of a test write. It is longer than the session's `lock_timeout`, to distinguish a locked table from a
/// server that does not respond.
const LIMIT: Duration = Duration::from_secs(4);

/// A new login is tried once per this many writes, because open connections do not reveal a rotated password.
const LOGIN_EVERY: u32 = 15;

/// After this time with a failure that a new process may fix, this process ends so that the supervisor starts a new one:
/// a password that stays refused, or a pool without connections although the server accepts new ones.
const RESTART_AFTER: Duration = Duration::from_mins(2);

/// The state of the database as far as it is known.
#[derive(Default)]
struct Health {
    symptom: Option<&'static str>,
    login_refused: bool,
    failing_since: Option<Instant>,
}

/// Keeps the database's state in `/readyz` current and reports a refused password, until stopped. Returns earlier, which ends
/// the service, when only a new process can help, because its password or its connections may work.
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
        if let Some(reason) = health.reason_to_restart(written.as_ref().err(), logged_in.as_ref()) {
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
    /// Evaluates one test write and reports changes in `/readyz`, in the log, and to the task that can read the password
    /// again.
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
                    "Login to Postgres failed: password refused. Write the valid password to DATABASE_URL or its file, which is read again"
                );
            }
            self.login_refused = is_refused;
            metrics::gauge!("portoutd_database_password_refused").set(if is_refused { 1.0 } else { 0.0 });
        }
        let symptom = match written {
            Ok(()) => None,
            // The pool only reports a timeout, whereas a login reports the cause.
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
                _ if self.symptom.is_some() => tracing::info!("Writes to the database succeed again"),
                _ => {}
            }
            self.symptom = symptom;
        }
    }

    /// Why this process must end, if a failure has lasted too long.
    fn reason_to_restart(
        &mut self,
        failed: Option<&StoreError>,
        logged_in: Option<&Result<(), StoreError>>,
    ) -> Option<&'static str> {
        let reason = match (failed, logged_in) {
            (Some(_), Some(Err(StoreError::PasswordRefused(_)))) => "password refused by Postgres",
            (Some(StoreError::Unavailable(_) | StoreError::TimedOut(_)), Some(Ok(()))) => {
                "Postgres accepts new connections, but those of the pool do not work"
            }
            _ => {
                self.failing_since = None;
                return None;
            }
        };
        let since = *self.failing_since.get_or_insert_with(Instant::now);
        (since.elapsed() >= RESTART_AFTER).then_some(reason)
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
    fn readiness_reports_the_failure_and_stays_green_if_only_a_login_is_refused() {
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
    fn only_a_failure_that_a_new_process_may_fix_ends_this_one_and_only_after_two_minutes() {
        let long_ago = Instant::now()
            .checked_sub(RESTART_AFTER + Duration::from_secs(1))
            .unwrap();
        for (failed, logged_in, ends) in [
            (away().err(), Some(refused()), true),
            (away().err(), Some(Ok(())), true),
            (away().err(), Some(away()), false),
            (None, Some(refused()), false),
            (None, None, false),
        ] {
            let mut health = Health::default();
            let first = health.reason_to_restart(failed.as_ref(), logged_in.as_ref());
            assert_eq!(first, None, "not at first");
            health.failing_since = health.failing_since.map(|_| long_ago);
            let ended = health.reason_to_restart(failed.as_ref(), logged_in.as_ref());
            assert_eq!(ended.is_some(), ends, "{failed:?}, {logged_in:?}");
        }
    }
}
