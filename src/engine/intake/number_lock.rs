//! Locks a number against port-outs or unlocks it, and records who did it.

use jiff::Timestamp;
use serde_json::json;
use sqlx::PgPool;

use crate::domain::{AccountName, PhoneNumber};
use crate::store::numbers::{self, Frozen, RegisterRow};
use crate::store::{StoreError, orders, record_admin_action};

/// The lock that a number is to have.
#[derive(Debug, Clone)]
pub struct NumberLockRequest {
    /// The number.
    pub number: PhoneNumber,
    /// The only account in which it is changed; `None` is every account with this number.
    pub account: Option<AccountName>,
    /// Whether it is to be locked.
    pub frozen: Frozen,
    /// Who requests it.
    pub actor: String,
    /// The person's reason, without a PIN.
    pub reason: Option<String>,
}

/// The outcome of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NumberLockOutcome {
    /// The number had this lock in every account, so nothing was written or recorded.
    Unchanged,
    /// The lock was changed in these accounts.
    Changed(Vec<AccountName>),
}

/// Why the lock of a number is not changed.
#[derive(Debug, thiserror::Error)]
pub enum NumberLockError {
    /// The register does not contain the number, or not in this account.
    #[error("{number} is not in the register")]
    NotOnFile {
        /// The number.
        number: PhoneNumber,
        /// The only account that was searched, if any.
        account: Option<AccountName>,
    },
    /// The database cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for NumberLockError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Locks or unlocks a number, in one transaction with the admin action that records it.
///
/// # Errors
/// The number is not in the register, or the database cannot be used. Nothing is changed then.
pub async fn set_number_lock(
    pool: &PgPool,
    request: &NumberLockRequest,
    now: Timestamp,
) -> Result<NumberLockOutcome, NumberLockError> {
    let NumberLockRequest { number, account, .. } = request;
    let mut transaction = pool.begin().await?;
    let on_file = numbers::number_on_file(&mut *transaction, *number).await?;
    let is_in_account = |row: &RegisterRow| account.as_ref().is_none_or(|wanted| *wanted == row.account);
    if !on_file.iter().any(is_in_account) {
        return Err(NumberLockError::NotOnFile {
            number: *number,
            account: account.clone(),
        });
    }
    let frozen = request.frozen;
    let changed = numbers::set_frozen(&mut *transaction, *number, account.as_ref(), frozen, now).await?;
    if changed.is_empty() {
        return Ok(NumberLockOutcome::Unchanged);
    }
    // A lock is a fact of every order that no person has decided.
    orders::wake_undecided(&mut *transaction, now).await?;
    let action = match frozen {
        Frozen::Yes => "numbers.lock",
        Frozen::No => "numbers.unlock",
    };
    let detail = json!({ "number": number, "accounts": changed, "reason": request.reason });
    record_admin_action(&mut transaction, &request.actor, action, &detail, now).await?;
    transaction.commit().await?;
    Ok(NumberLockOutcome::Changed(changed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{Clock as _, SystemClock};
    use crate::engine::intake::register_import::under_key;
    use crate::register::read_csv;
    use crate::store::numbers::keep_numbers;
    use crate::store::{AdminAction, admin_actions};

    async fn fill(pool: &PgPool) {
        let file =
            "number,account,pin,zip,name,address,frozen,tags\n3125550123,,,,,,,\n3125550123,east,,,,,,\n";
        let batch = under_key(read_csv(file.as_bytes()).unwrap(), None).unwrap();
        keep_numbers(pool, batch.rows(), SystemClock.now()).await.unwrap();
    }

    fn request(number: &str, frozen: Frozen, reason: &str) -> NumberLockRequest {
        NumberLockRequest {
            number: number.parse().unwrap(),
            account: None,
            frozen,
            actor: "ann".to_owned(),
            reason: Some(reason.to_owned()),
        }
    }

    async fn set(pool: &PgPool, request: &NumberLockRequest) -> Result<NumberLockOutcome, NumberLockError> {
        set_number_lock(pool, request, SystemClock.now()).await
    }

    fn changed(accounts: &[&str]) -> NumberLockOutcome {
        let accounts = accounts.iter().map(|account| account.parse().unwrap());
        NumberLockOutcome::Changed(accounts.collect())
    }

    async fn recorded(pool: &PgPool) -> Vec<AdminAction> {
        let rows = admin_actions(pool).await.unwrap();
        rows.into_iter().map(|(action, _)| action).collect()
    }

    #[sqlx::test]
    async fn a_lock_and_its_reason_are_recorded_once(pool: PgPool) {
        fill(&pool).await;
        let locked = set(&pool, &request("312-555-0123", Frozen::Yes, "T-1")).await;
        assert_eq!(locked.unwrap(), changed(&["default", "east"]));
        let again = set(&pool, &request("312-555-0123", Frozen::Yes, "T-2")).await;
        assert_eq!(again.unwrap(), NumberLockOutcome::Unchanged);
        let recorded = recorded(&pool).await;
        assert_eq!(recorded.len(), 1);
        assert_eq!(
            (recorded[0].actor.as_str(), recorded[0].action.as_str()),
            ("ann", "numbers.lock")
        );
        assert_eq!(
            recorded[0].detail,
            r#"{"accounts":["default","east"],"number":"+13125550123","reason":"T-1"}"#
        );
    }

    #[sqlx::test]
    async fn a_number_can_be_unlocked_in_one_account(pool: PgPool) {
        fill(&pool).await;
        let lock = request("3125550123", Frozen::Yes, "T-1");
        set(&pool, &lock).await.unwrap();
        let unlock = NumberLockRequest {
            account: Some("east".parse().unwrap()),
            ..request("3125550123", Frozen::No, "paid")
        };
        assert_eq!(set(&pool, &unlock).await.unwrap(), changed(&["east"]));
        let rows = numbers::number_on_file(&pool, lock.number).await.unwrap();
        let frozen: Vec<bool> = rows.iter().map(|row| row.frozen).collect();
        assert_eq!(frozen, [true, false]);
        assert_eq!(recorded(&pool).await[1].action, "numbers.unlock");
    }

    #[sqlx::test]
    async fn a_number_that_is_not_in_the_register_cannot_be_locked(pool: PgPool) {
        fill(&pool).await;
        let elsewhere = NumberLockRequest {
            account: Some("west".parse().unwrap()),
            ..request("3125550123", Frozen::Yes, "T-1")
        };
        for refused in [request("3125550124", Frozen::Yes, "T-1"), elsewhere] {
            let error = set(&pool, &refused).await.unwrap_err();
            assert!(
                matches!(&error, NumberLockError::NotOnFile { account, .. } if *account == refused.account),
                "{error:?}"
            );
        }
        assert!(recorded(&pool).await.is_empty());
    }
}
