//! What is told of files that work. Each lint stands here with a file of which it is told and one of which it is not.

use super::{load, now};
use crate::rules::{Findings, Loaded, Look};

/// A rule that holds, whose test makes it decide.
fn loaded(text: &str) -> Loaded {
    match load(text) {
        Ok(loaded) => loaded,
        Err(findings) => panic!("{}", findings.to_text(Look::Plain)),
    }
}

fn listed(findings: &Findings) -> String {
    let line = |finding: &crate::rules::Finding| {
        let help = finding.help.as_deref().unwrap_or_default();
        format!(
            "{} {}:{} {} | {help}\n",
            finding.code, finding.line, finding.column, finding.message
        )
    };
    findings.iter().map(line).collect()
}

fn lints(text: &str) -> String {
    listed(&loaded(text).lint(now()))
}

#[test]
fn defaults_that_let_numbers_go_by_themselves_are_told() {
    insta::assert_snapshot!(lints("defaults.no_match = \"authorize\""), @r#"R115 2:21 what no rule decides is authorized: an order that nobody thought of lets its numbers go | write `no_match = "hold"`, and a rule for what may go by itself"#);
    insta::assert_snapshot!(lints("[defaults]\ndecide_within = \"24h\"\n"), @r#"R116 3:17 a hold may last 24h, and Telnyx takes silence for a yes after 24h: nobody is told before that | write less than "24h", such as "20h", so that people have time to answer"#);
    assert_eq!(
        lints("[defaults]\ndecide_within = \"23h59m\"\nno_match = \"reject\""),
        ""
    );
    assert_eq!(
        lints("[defaults]\ndecide_within = \"40h\"\nat_decide_by = \"authorize\""),
        ""
    );
}
