//! Warnings about lists.

use super::{Code, Findings, lints, load_with_lists, now, rendered_with, rules_of};

fn of_list(code: Code, kind: &str, rest: &str) -> String {
    lints(code, &format!("[lists.l]\ntype = \"{kind}\"\n{rest}\n"))
}

#[test]
fn an_empty_or_expired_list_is_reported() {
    insta::assert_snapshot!(of_list(Code::EmptyList, "number", "values = []"), @"R109 2:8 the list `l` is empty, so nothing is ever found in it | add entries, or remove it and the conditions that use it");
    insta::assert_snapshot!(of_list(Code::ExpiredList, "spid", "values = [{ value = \"A\", expires = 2026-01-01 }, { value = \"B\", expires = 2026-01-01 }]"), @"R111 2:8 every one of the 2 entries of the list `l` has expired, so nothing is ever found in it | set later dates for its entries, or remove it and the conditions that use it");
    for kind in ["number", "text"] {
        let past = "values = [{ value = \"+1312*\", expires = 2026-01-01 }]";
        assert_ne!(of_list(Code::ExpiredList, kind, past), "");
        assert_eq!(of_list(Code::EmptyList, kind, past), "");
        let both = "values = [{ value = \"+1312*\", expires = 2026-01-01 }, \"+14165550001\"]";
        assert_eq!(of_list(Code::ExpiredList, kind, both), "");
    }
    assert_eq!(of_list(Code::EmptyList, "spid", "values = [\"A\"]"), "");
}

#[test]
fn an_unused_list_is_reported() {
    let list = "[lists.l]\ntype = \"spid\"\nvalues = [\"A\"]\n";
    insta::assert_snapshot!(lints(Code::UnusedList, list), @r#"R110 2:8 no condition uses the list `l` | use it in a condition as "@l", or remove it"#);
    for rule in [
        "match.carrier.spid = \"@l\"",
        "match.pin = \"wrong\"\nunless.carrier.spid = [\"B\", \"@l\"]",
        "mode = \"off\"\nmatch = { carrier = { spid = \"@l\" } }",
    ] {
        assert_eq!(
            lints(Code::UnusedList, &format!("{list}{}", rules_of(&[rule]))),
            "",
            "{rule}"
        );
    }
}

#[test]
fn conflicting_entries_are_reported_at_their_position() {
    let rendered =
        |kind: &str, values: &str| of_list(Code::ContradictoryList, kind, &format!("values = [{values}]"));
    insta::assert_snapshot!(rendered("spid", "{ value = \"A\", expires = 2027-01-01 }, \"B\", \"a\""), @"R112 4:55 `A` is in the list `l` more than once, with different dates | keep the entry with the latest date, which is the one that counts, and remove the others");
    insta::assert_snapshot!(rendered("number", "\"+1312*\", { value = \"+13125550001\", expires = 2027-01-01 }, \"+131255*\""), @"R112 4:71 `+131255*` has no effect in the list `l`: `+1312*` covers it for at least as long; the same is true of one more entry | remove the narrower entry, or set an earlier date for the broader one");
    insta::assert_snapshot!(rendered("text", "\"onvoy\", \"ONV*\""), @"R112 4:11 `onvoy` has no effect in the list `l`: `onv*` covers it for at least as long | remove the narrower entry, or set an earlier date for the broader one");
    for (kind, values) in [
        (
            "number",
            "{ value = \"+13125550001\", expires = 2027-01-01 }, \"+13125550001\"",
        ),
        (
            "number",
            "{ value = \"+13125550001\", expires = 2027-01-01 }, { value = \"3125550001\", expires = 2027-02-01 }",
        ),
        (
            "number",
            "{ value = \"+1312*\", expires = 2027-01-01 }, \"+1312*\"",
        ),
        ("number", "\"+13125550001\", \"+1312*\""),
        ("number", "\"+1312*\", \"+13*\""),
        ("text", "\"a*\", \"ab*\""),
        ("text", "\"a*\", \"A*\""),
    ] {
        assert_ne!(rendered(kind, values), "", "{values}");
    }
    for (kind, values) in [
        ("spid", "\"A\", \"a\""),
        // The number remains when the prefix has expired.
        (
            "number",
            "{ value = \"+1312*\", expires = 2027-01-01 }, \"+13125550001\"",
        ),
        (
            "number",
            "{ value = \"+1312*\", expires = 2027-01-01 }, { value = \"+13125550001\", expires = 2027-02-01 }",
        ),
        ("number", "\"+1312*\", \"+14165550001\", \"+1313*\""),
        ("text", "\"a*\", \"b*\", \"c\""),
    ] {
        assert_eq!(rendered(kind, values), "", "{values}");
    }
}

#[test]
fn a_finding_about_an_entry_of_a_list_file_has_its_line() {
    let text = "version = 1\n[lists.l]\ntype = \"number\"\nfile = \"locked.csv\"\n";
    let file = "value,note\n+13125550000,\"two\nlines\"\n+13125550001,\n+1312555*,\n+14165550001,\n";
    let findings = load_with_lists(text, &[("locked.csv", file)])
        .unwrap()
        .lint(now());
    insta::assert_snapshot!(in_file(&findings), @"locked.csv:2:1 R112 2:1 `+13125550000` has no effect in the list `l`: `+1312555*` covers it for at least as long; the same is true of one more entry | remove the narrower entry, or set an earlier date for the broader one");
    let text = text.replace("csv", "txt");
    let file = "# locks\n+1312* # all\n  +13125550001\n";
    let findings = load_with_lists(&text, &[("locked.txt", file)])
        .unwrap()
        .lint(now());
    insta::assert_snapshot!(in_file(&findings), @"locked.txt:3:3 R112 3:3 `+13125550001` has no effect in the list `l`: `+1312*` covers it for at least as long | remove the narrower entry, or set an earlier date for the broader one");
}

fn in_file(findings: &Findings) -> String {
    let file = |findings: &Findings| {
        let mut found = findings.iter();
        found
            .find(|finding| finding.code == Code::ContradictoryList)
            .unwrap()
            .place()
    };
    format!(
        "{} {}",
        file(findings),
        rendered_with(Code::ContradictoryList, findings)
    )
}
