//! What an import would change in the register.

use sqlx::PgExecutor;

use super::{Columns, Kept, NumberToKeep};
use crate::store::StoreError;

/// How the numbers of an import differ from the register. All counts are of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Difference {
    /// How many are new, changed and unchanged.
    pub kept: Kept,
    /// Those that gain a port-out lock.
    pub locked: usize,
    /// Those that lose a port-out lock.
    pub unlocked: usize,
    /// Those that lose their PIN on file.
    pub pins_removed: usize,
    /// Those whose PIN on file stays the same, under the same key.
    pub pins_same: usize,
    /// Those whose PIN on file is replaced by another, or by the same one under another key.
    pub pins_replaced: usize,
}

impl Difference {
    /// Returns how many of the numbers have a PIN on file.
    #[must_use]
    pub fn pins_on_file(&self) -> usize {
        self.pins_removed + self.pins_same + self.pins_replaced
    }
}

impl std::ops::AddAssign for Difference {
    fn add_assign(&mut self, more: Self) {
        self.kept += more.kept;
        self.locked += more.locked;
        self.unlocked += more.unlocked;
        self.pins_removed += more.pins_removed;
        self.pins_same += more.pins_same;
        self.pins_replaced += more.pins_replaced;
    }
}

/// Compares a batch of numbers, each at most once, with the register. Changes nothing.
pub async fn compare_numbers(
    executor: impl PgExecutor<'_>,
    batch: &[NumberToKeep],
) -> Result<Difference, StoreError> {
    let columns = Columns::of(batch);
    let found = sqlx::query!(
        r#"-- compare a batch of numbers with the register
        select count(*) filter (where k.number is null) as "added!",
               count(*) filter (where k.number is not null
                   and (k.pin_hmac, k.zip, k.name, k.address, k.frozen, k.tags)
                       is distinct from (g.pin_hmac, g.zip, g.name, g.address, coalesce(g.frozen, k.frozen),
                                         string_to_array(g.tags, ' '))) as "changed!",
               count(*) filter (where g.frozen and not coalesce(k.frozen, false)) as "locked!",
               count(*) filter (where k.frozen and not g.frozen) as "unlocked!",
               count(*) filter (where k.pin_hmac is not null and g.pin_hmac is null) as "pins_removed!",
               count(*) filter (where k.pin_hmac = g.pin_hmac) as "pins_same!",
               count(*) filter (where k.pin_hmac <> g.pin_hmac) as "pins_replaced!"
        from unnest($1::text[], $2::text[], $3::bytea[], $4::text[], $5::text[], $6::text[], $7::boolean[],
                    $8::text[]) as g (account, number, pin_hmac, zip, name, address, frozen, tags)
        left join numbers as k on k.account = g.account and k.number = g.number"#,
        &columns.accounts,
        &columns.numbers,
        &columns.pins as _,
        &columns.zips as _,
        &columns.names as _,
        &columns.addresses as _,
        &columns.frozen as _,
        &columns.tags,
    )
    .fetch_one(executor)
    .await?;
    let count = |found: i64| usize::try_from(found).unwrap_or_default();
    let (added, changed) = (count(found.added), count(found.changed));
    Ok(Difference {
        kept: Kept {
            added,
            changed,
            unchanged: batch.len().saturating_sub(added + changed),
        },
        locked: count(found.locked),
        unlocked: count(found.unlocked),
        pins_removed: count(found.pins_removed),
        pins_same: count(found.pins_same),
        pins_replaced: count(found.pins_replaced),
    })
}
