//! The time limits of sessions, and the check that they are in effect: the URL, `PGOPTIONS` or a pooler between us and
//! Postgres may set others.

use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;

use super::{StoreError, in_time};

/// The parameters of every session, unless the `options` of the URL set them.
///
/// Our statements are short, and compiling them (`jit`) costs more than running them. The pool's ROLLBACK warns outside
/// a transaction, and nobody needs to read that warning. With the keepalives the server notices a lost client within
/// half a minute and frees its locks. They do nothing on a Unix socket or if the server's system lacks them.
const COMMON: [(&str, &str); 5] = [
    ("jit", "off"),
    ("client_min_messages", "error"),
    ("tcp_keepalives_idle", "10"),
    ("tcp_keepalives_interval", "5"),
    ("tcp_keepalives_count", "3"),
];

/// In milliseconds. No session of the service may keep the others waiting: neither with a statement, nor for a lock,
/// nor by staying idle inside a transaction that holds the head of the chain.
const SERVICE_LIMITS: [(&str, u64); 3] = [
    ("statement_timeout", 5_000),
    ("lock_timeout", 2_000),
    ("idle_in_transaction_session_timeout", 10_000),
];

/// In milliseconds. Ends a session of the service whose responses nobody reads. It does nothing on a Unix socket.
const SERVICE_USER_TIMEOUT: (&str, u64) = ("tcp_user_timeout", 15_000);

/// In milliseconds. A report may stream for an hour, and its reader may pause. But a command that is suspended inside a
/// transaction must not delay the service.
const TOOL_LIMITS: [(&str, u64); 3] = [
    ("statement_timeout", 0),
    ("lock_timeout", 10_000),
    ("idle_in_transaction_session_timeout", 10_000),
];

/// A session limit that is weaker than the service requires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeakLimit {
    /// The Postgres parameter.
    pub name: String,
    /// The limit in effect, or `None` if there is no limit.
    pub in_effect: Option<Duration>,
    /// The required limit.
    pub wanted: Duration,
}

/// Adds the parameters of sessions of this kind. Parameters that the options already set are kept.
pub(super) fn limited(options: PgConnectOptions, sessions: Sessions) -> PgConnectOptions {
    let given = names_in(options.get_options().unwrap_or_default());
    let limits: &[(&str, u64)] = match sessions {
        Sessions::Service => &SERVICE_LIMITS,
        Sessions::Tool => &TOOL_LIMITS,
    };
    let user_timeout = (sessions == Sessions::Service).then_some(SERVICE_USER_TIMEOUT);
    let limits = limits.iter().copied().chain(user_timeout);
    let common = COMMON.iter().map(|(name, value)| (*name, (*value).to_owned()));
    let ours = common.chain(limits.map(|(name, value)| (name, value.to_string())));
    options
        .application_name("portoutd")
        .options(ours.filter(|(name, _)| !given.iter().any(|one| one == name)))
}

/// Returns the parameters that an options text sets: `-c name=value`, `-cname=value` or `--name=value`.
fn names_in(options: &str) -> Vec<String> {
    let setting = |word: &str| {
        let (name, _) = word.split_once('=')?;
        let name = name
            .strip_prefix("--")
            .or(name.strip_prefix("-c"))
            .unwrap_or(name);
        Some(name.replace('-', "_").to_ascii_lowercase())
    };
    options.split_whitespace().filter_map(setting).collect()
}

/// Returns the limits of the service's sessions that are off or longer than required.
///
/// # Errors
/// The database does not respond.
pub async fn weak_limits(pool: &PgPool) -> Result<Vec<WeakLimit>, StoreError> {
    let names: Vec<&str> = SERVICE_LIMITS.iter().map(|(name, _)| *name).collect();
    let shown: Vec<(String, String)> = in_time(async {
        let query =
            "-- weak_limits\nselect name, setting from pg_settings where name = any($1) order by name";
        Ok::<_, StoreError>(sqlx::query_as(query).bind(names).fetch_all(pool).await?)
    })
    .await?;
    Ok(shown
        .into_iter()
        .filter_map(|(name, value)| weak_limit(name, &value))
        .collect())
}

fn weak_limit(name: String, value: &str) -> Option<WeakLimit> {
    let (_, wanted) = SERVICE_LIMITS.iter().find(|(known, _)| *known == name)?;
    let in_effect: u64 = value.parse().ok()?;
    (in_effect == 0 || in_effect > *wanted).then(|| WeakLimit {
        name,
        in_effect: (in_effect > 0).then(|| Duration::from_millis(in_effect)),
        wanted: Duration::from_millis(*wanted),
    })
}

/// The kind of program that opens sessions. It determines their time limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sessions {
    /// The running service: short statements and short waits.
    Service,
    /// A command that a person runs: statements may take long, but waiting for locks may not.
    Tool,
}

#[cfg(test)]
mod tests {
    use std::str::FromStr as _;

    use super::*;

    fn opened_with(given: &str) -> String {
        let options = PgConnectOptions::from_str("postgres://ann@localhost/ports").unwrap();
        let options = options.options(std::iter::empty::<(&str, &str)>());
        let url = format!(
            "postgres://ann@localhost/ports?options={}",
            given.replace(' ', "%20").replace('=', "%3D")
        );
        let options = if given.is_empty() {
            options
        } else {
            PgConnectOptions::from_str(&url).unwrap()
        };
        limited(options, Sessions::Service)
            .get_options()
            .unwrap()
            .to_owned()
    }

    #[test]
    fn only_the_parameters_that_the_url_sets_itself_are_left_to_it() {
        for (given, left_out, stays) in [
            ("", "", "lock_timeout=2000"),
            (
                "-c statement_timeout=9s",
                "statement_timeout=5000",
                "lock_timeout=2000",
            ),
            (
                "-cstatement_timeout=0",
                "statement_timeout=5000",
                "lock_timeout=2000",
            ),
            (
                "--statement-timeout=0",
                "statement_timeout=5000",
                "lock_timeout=2000",
            ),
            (
                "-c STATEMENT_TIMEOUT=0",
                "statement_timeout=5000",
                "lock_timeout=2000",
            ),
            // Its name ends with the name of another parameter.
            ("-c deadlock_timeout=5s", "", "lock_timeout=2000"),
        ] {
            let options = opened_with(given);
            assert!(
                left_out.is_empty() || !options.contains(left_out),
                "{given}: {options}"
            );
            assert!(options.contains(&format!("-c {stays}")), "{given}: {options}");
        }
    }

    #[test]
    fn a_limit_that_is_off_or_longer_is_weak_and_a_shorter_one_is_not() {
        let weak = |value| weak_limit("lock_timeout".to_owned(), value).map(|limit| limit.in_effect);
        assert_eq!(weak("0"), Some(None));
        assert_eq!(weak("60000"), Some(Some(Duration::from_mins(1))));
        assert_eq!(weak("2000"), None);
        assert_eq!(weak("100"), None);
    }
}
