//! The facts that are never known in this installation.

use sqlx::PgPool;

use crate::domain::{AccountName, PinKey};
use crate::engine::intake::pin_key;
use crate::engine::intake::pin_key::PinKeyNotUsable;
use crate::rules::{AbsentFact, Fact};
use crate::store::StoreError;
use crate::store::numbers;

/// The facts that come only from the register.
const OF_THE_REGISTER: [Fact; 7] = [
    Fact::NumbersOurs,
    Fact::NumbersFrozen,
    Fact::NumbersTags,
    Fact::Pin,
    Fact::Zip,
    Fact::Name,
    Fact::Address,
];

/// Returns the facts that no order of these accounts can have in the current setup, each with the reason.
///
/// # Errors
/// The database could not be read.
pub async fn absent_facts(
    pool: &PgPool,
    accounts: &[AccountName],
    pin_key: Option<&PinKey>,
) -> Result<Vec<AbsentFact>, StoreError> {
    for account in accounts {
        if !numbers::register_is_empty(pool, account).await? {
            return absent_by_key(pool, pin_key).await;
        }
    }
    let why = "the register of numbers is empty. Fill it with `portoutd numbers import`";
    Ok(OF_THE_REGISTER.iter().map(|fact| absent(*fact, why)).collect())
}

/// Returns the facts that the settings alone make impossible.
#[must_use]
pub fn facts_absent_by_settings(pin_key: Option<&PinKey>) -> Vec<AbsentFact> {
    let without_key = "`pin_key_file` is not set, so no PIN is compared";
    match pin_key {
        None => vec![absent(Fact::Pin, without_key)],
        Some(_) => Vec::new(),
    }
}

/// Like [`facts_absent_by_settings`], and also detects a key under which the PINs on file are not stored.
async fn absent_by_key(pool: &PgPool, pin_key: Option<&PinKey>) -> Result<Vec<AbsentFact>, StoreError> {
    let Some(key) = pin_key else {
        return Ok(facts_absent_by_settings(None));
    };
    match pin_key::expect_same(pool, key).await {
        Ok(()) => Ok(Vec::new()),
        Err(PinKeyNotUsable::Different(different)) => Ok(vec![absent(
            Fact::Pin,
            &format!("the key in `pin_key_file` {different}"),
        )]),
        Err(PinKeyNotUsable::Store(error)) => Err(error),
    }
}

fn absent(fact: Fact, why: &str) -> AbsentFact {
    AbsentFact {
        fact,
        why: why.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::store::numbers::{NumberToKeep, keep_numbers};

    async fn names(pool: &PgPool, accounts: &[AccountName], pin_key: Option<&PinKey>) -> Vec<&'static str> {
        let absent = absent_facts(pool, accounts, pin_key).await.unwrap();
        absent.iter().map(|absent| absent.fact.name()).collect()
    }

    #[sqlx::test]
    async fn an_empty_register_tells_nothing_and_without_a_key_no_pin_is_compared(pool: PgPool) {
        let default = AccountName::default_account();
        let accounts = ["second".parse().unwrap(), default.clone()];
        let of_register = OF_THE_REGISTER.map(Fact::name);
        let key = PinKey::from_hex(&"ab".repeat(32)).unwrap();
        assert_eq!(names(&pool, &accounts, Some(&key)).await, of_register);
        let number = NumberToKeep {
            account: default,
            number: "+13125550001".parse().unwrap(),
            pin: None,
            zip: None,
            name: None,
            address: None,
            frozen: None,
            tags: Vec::new(),
        };
        keep_numbers(&pool, &[number], Timestamp::UNIX_EPOCH)
            .await
            .unwrap();
        assert_eq!(names(&pool, &accounts, Some(&key)).await, [""; 0]);
        assert_eq!(names(&pool, &accounts, None).await, ["pin"]);
        assert_eq!(names(&pool, &accounts[..1], Some(&key)).await, of_register);
    }
}
