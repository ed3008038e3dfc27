//! Where the parts of a rule file are in its text.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::rules::diagnostics::code::Code;

/// Where the parts of a rule file stand, in bytes of its text, and what it asks not to be told. Kept apart from the
/// rules, since no evaluation needs it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Places {
    /// In the order of the rules.
    pub(crate) rules: Vec<RulePlace>,
    /// In the order of the file.
    pub(crate) lists: Vec<ListPlace>,
    pub(crate) defaults: DefaultsPlace,
}

/// Where a rule stands.
#[derive(Debug, Clone)]
pub(crate) struct RulePlace {
    /// The value of `id`.
    pub(crate) id: Range<usize>,
    /// The value of `action`.
    pub(crate) action: Range<usize>,
    /// The value of `reject.because`.
    pub(crate) because: Option<Range<usize>>,
    /// Those of `match`, then those of `unless`.
    pub(crate) conditions: Vec<ConditionPlace>,
    pub(crate) allows: Vec<Allow>,
}

/// Where a condition stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConditionPlace {
    /// From its name to the end of its value.
    pub(crate) span: Range<usize>,
    /// The lists that it names.
    pub(crate) lists: Vec<String>,
}

/// Where a list stands.
#[derive(Debug, Clone)]
pub(crate) struct ListPlace {
    pub(crate) name: String,
    /// Where its name stands.
    pub(crate) span: Range<usize>,
    /// The list file that it names.
    pub(crate) file: Option<String>,
    /// Entries that stand there twice, each time with another date.
    pub(crate) doubles: Doubles,
    pub(crate) allows: Vec<Allow>,
}

/// Entries of a list that stand there twice, each time with another date.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Doubles {
    pub(crate) count: usize,
    /// One of them, as it is compared.
    pub(crate) example: Option<String>,
}

/// Where the defaults stand.
#[derive(Debug, Clone, Default)]
pub(crate) struct DefaultsPlace {
    /// The values, by their keys.
    pub(crate) values: BTreeMap<String, Range<usize>>,
    pub(crate) allows: Vec<Allow>,
}

/// A warning that a rule, a list or the defaults ask not to be told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Allow {
    pub(crate) code: Code,
    /// Where the code stands.
    pub(crate) span: Range<usize>,
    /// Whether there was such a warning when the file was read.
    pub(crate) silenced: bool,
}

impl Doubles {
    /// Notes an entry that stands there a second time.
    pub(crate) fn note(&mut self, example: impl FnOnce() -> String) {
        self.count += 1;
        self.example.get_or_insert_with(example);
    }
}
