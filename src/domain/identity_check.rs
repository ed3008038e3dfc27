//! How a value that the gaining carrier gave compares with the register.

use strum::{AsRefStr, Display, EnumString, VariantNames};

/// The result of comparing a PIN, ZIP code, name or address from the gaining carrier with the register.
///
/// Only this result is stored: the values themselves never appear in rules, traces or logs.
/// Ordered from best to worst, so that the worst result of several numbers is their maximum.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Display,
    AsRefStr,
    EnumString,
    VariantNames,
    serde::Serialize,
    serde::Deserialize,
    strum::EnumMessage,
)]
#[strum(serialize_all = "kebab-case")]
#[serde(rename_all = "kebab-case")]
pub enum IdentityCheck {
    /// The given value matches the value on file.
    Right,
    /// The register has no value to compare with.
    NoneOnFile,
    /// There is a value on file, but the carrier gave none.
    NotGiven,
    /// The given value does not match the value on file.
    Wrong,
}
