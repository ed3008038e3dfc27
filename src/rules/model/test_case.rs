//! A `[[test]]` of a rule file: facts, a time, and the expected verdict.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::domain::{Action, Cause};
use crate::rules::facts::fact::Fact;
use crate::rules::facts::known::Facts;

/// A test in a rule file.
#[derive(Debug, Clone)]
pub(crate) struct TestCase {
    pub(crate) name: String,
    pub(crate) facts: Facts,
    pub(crate) now: Option<Timestamp>,
    pub(crate) expect: Action,
    pub(crate) by: Option<String>,
    pub(crate) cause: Option<Cause>,
    pub(crate) unknown: Option<BTreeSet<Fact>>,
}
