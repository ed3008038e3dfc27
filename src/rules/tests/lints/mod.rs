//! The warnings about valid files. Each lint is tested with files that it reports and with files that it does not
//! report.

mod allows;
mod lists;
mod record;
mod rules;
mod soundness;
mod unreachable;

use super::{load, load_with_lists, now};
use crate::rules::diagnostics::code::Code;
use crate::rules::diagnostics::finding::{Finding, Findings};
use crate::rules::diagnostics::render::TextStyle;
use crate::rules::load::Loaded;

/// A file that is expected to work.
fn loaded(text: &str) -> Loaded {
    match load(text) {
        Ok(loaded) => loaded,
        Err(findings) => panic!("{}", findings.to_text(TextStyle::Plain)),
    }
}

/// Every finding as `code line:column message | help`.
fn listed<'f>(findings: impl Iterator<Item = &'f Finding>) -> String {
    let line = |finding: &Finding| {
        let help = finding.help.as_deref().unwrap_or_default();
        format!(
            "{} {}:{} {} | {help}\n",
            finding.code, finding.line, finding.column, finding.message
        )
    };
    findings.map(line).collect()
}

/// The findings with one code.
fn rendered_with(code: Code, findings: &Findings) -> String {
    listed(findings.iter().filter(|finding| finding.code == code))
}

/// The findings with one code for a file.
fn lints(code: Code, text: &str) -> String {
    rendered_with(code, &loaded(text).lint(now()))
}

/// Rules named a, b, c and so on, each from its lines; without an action they hold.
fn rules_of(rules: &[&str]) -> String {
    let rule = |(id, lines): (char, &&str)| {
        let action = if lines.contains("action") {
            ""
        } else {
            "action = \"hold\"\n"
        };
        format!("[[rule]]\nid = \"{id}\"\n{action}{lines}\n")
    };
    ('a'..).zip(rules).map(rule).collect()
}
