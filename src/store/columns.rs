//! Conversions between values and columns that several tables share.

use super::StoreError;
use crate::domain::Order;

/// Removes NUL, which Postgres cannot store in a text.
pub(super) fn text(value: Option<&str>) -> Option<String> {
    value.map(|text| text.replace('\0', "\u{fffd}"))
}

pub(super) fn one(affected: u64, what: &'static str) -> Result<(), StoreError> {
    if affected == 1 {
        Ok(())
    } else {
        Err(StoreError::Overtaken(what))
    }
}

pub(in crate::store) fn parsed<T: std::str::FromStr>(kept: &str) -> Result<T, StoreError> {
    Ok(crate::domain::word(std::any::type_name::<T>(), kept)?)
}

pub(super) fn numbers(order: &Order) -> Vec<String> {
    order.numbers.readable.iter().map(ToString::to_string).collect()
}
