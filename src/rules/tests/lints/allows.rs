//! Warnings that an `allow` silences, and unused or invalid `allow` keys.

use super::super::rendered;
use super::{Code, lints, listed, load, load_with_lists, loaded, now, rules_of};
use crate::rules::facts::fact::Fact;
use crate::rules::lint::{AbsentFact, RuleHistory};

/// All findings about a file, from loading it and from its lints.
fn all(text: &str) -> String {
    let loaded = loaded(text);
    let lints = loaded.lint(now());
    listed(loaded.warnings.merged(lints).iter())
}

#[test]
fn a_warning_that_a_rule_allows_is_not_reported() {
    let rule = "match.carrier.spid = \"A\"\naction = \"authorize\"";
    assert_ne!(lints(Code::NoIdentity, &rules_of(&[rule])), "");
    let allowed = format!(
        "{rule}\nallow.R113 = \"our own carrier\"\nallow.R114 = \"tested by hand\"\nallow.R123 = \"ours\""
    );
    assert_eq!(all(&rules_of(&[&allowed])), "");
    let both = rules_of(&[&allowed, &rule.replace('A', "B")]);
    assert_eq!(lints(Code::NoIdentity, &both).lines().count(), 1);
}

#[test]
fn warnings_from_loading_can_be_silenced_too() {
    let soft = "match.name = \"wrong\"\naction = \"reject\"\nreject.because = \"name-mismatch\"\nexpires = 2026-01-01";
    assert_eq!(rendered(load(&rules_of(&[soft]))).lines().count(), 2);
    let allowed = format!("allow = {{ R101 = \"with the PIN\", R105 = \"kept for spring\" }}\n{soft}");
    assert_eq!(all(&rules_of(&[&allowed])), "");
    let list = "[lists.l]\ntype = \"number\"\nfile = \"l.txt\"\nvalues = [{ value = \"+1312*\", expires = 2026-01-01 }]\n";
    assert!(rendered(load_with_lists(&format!("version = 1\n{list}"), &[("l.txt", "")])).contains("R104"));
    let allowed =
        format!("version = 1\n{list}allow = {{ R104 = \"history\", R110 = \"soon\", R111 = \"history\" }}\n");
    let loaded = load_with_lists(&allowed, &[("l.txt", "")]).unwrap();
    let lints = loaded.lint(now());
    assert_eq!(listed(loaded.warnings.merged(lints).iter()), "");
}

#[test]
fn lists_and_defaults_allow_as_rules_do() {
    let list = "[lists.l]\ntype = \"spid\"\nvalues = []\nallow.R109 = \"filled by the desk\"\nallow.R110 = \"soon\"\n";
    assert_eq!(all(list), "");
    let defaults = "[defaults]\nno_match = \"authorize\"\nallow.R115 = \"a test account\"\n";
    assert_eq!(all(defaults), "");
}

#[test]
fn an_unused_allow_is_reported() {
    let idle = "match.pin = \"wrong\"\nallow.R113 = \"x\"\nallow.R101 = \"x\"\nallow.R119 = \"x\"\nallow.R117 = \"x\"";
    let text = rules_of(&[idle]);
    insta::assert_snapshot!(lints(Code::UnusedAllow, &text), @"
    R122 6:7 there is no warning `R113` here to silence | remove it, because it would hide the next one
    R122 7:7 there is no warning `R101` here to silence | remove it, because it would hide the next one
    ");
    // Warnings that depend on the orders or the settings are not reported as unused.
    let loaded = loaded(&text);
    let record = RuleHistory {
        since: now(),
        first_decision: None,
        rules: [].into(),
        offered_codes: [].into(),
    };
    assert_eq!(listed(loaded.lint_record(&record, now()).iter()), "");
    assert_eq!(listed(loaded.lint_sources(&[]).iter()), "");
    let absent = AbsentFact {
        fact: Fact::Pin,
        why: "no register is configured".to_owned(),
    };
    assert_eq!(listed(loaded.lint_sources(&[absent]).iter()), "");
    assert_eq!(
        lints(
            Code::UnusedAllow,
            &rules_of(&["mode = \"off\"\nmatch.pin = \"wrong\"\nallow.R114 = \"x\""])
        ),
        ""
    );
}

#[test]
fn an_allow_names_a_warning_of_its_table_and_a_reason() {
    let in_rule = |allow: &str| rendered(load(&rules_of(&[&format!("match.pin = \"wrong\"\n{allow}")])));
    insta::assert_snapshot!(in_rule("allow.R141 = \"x\"\nallow.r114 = \"x\"\nallow.untested = \"x\""), @"
    R027 6:7 `R141` is not the code of a warning | did you mean `R101`?
    R027 7:7 `r114` is not the code of a warning | did you mean `R114`?
    R027 8:7 `untested` is not the code of a warning | a `[[rule]]` can silence `R101`, `R102`, `R103`, `R105`, `R106`, `R107`, `R108`, `R113`, `R114`, `R117`, `R118`, `R119`, `R120`, `R121`, `R123`
    ");
    insta::assert_snapshot!(in_rule("allow.R012 = \"x\""), @"R027 6:7 `R012` is an error, and errors cannot be silenced | fix the error, and remove this `allow`");
    insta::assert_snapshot!(in_rule("allow.R109 = \"x\"\nallow.R115 = \"x\"\nallow.R122 = \"x\""), @"
    R027 6:7 `R109` is never reported for a `[[rule]]` | it is reported for a list: write `allow.R109` there
    R027 7:7 `R115` is never reported for a `[[rule]]` | it is reported for `[defaults]`: write `allow.R115` there
    R027 8:7 `R122` cannot be silenced | remove the `allow` that it reports
    ");
    insta::assert_snapshot!(in_rule("allow.R114 = \" \"\nallow.R113 = true"), @r#"
    R026 6:14 `allow.R114` has no reason | write the reason, for the person who reads the rule next year
    R003 7:14 `R113` requires a reason, not true or false | write the code and the reason, such as `allow.R114 = "…"`
    "#);
    insta::assert_snapshot!(in_rule("allow = \"R114\""), @r#"R003 6:9 `allow` requires a code with a reason, not text | write the code and the reason, such as `allow.R114 = "…"`"#);
    insta::assert_snapshot!(rendered(load("[lists.l]\ntype = \"spid\"\nvalues = []\nallow.R114 = \"x\"\n[defaults]\nallow.R110 = \"x\"")), @"
    R027 5:7 `R114` is never reported for a list | it is reported for a `[[rule]]`: write `allow.R114` there
    R027 7:7 `R110` is never reported for `[defaults]` | it is reported for a list: write `allow.R110` there
    ");
}
