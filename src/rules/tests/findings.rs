//! Tests of the findings about invalid rule files.

use super::{load, rendered};
use crate::rules::diagnostics::finding::Findings;
use crate::rules::diagnostics::render::TextStyle;
use crate::rules::model::rule_set::RuleSet;

fn errors(text: &str) -> String {
    rendered(load(text))
}

/// A rule around some lines of it.
fn in_rule(lines: &str) -> String {
    errors(&format!("[[rule]]\nid = \"r\"\naction = \"hold\"\n{lines}\n"))
}

#[test]
fn a_finding_shows_its_line_with_a_caret_and_a_fix() {
    let findings: Findings =
        load("[[rule]]\nid = \"r\"\nmatch.carrier.spd = \"073H\"\naction = \"hold\"\n").unwrap_err();
    insta::assert_snapshot!(findings.to_text(TextStyle::Plain), @r#"
    error[R007]: `carrier.spd` is not a known condition
     --> rules.toml:4:15
      |
    4 | match.carrier.spd = "073H"
      |               ^^^
      |
      = help: did you mean `carrier.spid`?
    "#);
    insta::assert_json_snapshot!(findings, @r#"
    [
      {
        "code": "R007",
        "severity": "error",
        "file": "rules.toml",
        "line": 4,
        "column": 15,
        "end_column": 18,
        "message": "`carrier.spd` is not a known condition",
        "help": "did you mean `carrier.spid`?"
      }
    ]
    "#);
    insta::assert_snapshot!(findings, @"1 error; rules.toml:4:15: R007: `carrier.spd` is not a known condition");
}

#[test]
fn a_very_long_line_is_cut_and_keeps_its_column() {
    let values: Vec<String> = (0..100).map(|n| format!("\"{n:04}\"")).collect();
    let text = format!(
        "lists.a = {{ type = \"spid\", values = [{}, 7] }}",
        values.join(", ")
    );
    let findings = load(&text).unwrap_err();
    let shown = findings.to_text(TextStyle::Plain);
    assert!(shown.contains("rules.toml:2:838"), "{shown}");
    assert_eq!(findings.iter().next().unwrap().column, 838);
}

#[test]
fn a_file_with_a_syntax_error_reports_only_the_first_error() {
    insta::assert_snapshot!(errors("match.pin = wrong"), @r#"R001 2:13 `wrong` is text and must be in quotes | write "wrong""#);
    insta::assert_snapshot!(errors("a = [073H]"), @r#"R001 2:6 `073H` is text and must be in quotes | write "073H""#);
    insta::assert_snapshot!(errors("a = [0736]"), @r#"R001 2:6 `0736` is text and must be in quotes | write "0736""#);
    insta::assert_snapshot!(errors("a = “x”"), @r#"R001 2:5 these quotes are curly, and TOML requires straight quotes | use straight quotes: "x""#);
    insta::assert_snapshot!(errors("a = 1\na = 2"), @"R001 3:1 `a` is already set in line 2 | remove one of the two; if another rule or test starts here, write its `[[rule]]` or `[[test]]` above");
    insta::assert_snapshot!(errors("a: 1"), @"R001 2:2 `:` is not valid between a key and its value | write `a = 1`");
    insta::assert_snapshot!(errors("a = \"x"), @r#"R001 2:5 a quote is opened here and not closed on the same line | close it on the same line; inside "…" write `\"` for a quote"#);
    insta::assert_snapshot!(errors("a = [\"x\" \"y\"]"), @"R001 2:10 a comma is missing before this value | write a comma between the values");
    insta::assert_snapshot!(errors("[[rule]"), @"R001 2:1 the heading is not closed | write `[[rule]]`");
}

#[test]
fn an_unknown_key_is_reported_with_the_table_that_it_belongs_to() {
    insta::assert_snapshot!(errors("no_match = \"hold\"\ntimezne = \"UTC\"\n[[rules]]\nid = \"x\""), @r"
    R002 2:1 the top level of the file has no key `no_match` | `no_match` belongs to `[defaults]`: move it there
    R002 3:1 the top level of the file has no key `timezne` | did you mean `timezone`?
    R002 4:3 the top level of the file has no key `rules` | did you mean `rule`?
    ");
    insta::assert_snapshot!(errors("[defaults]\nno_mach = \"hold\"\nversion = 1\nfrobnicate = 1"), @"
    R002 3:1 `[defaults]` has no key `no_mach` | did you mean `no_match`?
    R002 4:1 `[defaults]` has no key `version` | `version` belongs to the top level of the file: move it above the first heading
    R002 5:1 `[defaults]` has no key `frobnicate` | use one of its keys: `no_match`, `on_unknown`, `decide_within`, `at_decide_by`, `allow`
    ");
    insta::assert_snapshot!(in_rule("match.pin = \"wrong\"\npin = \"wrong\"\nbecause = \"pin-invalid\"\nexpect = \"hold\""), @"
    R002 6:1 a `[[rule]]` has no key `pin` | conditions belong under `match` or `unless`: write `match.pin`
    R002 7:1 a `[[rule]]` has no key `because` | write `reject.because`
    R002 8:1 a `[[rule]]` has no key `expect` | `expect` belongs to a `[[test]]`: move it there
    ");
    insta::assert_snapshot!(errors("[[rule]]\nid = \"r\"\n[rule.match]\npin = \"wrong\"\naction = \"hold\""), @"R007 6:1 `action` is a key of the rule, not a condition | move `action` directly under `[[rule]]`, above any `[rule.match]`");
    insta::assert_snapshot!(errors("[[test]]\nname = \"t\"\nexpect = \"hold\"\npin = \"wrong\"\nnow = 2027-01-01"), @"
    R002 5:1 a `[[test]]` has no key `pin` | the facts of a test belong under `given`: write `given.pin`
    R002 6:1 a `[[test]]` has no key `now` | the facts of a test belong under `given`: write `given.now`
    ");
    insta::assert_snapshot!(errors("lists.a = { type = \"text\", values = [{ value = \"x\", until = 2027-01-01 }], path = \"a.csv\" }"), @"
    R002 2:53 an entry of a list has no key `until` | use `expires` instead
    R002 2:76 a list has no key `path` | use `file` instead
    ");
}

#[test]
fn the_head_of_the_file_is_checked() {
    let whole = |text: &str| rendered(super::load_with_lists(text, &[]));
    insta::assert_snapshot!(whole(""), @"R004 1:1 the top level of the file has no `version` | write `version = 1` at the top of the file");
    insta::assert_snapshot!(whole("version = 2"), @"R024 1:11 version 2 of the rule language is not supported | write `version = 1`, or install a newer portoutd for a newer file");
    insta::assert_snapshot!(whole("version = \"1\""), @"R003 1:11 `version` requires a whole number, not text | write `version = 1`");
    insta::assert_snapshot!(errors("timezone = \"America/Chigaco\""), @r#"R018 2:12 `America/Chigaco` is not a known time zone | did you mean "America/Chicago"?"#);
    insta::assert_snapshot!(errors("[defaults]\nno_match = \"allow\"\non_unknown = \"authorize\"\ndecide_within = \"20\"\nat_decide_by = true"), @r#"
    R005 3:12 `allow` is not a valid value for `no_match` | did you mean `authorize`?
    R023 4:14 `on_unknown` cannot be `authorize`: a missing fact would release a number, and that cannot be undone | write `on_unknown = "hold"`, so that a person decides, or "reject"
    R018 5:17 `20` is not a valid duration for `decide_within` | write "20h" if you mean hours; the units are `s`, `m`, `h` and `d`
    R003 6:16 `at_decide_by` requires one of `notify`, `authorize`, `reject`, not true or false | use one of `notify`, `authorize`, `reject`
    "#);
    insta::assert_snapshot!(errors("defaults.decide_within = \"-1h\"\ndefaults.on_unknown = \"hald\""), @"
    R018 2:26 `-1h` is not a valid duration for `decide_within` | a duration is a whole number and a unit, `s`, `m`, `h` or `d`, such as `90m` or `1d12h`
    R005 3:23 `hald` is not a valid value for `on_unknown` | did you mean `hold`?
    ");
    insta::assert_snapshot!(errors("defaults = 1\nlists = 1\nrule = 1\ntest = [1]"), @"
    R003 2:12 `defaults` requires a table, not a whole number | write `defaults.no_match = …`
    R003 3:9 `lists` requires tables, each with a name, not a whole number | write `[lists.NAME]`
    R003 4:8 `rule` requires tables, each under its own `[[rule]]`, not a whole number | write `[[rule]]` with two brackets above each rule
    R003 5:9 `test` requires a table, not a whole number | write `test.name = …`
    ");
}

#[test]
fn text_without_quotes_gets_the_quoted_text_as_help() {
    insta::assert_snapshot!(errors("lists.a = { type = \"spid\", values = [\"073H\", 6529] }"), @r#"R009 2:46 `values` requires text, and 6529 is not in quotes | write "6529""#);
    insta::assert_snapshot!(in_rule("match.carrier.spid = 6529\nunless.numbers.count = 10"), @r#"
    R009 5:22 `carrier.spid` requires text, and 6529 is not in quotes | write "6529"
    R009 6:24 `numbers.count` requires a comparison, which is text in quotes | write "10" for exactly 10, or "<= 10" or ">= 10"
    "#);
    insta::assert_snapshot!(errors("[[test]]\nname = \"t\"\nexpect = \"hold\"\ngiven.carrier.spid = 6529"), @r#"R009 5:22 `carrier.spid` cannot be 6529 | a SPID is text, write "6529""#);
}

#[test]
fn a_rule_needs_an_id_an_action_and_a_match() {
    insta::assert_snapshot!(errors("[[rule]]"), @r#"
    R004 2:1 a `[[rule]]` has no `action` | write `action = …`, one of `authorize`, `reject`, `hold`
    R020 2:1 a rule without a `match` would decide every order | add a condition such as `match.pin = "wrong"`; for the orders that no rule decides, set `no_match` in `[defaults]`
    R004 2:1 a `[[rule]]` has no `id` | write an id such as `id = "wrong-pin"`: decisions, traces and tests identify the rule by it
    "#);
    insta::assert_snapshot!(errors("[[rule]]\nid = \"r\"\naction = \"hold\"\nmatch = {}\nunless.pin = \"right\""), @r#"R020 5:1 a rule without a `match` would decide every order | add a condition such as `match.pin = "wrong"`; for the orders that no rule decides, set `no_match` in `[defaults]`"#);
    insta::assert_snapshot!(errors("[[rule]]\nid = \"a b\"\naction = \"hald\"\nmatch = \"pin\"\nabout = \"\"\nmode = \"of\"\nnotify = [\"\", 1]"), @r#"
    R026 3:6 `a b` is not a valid rule id | use 1 to 64 letters, digits, `-`, `_` and `.`, such as "wrong-pin"
    R005 4:10 `hald` is not a valid value for `action` | did you mean `hold`?
    R003 5:9 `match` requires conditions, not text | write one condition per line, such as `match.pin = "wrong"`
    R026 6:9 `about` is empty | write it as one line of text
    R005 7:8 `of` is not a valid value for `mode` | did you mean `off`?
    R026 8:11 `notify` is empty | write it as one line of text
    R009 8:15 `notify` requires text, and 1 is not in quotes | write "1"
    "#);
    let twice = "[[rule]]\nid = \"r\"\naction = \"hold\"\nmatch.pin = \"wrong\"\n";
    insta::assert_snapshot!(errors(&format!("{twice}{twice}")), @"R008 7:6 the rule in line 3 has the same id `r` | give each rule its own id: decisions, traces and tests identify the rule by it");
}

#[test]
fn a_condition_with_a_wrong_value_reports_what_it_accepts() {
    insta::assert_snapshot!(in_rule("match.carrier.spd = \"x\"\nmatch.weather = \"x\"\nmatch.number.ours = \"all\"\nmatch.phone_numbers = \"+1*\""), @"
    R007 5:15 `carrier.spd` is not a known condition | did you mean `carrier.spid`?
    R007 6:7 `weather` is not a known condition | run `portoutd explain R007` to list all conditions, such as `pin`, `carrier.spid` and `numbers.ours`
    R007 7:7 `number.ours` is not a known condition | did you mean `numbers.ours`?
    R007 8:7 `phone_numbers` is not a known condition | use `numbers.any_in`, `numbers.all_in`, `numbers.none_in` or `numbers.count`
    ");
    insta::assert_snapshot!(in_rule("match.pin = \"rigth\"\nmatch.zip = true\nmatch.name = []\nmatch.numbers.ours = \"mine\""), @"
    R005 5:13 `rigth` is not a valid value for `pin` | did you mean `right`?
    R003 6:13 `zip` requires one of `right`, `none-on-file`, `not-given`, `wrong`, not true or false | did you mean `right`?
    R026 7:14 `name` has no value, so it could never hold | write at least one value, or remove the condition
    R005 8:22 `mine` is not a valid value for `numbers.ours` | use one of `all`, `some`, `none`
    ");
    insta::assert_snapshot!(in_rule("match.carrier.seen = \"true\"\nmatch.numbers.frozen = 1\nmatch.own_port_in = \"yes\""), @"
    R003 5:22 `carrier.seen` requires true or false, not text | write true without quotes
    R003 6:24 `numbers.frozen` requires true or false, not a whole number | write true or false, without quotes
    R003 7:21 `own_port_in` requires true or false, not text | write true without quotes
    ");
    insta::assert_snapshot!(in_rule("match.times_rejected = \"> one\"\nmatch.foc_in = \"< 48\"\nunless.foc_in = \"soon\""), @r#"
    R012 5:24 `> one` is not a valid comparison for a count | write ">= 25", "< 5", "10..24" (both ends included), "!= 1" or "7"
    R012 6:16 `< 48` is a comparison without a unit of time | write "< 48h" if you mean hours; the units are `s`, `m`, `h` and `d`
    R012 7:17 `soon` is not a valid comparison for a duration | write "< 48h" or "24h..72h"; a duration is a whole number and a unit, `s`, `m`, `h` or `d`, such as `90m` or `1d12h`
    "#);
    insta::assert_snapshot!(in_rule("match.carrier.spid = \"07 3H\"\nmatch.numbers.any_in = [\"+1312555012\", \"312*\"]\nmatch.city = \"/(/\"\nmatch.numbers.country = \"USA\""), @r#"
    R010 5:22 `07 3H` is not a valid SPID | write 1 to 64 letters, digits, `-` or `_` without spaces, such as "073H"
    R011 6:25 `+1312555012` is not a valid phone number or prefix | it has 9 digits after the country code, and a North American number has 10
    R011 6:40 `312*` is not a valid phone number or prefix | a prefix starts with `+` and the country code: write "+1312*" if it is in North America
    R013 7:14 the regular expression `/(/` is not valid: a `(` is not closed | fix the expression between the slashes, or write text with `*`, which matches any characters
    R026 8:25 `USA` is not a valid country code | write a two-letter ISO 3166 code, such as "US"
    "#);
    insta::assert_snapshot!(in_rule("match.carrier = \"x\"\nmatch.pin.is = \"wrong\""), @"
    R007 5:7 `carrier` is a group of conditions | write one of them: `carrier.spid`, `carrier.name`, `carrier.requests_24h`, `carrier.seen`
    R007 6:7 `pin.is` is not a known condition | run `portoutd explain R007` to list all conditions, such as `pin`, `carrier.spid` and `numbers.ours`
    ");
}

#[test]
fn an_unknown_list_or_one_of_the_wrong_type_is_reported() {
    let lists =
        "lists.frozen = { type = \"number\", values = [] }\nlists.good = { type = \"spid\", values = [] }\n";
    let with_lists = |condition: &str| {
        errors(&format!(
            "{lists}[[rule]]\nid = \"r\"\naction = \"hold\"\nmatch.{condition}\n"
        ))
    };
    insta::assert_snapshot!(with_lists("numbers.any_in = \"@frozn\""), @"R014 7:24 the file has no list `frozn` | did you mean `@frozen`?");
    insta::assert_snapshot!(with_lists("numbers.any_in = \"@customers\""), @"R014 7:24 the file has no list `customers` | use one of the lists in the file: `frozen`, `good`");
    insta::assert_snapshot!(with_lists("carrier.spid = \"@frozen\""), @"R015 7:22 `carrier.spid` requires a list of type `spid`, and `@frozen` has the type `number` | did you mean `@good`?");
    insta::assert_snapshot!(with_lists("city = \"@frozen\""), @r#"R015 7:14 `city` requires a list of type `text`, and `@frozen` has the type `number` | write `type = "text"` in `[lists.frozen]` if its entries are of that type"#);
    insta::assert_snapshot!(in_rule("match.city = \"@towns\""), @r#"R014 5:14 the file has no list `towns` | define it under `[lists.towns]`, with `type = "text"` and `values` or `file`"#);
}

#[test]
fn invalid_entries_of_a_list_are_reported() {
    insta::assert_snapshot!(errors("lists.a = { type = \"numbers\" }\nlists.b = { values = [] }\nlists.c = { type = \"text\" }\nlists.d = 1"), @r#"
    R005 2:20 `numbers` is not a valid value for `type` | did you mean `number`?
    R004 3:11 a list has no `type` | write `type = …`, one of `spid`, `number`, `text`
    R004 4:7 the list `c` has neither `values` nor `file` | write `values = ["…"]`, or `file = "lists/NAME.csv"`
    R003 5:11 `d` requires a table, not a whole number | write `d.type = …`
    "#);
    insta::assert_snapshot!(errors("lists.a = { type = \"number\", values = [\"+1312555012\", { note = \"x\" }, { value = \"+1312*\", expires = \"soon\" }] }"), @r#"
    R011 2:40 `+1312555012` is not a valid phone number or prefix | it has 9 digits after the country code, and a North American number has 10
    R004 2:55 an entry of a list has no `value` | write `{ value = "…", note = "…", expires = 2027-01-31 }`
    R018 2:101 `expires` requires a date, and `soon` is not valid | write a date such as 2027-01-31, the last day that counts
    "#);
    insta::assert_snapshot!(errors("lists.a = { type = \"spid\", values = \"073H\" }"), @r#"R003 2:37 `values` requires an array, not text | write the values in brackets: `values = ["…", "…"]`"#);
    insta::assert_snapshot!(errors("lists.a = { type = \"spid\", file = \"none.csv\" }\nlists.b = { type = \"spid\", file = \"none.xls\" }"), @"
    R016 2:35 the list file `none.csv` does not exist | write a path relative to the folder of the rule file
    R016 3:35 `none.xls` is not a list file: its name must end in .csv or .txt | save it as a .csv with the columns value,note,expires, or as a .txt with one value per line
    ");
    insta::assert_snapshot!(errors("lists.a = { type = \"spid\", values = [{ value = \"073H\", expires = 2026-11-20 }, { value = \"6529\", expires = 2026-11-21 }] }"), @"R104 2:66 this entry has expired and is ignored | remove it, or set a later `expires`");
}

#[test]
fn a_rejection_requires_a_cause_and_the_cause_other_a_reason() {
    let reject = |lines: &str| {
        errors(&format!(
            "[[rule]]\nid = \"r\"\nmatch.pin = \"wrong\"\naction = \"reject\"\n{lines}\n"
        ))
    };
    insta::assert_snapshot!(reject(""), @r#"R006 2:1 a rule that rejects has no cause | write `reject.because = "…"`, such as "pin-invalid" or "number-locked""#);
    insta::assert_snapshot!(reject("reject.reason = \"No.\""), @r#"R006 6:1 a rule that rejects has no cause | write `reject.because = "…"`, such as "pin-invalid" or "number-locked""#);
    insta::assert_snapshot!(reject("reject.because = \"pin-invald\""), @"R019 6:18 `pin-invald` is not a valid cause | did you mean `pin-invalid`?");
    insta::assert_snapshot!(reject("reject.because = \"because\""), @"R019 6:18 `because` is not a valid cause | write a cause such as `pin-invalid` or `number-locked`; `portoutd explain R019` lists them");
    insta::assert_snapshot!(reject("reject.because = \"other\""), @r#"R006 6:18 the cause `other` requires a reason | write the reason in `reject.reason = "…"`"#);
    insta::assert_snapshot!(reject(&format!("reject = {{ because = \"pin-invalid\", reason = \"{}\" }}", "x".repeat(256))), @"R026 6:46 the reason has 256 characters, and Telnyx accepts at most 255 | shorten the reason");
    insta::assert_snapshot!(reject("reject = \"pin-invalid\""), @r#"R003 6:10 `reject` requires a table, not text | write `reject.because = "pin-invalid"`"#);
    insta::assert_snapshot!(in_rule("match.pin = \"wrong\"\nreject.because = \"pin-invalid\"\nhost_messaging = true"), @r#"
    R021 6:1 `reject` is set on a rule that does not reject | write `action = "reject"`, or remove `reject`
    R021 7:1 `host_messaging` is sent with an authorization or a rejection, and this rule holds | remove it, or move it to the rule that authorizes
    "#);
}

#[test]
fn a_cause_that_does_not_hold_up_is_a_warning_with_the_ground() {
    let because = |cause: &str| {
        errors(&format!(
            "[[rule]]\nid = \"r\"\nmatch.pin = \"wrong\"\naction = \"reject\"\nreject.because = \"{cause}\"\n"
        ))
    };
    insta::assert_snapshot!(because("name-mismatch"), @"R101 6:18 a simple port may not be refused for `name-mismatch` alone (47 CFR 52.36) | hold the order for a person, or reject because of a PIN, ZIP code or number that does not match");
    insta::assert_snapshot!(because("unpaid-balance"), @"R102 6:18 Telnyx does not accept `unpaid-balance`: the rejection bounces, or Telnyx authorizes the order anyway | hold the order for a person, or settle it with the subscriber: billing and business reasons do not stop a port");
    insta::assert_snapshot!(because("unauthorized-by-owner"), @"R103 6:18 `unauthorized-by-owner` requires evidence from the subscriber, and Telnyx reviews it | keep the evidence for every order that this rule rejects");
    assert_eq!(because("pin-invalid"), "");
}

#[test]
fn an_expired_rule_is_a_warning() {
    insta::assert_snapshot!(in_rule("match.pin = \"wrong\"\nexpires = 2026-11-20"), @"R105 6:11 this rule has expired and is off | remove it, or set a later `expires`");
    insta::assert_snapshot!(in_rule("match.pin = \"wrong\"\nexpires = 07:30:00"), @"R018 6:11 `expires` requires a date, and `07:30:00` is not valid | write a date such as 2027-01-31, the last day that counts");
}

#[test]
fn a_test_is_checked_against_rules_and_facts() {
    let test = |lines: &str| {
        let rule = "[[rule]]\nid = \"soft\"\naction = \"hold\"\nmatch.pin = \"wrong\"\n";
        errors(&format!("{rule}[[test]]\nname = \"t\"\n{lines}\n"))
    };
    insta::assert_snapshot!(test(""), @"R004 6:1 a `[[test]]` has no `expect` | write `expect = …`, one of `authorize`, `reject`, `hold`");
    insta::assert_snapshot!(test("expect = \"approve\"\nby = \"sofd\"\ncause = \"pin\"\nunknown = [\"pinn\"]"), @"
    R005 8:10 `approve` is not a valid value for `expect` | did you mean `authorize`?
    R022 9:6 no rule has the id `sofd` | did you mean `soft`?
    R019 10:9 `pin` is not a valid cause | write a cause such as `pin-invalid` or `number-locked`; `portoutd explain R019` lists them
    R007 11:12 `pinn` is not a known fact | did you mean `pin`?
    ");
    insta::assert_snapshot!(test("expect = \"hold\"\ngiven.pn = \"wrong\"\ngiven.pin = \"rong\"\ngiven.now = \"today\"\ngiven.numbers.any_in = \"+1\""), @r#"
    R007 9:7 `pn` is not a known fact | did you mean `pin`?
    R003 10:13 `pin` cannot be the value given | did you mean `wrong`?
    R018 11:13 `now` requires a date and a time, and `today` is not valid | write 2027-01-31T22:00:00, which is local time in `timezone`, or a time with its own offset
    R007 12:15 `numbers.any_in` is not a known fact | it is a condition; give the fact `phone_numbers` instead
    "#);
    insta::assert_snapshot!(test("expect = \"hold\"\ngiven.numbers.count = \"3\"\ngiven.foc_in = \"soon\"\ngiven.carrier.seen = \"no\"\ngiven.requested_foc = 2027-01-01"), @r#"
    R003 9:23 `numbers.count` cannot be "3" | it is a number: write 3 without quotes
    R003 10:16 `foc_in` cannot be "soon" | a duration is a whole number and a unit, `s`, `m`, `h` or `d`, such as `90m` or `1d12h`
    R003 11:22 `carrier.seen` cannot be "no" | write true or false, without quotes
    R003 12:23 `requested_foc` cannot be "2027-01-01" | write a time such as "2027-01-31T12:00:00Z"
    "#);
    insta::assert_snapshot!(test("expect = \"hold\"\n[[test]]\nname = \"t\"\nexpect = \"hold\"\n[[test]]\nname = 5\ngiven = 1\nexpect = \"hold\""), @r#"
    R008 10:8 the test in line 7 has the same name "t" | give each test its own name: reports identify the test by it
    R009 13:8 `name` requires text, and 5 is not in quotes | write "5"
    R003 14:9 `given` requires facts, not a whole number | write one fact per line, such as `given.pin = "wrong"`
    "#);
}

#[test]
fn a_file_that_cannot_be_read_is_a_finding_too() {
    let folder = tempfile::tempdir().unwrap();
    let at = |bytes: &[u8]| {
        let path = folder.path().join("rules.toml");
        std::fs::write(&path, bytes).unwrap();
        RuleSet::load(&path, super::now())
            .unwrap_err()
            .iter()
            .next()
            .unwrap()
            .message
            .clone()
    };
    insta::assert_snapshot!(at(b"\xff\xfe"), @"the rule file is encoded as UTF-16, and rule files must be UTF-8");
    let none = RuleSet::load(&folder.path().join("none.toml"), super::now()).unwrap_err();
    assert_eq!(
        none.iter().next().unwrap().message,
        "the rule file does not exist"
    );
}
