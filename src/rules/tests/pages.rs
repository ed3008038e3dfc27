//! The pages of `portoutd explain`: the wrong example has the code of its page, and the right example does not.

use super::{checked, now};
use crate::domain::{Cause, CauseClass};
use crate::rules::diagnostics::code::Code;
use crate::rules::diagnostics::finding::Findings;
use crate::rules::diagnostics::render::TextStyle;
use crate::rules::facts::fact::Fact;
use crate::rules::model::condition_name::CONDITIONS;
use crate::rules::model::rule_set::RuleSet;
use crate::rules::source::sources::Sources;

/// A code block: the text after its opening fence, and its lines.
struct Block<'p> {
    info: &'p str,
    text: &'p str,
}

/// The part of a page under a heading.
fn section(page: &'static str, heading: &str) -> &'static str {
    let parts: Vec<&str> = page.split(&format!("\n## {heading}\n")).collect();
    assert_eq!(parts.len(), 2, "a page has one `## {heading}`:\n{page}");
    parts[1].split("\n## ").next().unwrap()
}

fn blocks(section: &str) -> Vec<Block<'_>> {
    // Text and code take turns between the fences.
    let code = section.split("```").skip(1).step_by(2);
    code.map(|block| block.split_once('\n').unwrap())
        .map(|(info, text)| Block { info, text })
        .collect()
}

/// The rule file of a section with its list files, each named after `csv` or `txt`.
fn sources(section: &str) -> Option<Sources> {
    let blocks = blocks(section);
    let rules = blocks.iter().find(|block| block.info == "toml")?;
    let lists = blocks.iter().filter_map(|block| {
        let (_, file) = block.info.split_once(' ')?;
        Some((file.to_owned(), block.text.to_owned()))
    });
    Some(Sources::in_memory("rules.toml", rules.text, lists))
}

/// All findings of `check` for them.
fn rendered(sources: &Sources) -> Findings {
    checked(RuleSet::from_sources(sources, now()))
}

fn has(findings: &Findings, code: Code) -> bool {
    findings.iter().any(|finding| finding.code == code)
}

/// Codes that a rule file alone cannot show: a missing file, and warnings that need the settings or the database.
const WITHOUT_A_FILE: [Code; 6] = [
    Code::UnreadableFile,
    Code::UnknowableFact,
    Code::CodeNeverOffered,
    Code::NeverMatched,
    Code::OftenOverridden,
    Code::OftenBounced,
];

#[test]
fn the_wrong_example_of_a_page_has_its_code_and_the_right_one_does_not() {
    for code in Code::all() {
        let [wrong, right] = ["Wrong", "Right"].map(|heading| sources(section(code.page(), heading)));
        if WITHOUT_A_FILE.contains(&code) {
            assert!(
                wrong.is_none() && right.is_none(),
                "{code} has files by now: test them"
            );
            continue;
        }
        let wrong = rendered(&wrong.unwrap_or_else(|| panic!("{code} shows no file that is wrong")));
        assert!(
            has(&wrong, code),
            "{code} is not told:\n{}",
            wrong.to_text(TextStyle::Plain)
        );
        let right = rendered(&right.unwrap_or_else(|| panic!("{code} shows no file that is right")));
        let is_right = !right.has_errors() && !has(&right, code);
        assert!(
            is_right,
            "{code} is told all the same:\n{}",
            right.to_text(TextStyle::Plain)
        );
    }
}

#[test]
fn a_page_fits_a_terminal_and_explains_before_its_examples() {
    for code in Code::all() {
        for line in code.page().lines().filter(|line| !line.starts_with('|')) {
            assert!(line.chars().count() <= 100, "{code}: {line}");
        }
        let (prose, _) = code.page().split_once("\n## Wrong\n").unwrap();
        assert!(prose.lines().count() > 3, "{code} says nothing");
        assert!(code.page().ends_with("```\n"), "{code} ends with what is right");
    }
}

#[test]
fn the_pages_that_findings_point_to_list_every_condition_fact_and_cause() {
    let names = Code::UnknownFact.page();
    for condition in CONDITIONS {
        assert!(
            names.contains(&format!("`{}`", condition.key)),
            "{}",
            condition.key
        );
    }
    for fact in Fact::all() {
        assert!(names.contains(&format!("`{fact}`")), "{fact}");
    }
    let causes = Code::UnknownCause.page();
    for cause in Cause::all().filter(|cause| cause.class() != CauseClass::Never) {
        assert!(causes.contains(&format!("`{cause}`")), "{cause}");
    }
}
