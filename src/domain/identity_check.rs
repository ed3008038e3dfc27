//! The result of comparing a value from the gaining carrier with the register.

use strum::{AsRefStr, Display, EnumString, VariantNames};

/// How what the gaining carrier gave compares with what the register holds, for a PIN, ZIP, name or address.
///
/// The comparison's outcome is all that is ever kept: the values themselves stay out of rules, traces and logs.
/// Ordered from best to worst, so the worst word of several numbers is their maximum.
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
    /// Given, on file, equal.
    Right,
    /// The register holds nothing to compare with.
    NoneOnFile,
    /// On file, but the carrier gave none.
    NotGiven,
    /// Given, on file, different.
    Wrong,
}
