//! Tests with complete rule files. Tests of single parts are beside those parts.

mod as_test;
mod broken;
mod coverage;
mod evaluating;
mod expected;
mod findings;
mod folding;
mod fuzz;
mod lints;
mod loading;
mod oracle;
mod pages;
mod prose;
mod secrets;
mod unknowns;
mod what_if;
mod what_if_holds;

use jiff::Timestamp;
use serde_json::Value;

use super::diagnostics::finding::Findings;
use super::diagnostics::render::TextStyle;
use super::evaluate::verdict::Verdict;
use super::facts::known::Facts;
use super::load::Loaded;
use super::model::rule_set::RuleSet;
use super::source::sources::Sources;

/// A Saturday noon in Chicago.
fn now() -> Timestamp {
    "2026-11-21T18:00:00Z".parse().unwrap()
}

fn load_with_lists(text: &str, lists: &[(&str, &str)]) -> Result<Loaded, Findings> {
    let lists = lists
        .iter()
        .map(|(file, text)| ((*file).to_owned(), (*text).to_owned()));
    RuleSet::from_sources(&Sources::in_memory("rules.toml", text, lists), now())
}

fn load(text: &str) -> Result<Loaded, Findings> {
    load_with_lists(&format!("version = 1\n{text}"), &[])
}

/// Rules that are expected to be good.
fn rules(text: &str) -> RuleSet {
    match load(text) {
        Ok(loaded) => loaded.rules,
        Err(findings) => panic!("{}", findings.to_text(TextStyle::Plain)),
    }
}

/// The verdict of the rules for facts. Facts of the order history that are not given are those of a new order.
fn evaluate(rules: &RuleSet, facts: &Value) -> Verdict {
    let mut all = Facts::of_a_fresh_order();
    all.set_all(facts).unwrap();
    rules.evaluate(&all, now())
}

/// The findings from loading a file.
fn findings(result: Result<Loaded, Findings>) -> Findings {
    result.map_or_else(|findings| findings, |loaded| loaded.warnings)
}

/// All findings of `check` for a file.
fn checked(result: Result<Loaded, Findings>) -> Findings {
    match result {
        Ok(loaded) => loaded.lint(now()).merged(loaded.warnings),
        Err(findings) => findings,
    }
}

/// Every finding as `code line:column message | help`.
fn rendered(result: Result<Loaded, Findings>) -> String {
    let findings = findings(result);
    let line = |finding: &super::diagnostics::finding::Finding| {
        let help = finding.help.as_deref().unwrap_or_default();
        format!(
            "{} {}:{} {} | {help}\n",
            finding.code, finding.line, finding.column, finding.message
        )
    };
    findings.iter().map(line).collect()
}
