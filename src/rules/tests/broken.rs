//! Shows the report of every broken file in `tests/broken/`, one file for each mistake, exactly as an admin reads it.
//!
//! `INSTA_UPDATE=always cargo test --lib broken` creates the report of a new file. Read it as a person in a hurry
//! would.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use jiff::ToSpan;

use super::{checked, now};
use crate::rules::diagnostics::code::Code;
use crate::rules::diagnostics::finding::Findings;
use crate::rules::diagnostics::render::TextStyle;
use crate::rules::facts::fact::Fact;
use crate::rules::lint::{AbsentFact, RuleHistory, RuleTally};
use crate::rules::model::rule_set::RuleSet;

/// Relative, so that the reports are the same on every machine.
const FOLDER: &str = "tests/broken";

/// The names of the files with this ending.
fn names(ending: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(FOLDER).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names
        .filter_map(|name| name.strip_suffix(ending).map(str::to_owned))
        .collect()
}

/// The findings of `check` for a file, with those that need the database or the settings if the file is about them.
fn check(name: &str) -> Findings {
    let path = Path::new(FOLDER).join(format!("{name}.toml"));
    let result = RuleSet::load(&path, now());
    match (result, name) {
        (Ok(loaded), "fact-that-nothing-carries") => {
            let absent = AbsentFact {
                fact: Fact::Pin,
                why: "no register of numbers is configured".to_owned(),
            };
            loaded.lint_sources(&[absent]).merged(checked(Ok(loaded)))
        }
        (Ok(loaded), name) if name.starts_with("on-record-") => {
            loaded.lint_record(&record(), now()).merged(checked(Ok(loaded)))
        }
        (result, _) => checked(result),
    }
}

/// Ninety days in which every rule decided twenty orders, except one that decided none.
fn record() -> RuleHistory {
    let since = now() - (90 * 24).hours();
    let tally = |hits, overridden, bounced| RuleTally {
        hits,
        overridden,
        bounced,
        last_hit: (hits > 0).then(now),
        first_evaluated: Some(since),
    };
    let rules = [
        ("wrong-pin", tally(20, 0, 0)),
        ("never-met", tally(0, 0, 0)),
        ("people-know-better", tally(20, 9, 0)),
        ("sent-back", tally(20, 0, 7)),
    ];
    RuleHistory {
        since,
        first_decision: Some(since - 24.hours()),
        rules: rules.map(|(id, tally)| (id.to_owned(), tally)).into(),
        offered_codes: [1001, 1003].into(),
    }
}

#[test]
fn every_broken_file_has_its_expected_report() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(Path::new(env!("CARGO_MANIFEST_DIR")).join(FOLDER));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for name in names(".toml") {
        let report = check(&name).to_text(TextStyle::Plain);
        assert!(!report.is_empty(), "{name}.toml is not broken");
        settings.bind(|| insta::assert_snapshot!(name.as_str(), report));
    }
}

#[test]
fn every_report_belongs_to_a_file_and_every_list_to_one_that_names_it() {
    let files = names(".toml");
    assert!(files.len() > 100, "the files were found");
    assert_eq!(names(".snap"), files, "reports and files go together");
    let texts = files
        .iter()
        .map(|name| fs::read(Path::new(FOLDER).join(format!("{name}.toml"))).unwrap());
    let texts: String = texts
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .collect();
    for list in fs::read_dir(Path::new(FOLDER).join("lists")).unwrap() {
        let list = list.unwrap().file_name().into_string().unwrap();
        assert!(
            texts.contains(&format!("lists/{list}\"")),
            "no file names lists/{list}"
        );
    }
}

#[test]
fn every_code_has_a_file() {
    let rendered: BTreeSet<Code> = names(".toml")
        .iter()
        .flat_map(|name| check(name).iter().map(|finding| finding.code).collect::<Vec<_>>())
        .collect();
    let without: Vec<Code> = Code::all().filter(|code| !rendered.contains(code)).collect();
    assert_eq!(without, [], "these codes have no broken file");
}

#[test]
fn every_finding_says_how_to_fix_it() {
    for name in names(".toml") {
        for finding in check(&name).iter() {
            let place = format!("{} {}", finding.place(), finding.message);
            assert!(
                finding.help.as_ref().is_some_and(|help| !help.is_empty()),
                "{place}"
            );
            assert!(!finding.message.ends_with('.'), "{place}");
        }
    }
}
