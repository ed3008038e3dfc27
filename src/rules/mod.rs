//! The rules of the admins: parses text into checked rules, and evaluates (rules, facts, now) into a verdict with its
//! trace.
//!
//! Everything here is pure except for reading the rule file and its lists. In reading order: the facts that a rule can
//! test ([`Fact`], [`Facts`]), how a file is read and what is reported about it ([`RuleSet`], [`Findings`]), how an
//! order is evaluated ([`Verdict`]), and the tests in the file ([`TestReport`]).

pub mod backtest;
mod diagnostics;
mod diff;
mod evaluate;
mod facts;
mod format;
mod lint;
pub(super) mod list_edit;
mod lists;
mod load;
mod model;
mod parse;
mod schema;
mod source;
mod testing;
mod text;
mod values;

pub use diagnostics::code::Code;
pub use diagnostics::explain::UnknownCode;
pub use diagnostics::finding::{Finding, Findings, Severity};
pub use diagnostics::render::TextStyle;
pub use diff::shrinkage::{MaxShrink, ShrunkList, shrunk_lists};
pub use diff::{Change, EntryChanges, Few, ListChange, RuleChange, RuleDiff, TestChange, diff};
pub use evaluate::trace::{Outcome, Trace, TraceEntry};
pub use evaluate::verdict::{ShadowVerdict, Verdict};
pub use facts::fact::{Fact, Ours};
pub use facts::from_order::facts_of_order;
pub use facts::json::{InvalidFact, WantedFact};
pub use facts::known::Facts;
pub use format::format;
pub use lint::{AbsentFact, RuleHistory, RuleTally};
pub use list_edit::{
    Done, EditRefused, EditedFile, EditedList, ListEdit, ListEntry, edit_list, list_entries,
};
pub use lists::number_set::{NumberSet, NumberSetBuilder};
pub use load::{Loaded, Refusal, load_and_test, load_and_test_sources};
pub use model::defaults::{AtDecideBy, Defaults};
pub use model::expected::{Wanted, WantedValue};
pub use model::rule::{Rule, RuleMode};
pub use model::rule_set::{ListInWords, RuleSet};
pub use parse::named_list_files;
pub use parse::outline::Outline;
pub use schema::schema;
pub use source::regular_file::{RULE_FILE_BYTES, ReadLimits, read_rule_text, read_text};
pub use source::sources::{ListSource, SourceError, Sources};
pub use testing::coverage::Coverage;
pub use testing::generate::RuleTest;
pub use testing::name_filter::{InvalidTestPattern, TestPattern};
pub use testing::runner::TestReport;
pub use text::prose::RuleInWords;
pub use text::trace_text::trace_lines;
pub use text::what_if::{Answer, WhatIf};

#[cfg(test)]
mod tests;
