use std::collections::BTreeMap;
use std::ops::Range;

use super::Code;

/// Where the parts of a rule file stand, in bytes of its text, and what it asks not to be told. Kept apart from the
/// rules, since no evaluation needs it.
#[derive(Debug, Clone, Default)]
pub(super) struct Places {
    /// In the order of the rules.
    pub(super) rules: Vec<RulePlace>,
    /// In the order of the file.
    pub(super) lists: Vec<ListPlace>,
    pub(super) defaults: DefaultsPlace,
}

/// Where a rule stands.
#[derive(Debug, Clone)]
pub(super) struct RulePlace {
    /// The value of `id`.
    pub(super) id: Range<usize>,
    /// The value of `action`.
    pub(super) action: Range<usize>,
    /// The value of `reject.because`.
    pub(super) because: Option<Range<usize>>,
    /// Those of `match`, then those of `unless`.
    pub(super) conditions: Vec<ConditionPlace>,
    pub(super) allows: Vec<Allow>,
}

/// Where a condition stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ConditionPlace {
    /// From its name to the end of its value.
    pub(super) span: Range<usize>,
    /// The lists that it names.
    pub(super) lists: Vec<String>,
}

/// Where a list stands.
#[derive(Debug, Clone)]
pub(super) struct ListPlace {
    pub(super) name: String,
    /// Where its name stands.
    pub(super) span: Range<usize>,
    /// The list file that it names.
    pub(super) file: Option<String>,
    /// Entries that stand there twice, each time with another date.
    pub(super) doubles: Doubles,
    pub(super) allows: Vec<Allow>,
}

/// Entries of a list that stand there twice, each time with another date.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Doubles {
    pub(super) count: usize,
    /// One of them, as it is compared.
    pub(super) example: Option<String>,
}

/// Where the defaults stand.
#[derive(Debug, Clone, Default)]
pub(super) struct DefaultsPlace {
    /// The values, by their keys.
    pub(super) values: BTreeMap<String, Range<usize>>,
    pub(super) allows: Vec<Allow>,
}

/// A warning that a rule, a list or the defaults ask not to be told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Allow {
    pub(super) code: Code,
    /// Where the code stands.
    pub(super) span: Range<usize>,
    /// Whether there was such a warning when the file was read.
    pub(super) silenced: bool,
}

impl Doubles {
    /// Notes an entry that stands there a second time.
    pub(super) fn note(&mut self, example: impl FnOnce() -> String) {
        self.count += 1;
        self.example.get_or_insert_with(example);
    }
}
