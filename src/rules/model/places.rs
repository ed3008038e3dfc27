//! Where the parts of a rule file are in its text.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::rules::diagnostics::code::Code;

/// The positions of the parts of a rule file, as byte ranges of its text, and the warnings that it silences. Kept apart
/// from the rules, since no evaluation needs them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Places {
    /// In the order of the rules.
    pub(crate) rules: Vec<RulePlace>,
    /// In the order of the file.
    pub(crate) lists: Vec<ListPlace>,
    pub(crate) defaults: DefaultsPlace,
}

/// The position of a rule.
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

/// The position of a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConditionPlace {
    /// From its name to the end of its value.
    pub(crate) span: Range<usize>,
    /// The lists that it names.
    pub(crate) lists: Vec<String>,
}

/// The position of a list.
#[derive(Debug, Clone)]
pub(crate) struct ListPlace {
    pub(crate) name: String,
    /// The position of its name.
    pub(crate) span: Range<usize>,
    /// The list file that it names.
    pub(crate) file: Option<String>,
    /// Entries that appear twice with different dates.
    pub(crate) doubles: Doubles,
    pub(crate) allows: Vec<Allow>,
}

/// Entries of a list that appear twice with different dates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Doubles {
    pub(crate) count: usize,
    /// One of them, as it is compared.
    pub(crate) example: Option<String>,
}

/// The positions of the defaults.
#[derive(Debug, Clone, Default)]
pub(crate) struct DefaultsPlace {
    /// The values, by their keys.
    pub(crate) values: BTreeMap<String, Range<usize>>,
    pub(crate) allows: Vec<Allow>,
}

/// A warning that a rule, a list or the defaults silence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Allow {
    pub(crate) code: Code,
    /// The position of the code.
    pub(crate) span: Range<usize>,
    /// Whether the warning was found when the file was read.
    pub(crate) silenced: bool,
}

impl Doubles {
    /// Records an entry that appears a second time.
    pub(crate) fn note(&mut self, example: impl FnOnce() -> String) {
        self.count += 1;
        self.example.get_or_insert_with(example);
    }
}
