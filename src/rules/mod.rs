//! The admins' rules: text to checked rules, and (rules, facts, now) to a verdict with its trace.
//!
//! Everything here is pure but for reading the rule file and its lists. In reading order: what a rule can ask
//! ([`Fact`], [`Facts`]), how a file is read and what is told of it ([`RuleSet`], [`Findings`]), how it judges
//! ([`Verdict`]), and the tests that stand in it ([`TrialReport`]).

mod as_test;
pub mod backtest;
mod business_hours;
mod calendar;
mod code;
mod comparison;
mod condition;
mod condition_name;
mod coverage;
mod defaults;
mod diff;
mod evaluate;
mod example_text;
mod excerpt;
mod explain;
mod fact;
mod facts;
mod facts_json;
mod finding;
mod finding_text;
mod folded_expression;
mod format;
mod invalid_entry;
mod lint;
mod list;
mod list_columns;
mod list_edit;
mod list_file;
mod list_line;
mod number_list;
mod number_set;
mod order_facts;
mod outline;
mod places;
mod prose;
mod question;
mod quotes;
mod read;
mod regular_file;
mod resolve;
mod resolve_classes;
mod rule;
mod rule_file;
mod rule_set;
mod schema;
mod sentence;
mod shrinkage;
mod source;
mod span_of_time;
mod suggestion;
mod test_pattern;
mod text_pattern;
mod trace;
mod trace_text;
mod trial;
mod verdict;
mod what_if;
mod written;

pub use as_test::RuleTest;
pub use code::Code;
pub use coverage::Coverage;
pub use defaults::{AtDecideBy, Defaults};
pub use diff::{Change, EntryChanges, Few, ListChange, RuleChange, RuleDiff, TestChange, diff};
pub use explain::UnknownCode;
pub use fact::{Fact, Ours};
pub use facts::Facts;
pub use facts_json::InvalidFact;
pub use finding::{Finding, Findings, Severity};
pub use finding_text::Look;
pub use format::format;
pub use lint::{AbsentFact, RuleHistory, RuleTally};
pub use list_edit::{
    Done, EditRefused, EditedFile, EditedList, ListEdit, ListEntry, edit_list, list_entries,
};
pub use number_set::{NumberSet, NumberSetBuilder};
pub use order_facts::facts_of_order;
pub use outline::Outline;
pub use prose::RuleInWords;
pub use read::named_list_files;
pub use regular_file::{RULE_FILE_BYTES, ReadLimits, read_rule_text, read_text};
pub use rule::{Rule, RuleMode};
pub use rule_set::{ListInWords, Loaded, Refusal, RuleSet, load_and_test, load_and_test_sources};
pub use schema::schema;
pub use shrinkage::{MaxShrink, ShrunkList, shrunk_lists};
pub use source::{ListSource, SourceError, Sources};
pub use test_pattern::{InvalidTestPattern, TestPattern};
pub use trace::{Outcome, Trace, TraceEntry};
pub use trace_text::trace_lines;
pub use trial::TrialReport;
pub use verdict::{ShadowVerdict, Verdict};
pub use what_if::{Answer, WhatIf};

#[cfg(test)]
mod tests;
