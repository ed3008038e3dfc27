//! No finding repeats a PIN that someone wrote into a rule file or a list, in any output format.

use super::{checked, findings, load, load_with_lists};
use crate::rules::diagnostics::finding::Findings;
use crate::rules::diagnostics::render::TextStyle;

/// Everything that is printed, answered, logged or recorded of findings.
fn every_form(findings: &Findings) -> String {
    let json = serde_json::to_string(findings).unwrap();
    format!("{}{json}{findings}", findings.to_text(TextStyle::Plain))
}

#[track_caller]
fn assert_no_pin(findings: &Findings, about: &str) {
    let text = every_form(findings);
    assert!(!findings.is_empty(), "nothing is found in {about}");
    assert!(!text.contains("4711"), "{about}\n{text}");
}

#[test]
fn a_finding_does_not_repeat_a_pin_of_the_rule_file() {
    let rule = |line: &str| format!("[[rule]]\nid = \"r\"\naction = \"hold\"\n{line}\n");
    let test = |line: &str| {
        format!(
            "{}[[test]]\nname = \"t\"\nexpect = \"hold\"\n{line}\n",
            rule("match.zip = \"wrong\"")
        )
    };
    for line in [
        "match.pin = \"4711\"",
        "match.pin = 4711",
        "match.pin = [\"wrong\", \"4711\"]",
        "match.pin_code = \"4711\"",
        "match.\"pin 4711\" = \"x\"",
        "match = { pin = \"4711\", carrier.spid = 6529 }",
        "match.zipp = \"wrong\"  # the PIN that Ada uses is 4711",
    ] {
        assert_no_pin(&findings(load(&rule(line))), line);
    }
    for line in [
        "given.pin = \"4711\"",
        "given.pin = 4711",
        "given.account_pin = \"4711\"",
        "given.\"pin 4711\" = \"x\"",
        "given.end_user = { pin = \"4711\" }",
        "by = \"pin 4711\"",
        "because = \"pin: 4711\"",
        "unknown = [\"pin 4711\"]",
    ] {
        assert_no_pin(&findings(load(&test(line))), line);
    }
}

#[test]
fn a_finding_does_not_repeat_a_pin_of_a_list_file() {
    let rules = "version = 1\n[lists.l]\ntype = \"number\"\nfile = \"l.csv\"\n[[rule]]\nid = \"r\"\naction = \"hold\"\n\
        match.numbers.any_in = \"@l\"\n";
    for line in [
        "PIN 4711,,",
        "+13125550100,PIN 4711,tomorrow",
        "+13125550100,\"PIN of Ada: 4711\",2020-01-01",
    ] {
        let list = format!("value,note,expires\n{line}\n");
        assert_no_pin(&checked(load_with_lists(rules, &[("l.csv", &list)])), line);
    }
}

#[test]
fn a_masked_line_shows_where_the_finding_is() {
    let text = "[[rule]]\nid = \"r\"\naction = \"hold\"\nmatch.pin = [\"wrong\", \"4711\"]\n";
    insta::assert_snapshot!(load(text).unwrap_err().to_text(TextStyle::Plain), @r#"
    error[R005]: `****` is not a valid value for `pin`
     --> rules.toml:5:23
      |
    5 | match.pin = ["wrong", "****"]
      |                       ^^^^^^
      |
      = help: use one of `right`, `none-on-file`, `not-given`, `wrong`
    "#);
}
