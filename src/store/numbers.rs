//! The register of numbers.

use std::fmt;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgExecutor};

use super::{StoreError, readable};
use crate::domain::{AccountName, PhoneNumber, PinHmac, UnknownWord};

mod difference;
#[cfg(test)]
mod tests;

pub use difference::{Difference, compare_numbers};

/// A number to store, from an import.
#[derive(Debug, Clone)]
pub struct NumberToKeep {
    /// The account it belongs to.
    pub account: AccountName,
    /// The number.
    pub number: PhoneNumber,
    /// Its PIN as an HMAC. The key is not in the database.
    pub pin: Option<PinHmac>,
    /// The ZIP code of the billing address.
    pub zip: Option<String>,
    /// The subscriber's name.
    pub name: Option<String>,
    /// The first line of the billing address.
    pub address: Option<String>,
    /// Whether a port-out lock is set. `None` leaves the lock unchanged, and a new number unlocked.
    pub frozen: Option<bool>,
    /// The admins' tags. A tag is not empty and contains no blank.
    pub tags: Vec<String>,
}

/// A number in the register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisterRow {
    /// The account it belongs to.
    pub account: AccountName,
    /// The number.
    pub number: PhoneNumber,
    /// The PIN on file, for comparison.
    pub pin: Option<PinOnFile>,
    /// The ZIP code of the billing address.
    pub zip: Option<String>,
    /// The subscriber's name.
    pub name: Option<String>,
    /// The first line of the billing address.
    pub address: Option<String>,
    /// Whether a port-out lock is set.
    pub frozen: bool,
    /// The admins' tags.
    pub tags: Vec<String>,
    /// When the row was last changed.
    pub updated_at: Timestamp,
}

/// The HMAC of a PIN on file. Its `Debug` output shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct PinOnFile(Vec<u8>);

/// The result of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Kept {
    /// The number of new numbers.
    pub added: usize,
    /// The number of changed numbers.
    pub changed: usize,
    /// The number of unchanged numbers.
    pub unchanged: usize,
}

/// Which numbers to list. `None` does not restrict the list.
#[derive(Debug, Clone, Default)]
pub struct NumberFilter {
    /// Only this account.
    pub account: Option<AccountName>,
    /// Only with this tag.
    pub tag: Option<String>,
    /// Only with, or without, a port-out lock.
    pub frozen: Option<bool>,
    /// Only numbers that begin with this, such as `+1312`.
    pub prefix: Option<String>,
}

/// Where a page of a list ended.
pub type Cursor = (AccountName, PhoneNumber);

impl PinOnFile {
    /// Returns the bytes, for [`crate::register::compare_pin`].
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for PinOnFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PinOnFile(hidden)")
    }
}

impl std::ops::AddAssign for Kept {
    fn add_assign(&mut self, more: Self) {
        self.added += more.added;
        self.changed += more.changed;
        self.unchanged += more.unchanged;
    }
}

/// Locks the register for other writers until the transaction ends. Readers continue. An import begins with this: it
/// reads the register and overwrites it, and two imports at the same time would cause a deadlock.
pub async fn lock_register(transaction: &mut PgConnection) -> Result<(), StoreError> {
    // `lock` cannot be prepared, so this statement is not checked at compile time.
    sqlx::raw_sql("-- lock the register\nlock table numbers in share row exclusive mode")
        .execute(transaction)
        .await?;
    Ok(())
}

/// Stores a batch of numbers, each at most once. Rows that are unchanged are not written.
pub async fn keep_numbers(
    executor: impl PgExecutor<'_>,
    batch: &[NumberToKeep],
    now: Timestamp,
) -> Result<Kept, StoreError> {
    let columns = Columns::of(batch);
    let kept = sqlx::query!(
        r#"-- keep a batch of numbers
        with given as (
            select g.account, g.number, g.pin_hmac, g.zip, g.name, g.address,
                   coalesce(g.frozen, k.frozen, false) as frozen, string_to_array(g.tags, ' ') as tags
            from unnest($1::text[], $2::text[], $3::bytea[], $4::text[], $5::text[], $6::text[], $7::boolean[],
                        $8::text[]) as g (account, number, pin_hmac, zip, name, address, frozen, tags)
            left join numbers as k on k.account = g.account and k.number = g.number
        ), written as (
            insert into numbers as k (account, number, pin_hmac, zip, name, address, frozen, tags, updated_at)
            select account, number, pin_hmac, zip, name, address, frozen, tags, $9 from given
            on conflict (account, number) do update
            set pin_hmac = excluded.pin_hmac, zip = excluded.zip, name = excluded.name,
                address = excluded.address, frozen = excluded.frozen, tags = excluded.tags,
                updated_at = excluded.updated_at
            where (k.pin_hmac, k.zip, k.name, k.address, k.frozen, k.tags)
                  is distinct from (excluded.pin_hmac, excluded.zip, excluded.name, excluded.address,
                                    excluded.frozen, excluded.tags)
            -- A row that was inserted, not updated, has no xmax.
            returning xmax = 0 as added
        )
        select count(*) filter (where added) as "added!", count(*) filter (where not added) as "changed!"
        from written"#,
        &columns.accounts,
        &columns.numbers,
        &columns.pins as _,
        &columns.zips as _,
        &columns.names as _,
        &columns.addresses as _,
        &columns.frozen as _,
        &columns.tags,
        now.to_sqlx()
    )
    .fetch_one(executor)
    .await?;
    let added = usize::try_from(kept.added).unwrap_or_default();
    let changed = usize::try_from(kept.changed).unwrap_or_default();
    Ok(Kept {
        added,
        changed,
        unchanged: batch.len().saturating_sub(added + changed),
    })
}

/// A batch as columns for `unnest`. Tags are one text, because `unnest` flattens nested arrays.
struct Columns<'a> {
    accounts: Vec<String>,
    numbers: Vec<String>,
    pins: Vec<Option<&'a [u8]>>,
    zips: Vec<Option<&'a str>>,
    names: Vec<Option<&'a str>>,
    addresses: Vec<Option<&'a str>>,
    frozen: Vec<Option<bool>>,
    tags: Vec<String>,
}

impl<'a> Columns<'a> {
    fn of(batch: &'a [NumberToKeep]) -> Self {
        Self {
            accounts: batch.iter().map(|row| row.account.to_string()).collect(),
            numbers: batch.iter().map(|row| row.number.to_string()).collect(),
            pins: batch
                .iter()
                .map(|row| row.pin.as_ref().map(PinHmac::as_bytes))
                .collect(),
            zips: batch.iter().map(|row| row.zip.as_deref()).collect(),
            names: batch.iter().map(|row| row.name.as_deref()).collect(),
            addresses: batch.iter().map(|row| row.address.as_deref()).collect(),
            frozen: batch.iter().map(|row| row.frozen).collect(),
            tags: batch.iter().map(|row| row.tags.join(" ")).collect(),
        }
    }
}

/// Returns the register's rows for some numbers of an account. Numbers that are not in the register are left out.
pub async fn numbers_of(
    executor: impl PgExecutor<'_>,
    account: &AccountName,
    numbers: &[PhoneNumber],
) -> Result<Vec<RegisterRow>, StoreError> {
    let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    let rows = sqlx::query_as!(
        Row,
        "-- read some numbers of an account
        select account, number, pin_hmac, zip, name, address, frozen, tags, updated_at
        from numbers where account = $1 and number = any($2)
        order by number",
        account.as_str(),
        &numbers
    )
    .fetch_all(executor)
    .await?;
    rows.into_iter().map(RegisterRow::try_from).collect()
}

/// Returns whether an account's register is empty. Then nothing is known about any number, and no number counts as
/// foreign.
pub async fn register_is_empty(
    executor: impl PgExecutor<'_>,
    account: &AccountName,
) -> Result<bool, StoreError> {
    let empty = sqlx::query_scalar!(
        r#"-- is the register empty
        select not exists (select from numbers where account = $1) as "empty!""#,
        account.as_str()
    )
    .fetch_one(executor)
    .await?;
    Ok(empty)
}

/// Returns the register's rows for one number, in any account.
pub async fn number_on_file(
    executor: impl PgExecutor<'_>,
    number: PhoneNumber,
) -> Result<Vec<RegisterRow>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        "-- read one number
        select account, number, pin_hmac, zip, name, address, frozen, tags, updated_at
        from numbers where number = $1
        order by account",
        number.to_string()
    )
    .fetch_all(executor)
    .await?;
    rows.into_iter().map(Row::readable).collect()
}

/// Returns a page of the register after a cursor, by account and number.
pub async fn list_numbers(
    executor: impl PgExecutor<'_>,
    filter: &NumberFilter,
    after: Option<&Cursor>,
    limit: i64,
) -> Result<Vec<RegisterRow>, StoreError> {
    let (account, number) = after
        .map(|(account, number)| (account.to_string(), number.to_string()))
        .unzip();
    let rows = sqlx::query_as!(
        Row,
        "-- list a page of numbers
        select account, number, pin_hmac, zip, name, address, frozen, tags, updated_at
        from numbers
        where ($1::text is null or account = $1)
          and ($2::text is null or $2 = any(tags))
          and ($3::boolean is null or frozen = $3)
          and ($4::text is null or starts_with(number, $4))
          and ($5::text is null or (account, number) > ($5, $6))
        order by account, number
        limit $7",
        filter.account.as_ref().map(AccountName::as_str),
        filter.tag,
        filter.frozen,
        filter.prefix,
        account,
        number,
        limit
    )
    .fetch_all(executor)
    .await?;
    rows.into_iter().map(Row::readable).collect()
}

/// Sets or removes the port-out lock of a number, and returns the accounts in which that changed anything.
pub async fn set_frozen(
    executor: impl PgExecutor<'_>,
    number: PhoneNumber,
    account: Option<&AccountName>,
    frozen: Frozen,
    now: Timestamp,
) -> Result<Vec<AccountName>, StoreError> {
    let accounts = sqlx::query_scalar!(
        "-- lock or unlock a number
        update numbers set frozen = $3, updated_at = $4
        where number = $1 and ($2::text is null or account = $2) and frozen <> $3
        returning account",
        number.to_string(),
        account.map(AccountName::as_str),
        frozen == Frozen::Yes,
        now.to_sqlx()
    )
    .fetch_all(executor)
    .await?;
    accounts.into_iter().map(account_name).collect()
}

/// Whether to set a port-out lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frozen {
    /// Set it.
    Yes,
    /// Remove it.
    No,
}

struct Row {
    account: String,
    number: String,
    pin_hmac: Option<Vec<u8>>,
    zip: Option<String>,
    name: Option<String>,
    address: Option<String>,
    frozen: bool,
    tags: Vec<String>,
    updated_at: jiff_sqlx::Timestamp,
}

impl Row {
    /// Converts the row for a reader, without PINs in its texts. Comparisons use the unconverted row.
    fn readable(self) -> Result<RegisterRow, StoreError> {
        RegisterRow::try_from(Self {
            name: readable::field(self.name),
            address: readable::field(self.address),
            ..self
        })
    }
}

impl TryFrom<Row> for RegisterRow {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, Self::Error> {
        Ok(Self {
            account: account_name(row.account)?,
            number: row.number.parse().map_err(|_| UnknownWord {
                what: "a phone number of the register",
                text: row.number,
            })?,
            pin: row.pin_hmac.map(PinOnFile),
            zip: row.zip,
            name: row.name,
            address: row.address,
            frozen: row.frozen,
            tags: row.tags,
            updated_at: row.updated_at.to_jiff(),
        })
    }
}

fn account_name(text: String) -> Result<AccountName, StoreError> {
    let name = text.parse().map_err(|_| UnknownWord {
        what: "an account of the register",
        text,
    })?;
    Ok(name)
}
