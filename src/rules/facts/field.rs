//! The type of a fact's value, where it is kept, and how the fact is called in a sentence.

use jiff::{SignedDuration, Timestamp};

use super::fact::Ours;
use super::known::Facts;
use crate::domain::{IdentityCheck, OrderNumbers, Spid};

/// The place of a value among the [`Facts`].
#[derive(Debug)]
pub(crate) struct Slot<T: 'static> {
    pub(crate) of: fn(&Facts) -> &Option<T>,
    pub(crate) within: fn(&mut Facts) -> &mut Option<T>,
}

/// The type and place of a fact's value.
#[derive(Debug)]
pub(crate) enum Field {
    Spid(Slot<Spid>),
    Text(Slot<String>),
    Countries(Slot<Vec<String>>),
    Tags(Slot<Vec<String>>),
    Numbers(Slot<OrderNumbers>),
    Count(Slot<u64>),
    Flag(Slot<bool>),
    Ours(Slot<Ours>),
    Check(Slot<IdentityCheck>),
    Instant(Slot<Timestamp>),
    Span(Slot<SignedDuration>),
}

/// How a fact is called in a sentence.
#[derive(Debug, Clone, Copy)]
pub(crate) enum FactWords {
    /// What its value belongs to: `the carrier's name`.
    Noun(&'static str),
    /// What holds where it is true, and where it is false.
    Claims(&'static str, &'static str),
    /// A sentence with `{}` in the place of an amount, and what is counted: `request`, with an `s` for several.
    Amount(&'static str, &'static str),
}
