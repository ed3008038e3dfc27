//! Tests of loading rule files and list files.

use std::fs;
use std::path::Path;

use serde_json::json;

use super::{evaluate, load, load_with_lists, now, rendered};
use crate::domain::Action;
use crate::rules::load::{Refusal, load_and_test};
use crate::rules::model::rule_set::RuleSet;
use crate::rules::source::regular_file::ReadLimits;
use crate::rules::source::sources::{SourceError, Sources};

const WITH_FILE: &str = r#"
version = 1
timezone = "America/Chicago"
[lists.locked]
type = "number"
file = "lists/locked.csv"
values = ["+14165550001"]
[[rule]]
id = "locked"
match.numbers.any_in = "@locked"
action = "hold"
[[rule]]
id = "rest"
match.numbers.count = ">= 0"
action = "authorize"
"#;

fn is_locked(rules: &RuleSet, number: &str) -> bool {
    evaluate(rules, &json!({"phone_numbers": [number]})).action == Action::Hold
}

#[test]
fn a_list_has_the_entries_of_its_file_and_those_beside_it() {
    let file = "\u{feff}value,note,expires\r\n+13125550001,\"a lock, by phone\",\r\n\"(312) 555-0002\",\"two\nlines\",2026-11-21\r\n\r\n3125550003,,2026-11-20\r\n+1773*\r\n";
    let loaded = load_with_lists(WITH_FILE, &[("lists/locked.csv", file)]).unwrap();
    for number in ["+13125550001", "+13125550002", "+17735550001", "+14165550001"] {
        assert!(is_locked(&loaded.rules, number), "{number}");
    }
    // The day of the third one is over.
    for number in ["+13125550003", "+13125550004"] {
        assert!(!is_locked(&loaded.rules, number), "{number}");
    }
    insta::assert_snapshot!(rendered(Ok(loaded)), @"R104 6:1 this entry has expired and is ignored | remove them, or set a later date");
}

#[test]
fn a_text_file_has_one_value_a_line() {
    let text = WITH_FILE.replace("locked.csv", "locked.txt");
    let file = "# locks\n+13125550001   # by phone\n\n  +13125550002\n";
    let loaded = load_with_lists(&text, &[("lists/locked.txt", file)]).unwrap();
    assert!(is_locked(&loaded.rules, "+13125550001"));
    assert!(is_locked(&loaded.rules, "+13125550002"));
    assert!(!is_locked(&loaded.rules, "+13125550003"));
}

#[test]
fn findings_about_a_list_file_show_its_lines() {
    let with_file = |file: &str| rendered(load_with_lists(WITH_FILE, &[("lists/locked.csv", file)]));
    insta::assert_snapshot!(with_file("value,why\n+13125550001,x\n"), @"R017 1:7 unknown column `why` | rename the column to `note`; the columns are value,note,expires");
    insta::assert_snapshot!(with_file("+13125550001\n+13125550002\n"), @"R017 1:1 the first line is an entry, but it must name the columns | write a line above it: value,note,expires (the last two are optional)");
    insta::assert_snapshot!(with_file("value,note\n+1312555001,x\n,y\n+13125550002,a,b\nhello \"x\n\n"), @r#"
    R011 2:1 `+1312555001` is not a valid phone number or prefix | it has 9 digits after the country code, and a North American number has 10
    R017 3:1 the line has no value | write each line as a value, optionally followed by a note and a date
    R017 4:1 the line has 3 fields, and the file has 2 columns | write each line as a value, optionally followed by a note and a date
    R017 5:1 a quote appears inside a field that does not start with one | put the whole field in quotes, and write "" for a quote inside it
    "#);
    insta::assert_snapshot!(with_file("value,note\n+13125550001,\"lock\n+13125550002,\"lock\n+13125550003,\"lock"), @r#"
    R017 2:1 there is extra text after the closing quote of a field | put the whole field in quotes, and write "" for a quote inside it
    R017 4:1 a quote is opened here and never closed | put the whole field in quotes, and write "" for a quote inside it
    "#);
    insta::assert_snapshot!(with_file("value,expires\n+13125550001,soon\n+13125550002,2026-01-01\n+13125550003,2026-01-01\n"), @"
    R018 2:14 `soon` is not a valid date | write a date such as 2027-01-31, the last day that counts
    R104 3:1 2 entries have expired and are ignored; this is the first | remove them, or set a later date
    ");
    let many = format!("value\n{}", "x\n".repeat(50));
    let rendered = with_file(&many);
    assert_eq!(rendered.lines().count(), 20);
    assert!(rendered.contains("30 more lines"), "{rendered}");
}

#[test]
fn what_spreadsheets_leave_in_a_list_file_is_named() {
    let with_file = |file: &str| load_with_lists(WITH_FILE, &[("lists/locked.csv", file)]);
    let loaded = with_file("sep=,\r\nvalue,note\r\n\"+1\u{a0}312\u{2011}555\u{2011}0001\",\r\n").unwrap();
    assert!(is_locked(&loaded.rules, "+13125550001"));
    insta::assert_snapshot!(rendered(with_file("sep=;\nvalue;note\n")), @"R017 1:1 the columns are separated by semicolons, not by commas | save the file as CSV with commas, or replace each separator with a comma");
    insta::assert_snapshot!(rendered(with_file("value\n1.31256E+10\n+13125550001.0\nNULL\n")), @"
    R011 2:1 `1.31256E+10` is not a valid phone number or prefix | it is a number that a spreadsheet has rounded, such as `1.31256E+10`: format the column as Text, enter the values again, and export
    R011 3:1 `+13125550001.0` is not a valid phone number or prefix | it is a number with a decimal part, such as `1234.0`: format the column as Text, enter the values again, and export
    R017 4:1 the value is `NULL`, which exports write for a missing value | write the value that belongs here, or remove the line
    ");
}

#[test]
fn a_version_is_the_digest_of_the_file_and_its_lists() {
    let hash =
        |text: &str, file: &str, list: &str| load_with_lists(text, &[(file, list)]).unwrap().rules.hash();
    let first = hash(WITH_FILE, "lists/locked.csv", "value\n+13125550001\n");
    assert_eq!(
        first,
        hash(WITH_FILE, "lists/locked.csv", "value\n+13125550001\n")
    );
    assert_ne!(
        first,
        hash(WITH_FILE, "lists/locked.csv", "value\n+13125550002\n")
    );
    assert_ne!(
        first,
        hash(
            &format!("{WITH_FILE}\n"),
            "lists/locked.csv",
            "value\n+13125550001\n"
        )
    );
    let renamed = WITH_FILE.replace("locked.csv", "frozen.csv");
    assert_ne!(first, hash(&renamed, "lists/frozen.csv", "value\n+13125550001\n"));
}

fn write(folder: &Path, rules: &str, list: &str) {
    fs::create_dir_all(folder.join("lists")).unwrap();
    fs::write(folder.join("rules.toml"), rules).unwrap();
    fs::write(folder.join("lists/locked.csv"), list).unwrap();
}

#[test]
fn a_recorded_rule_set_can_be_loaded_again() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), WITH_FILE, "value,note\n+13125550001,caf\u{e9}\n");
    let loaded = RuleSet::load(&folder.path().join("rules.toml"), now()).unwrap();
    let lists = loaded.sources.lists.iter();
    let lists = lists.map(|list| (list.file.clone(), list.text().unwrap().into_bytes()));
    let sources = Sources::from_record("rules.toml", &loaded.sources.text, lists).unwrap();
    let again = RuleSet::from_sources(&sources, now()).unwrap();
    assert_eq!(again.rules.hash(), loaded.rules.hash());
    assert!(is_locked(&again.rules, "+13125550001"));
}

#[test]
fn a_list_file_that_changed_after_loading_is_not_recorded() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), WITH_FILE, "value\n+13125550001\n");
    let loaded = RuleSet::load(&folder.path().join("rules.toml"), now()).unwrap();
    write(folder.path(), WITH_FILE, "value\n+13125550002\n");
    let read_again = loaded.sources.lists[0].text();
    assert!(matches!(read_again, Err(SourceError::Changed(file)) if file == "lists/locked.csv"));
}

#[test]
fn a_file_whose_own_tests_fail_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rules.toml");
    let refusal = |test: &str| {
        let test =
            format!("{WITH_FILE}[[test]]\nname = \"t\"\ngiven.phone_numbers = \"+13125550009\"\n{test}\n");
        write(folder.path(), &test, "value\n");
        load_and_test(&path, ReadLimits::default(), now())
            .map(|_| ())
            .unwrap_err()
    };
    let differences = |test: &str| match refusal(test) {
        Refusal::FailedTests(tests) => tests[0].differences.join("; "),
        Refusal::Findings(findings) => panic!("{findings}"),
    };
    insta::assert_snapshot!(differences("expect = \"hold\"\nby = \"locked\"\ncause = \"other\"\nunknown = \"pin\""), @"expected hold, but the verdict is authorize; expected a decision by `locked`, got one by `rest`; expected the cause `other`, got no cause; expected the outcome to depend on pin, but it depends on nothing");
    insta::assert_snapshot!(refusal("expect = \"hold\""), @r#"1 of the rule file's own tests fail; the first is "t""#);
    insta::assert_snapshot!(refusal("expect = \"hald\"").to_string().replace(&path.display().to_string(), "FILE"), @"the rule file has 1 error; FILE:19:10: R005: `hald` is not a valid value for `expect`");
    write(folder.path(), WITH_FILE, "value\n");
    assert!(load_and_test(&path, ReadLimits::default(), now()).is_ok());
}

#[test]
fn a_test_may_move_the_clock() {
    let text = |time: &str| {
        format!(
            "timezone = \"America/Chicago\"\n[[rule]]\nid = \"open\"\nmatch.business_hours = true\naction = \"authorize\"\n\
             [[test]]\nname = \"t\"\ngiven.now = {time}\nexpect = \"authorize\"\n"
        )
    };
    let passes = |time: &str| load(&text(time)).unwrap().rules.run_tests(now())[0].passed;
    assert!(passes("2026-11-23T08:00:00"));
    assert!(passes("\"2026-11-23T14:00:00Z\""));
    assert!(passes("2026-11-23T08:00:00-06:00"));
    assert!(!passes("2026-11-23T08:00:00Z"));
}

#[test]
fn the_shipped_rules_are_good_and_so_are_their_tests() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules.toml");
    let loaded = load_and_test(&path, ReadLimits::default(), now()).unwrap();
    assert!(loaded.warnings.is_empty(), "{}", loaded.warnings);
    assert!(loaded.rules.test_count() > 5);
}

#[test]
fn the_shipped_rules_explain_every_key_condition_and_safe_cause() {
    let text = include_str!("../../../rules.toml");
    for key in crate::rules::parse::keys_to_explain() {
        assert!(text.contains(key), "{key} is not explained in rules.toml");
    }
}
