//! One text in its many spellings: facts, conditions, lists, lints and edits take them all for the same.

use proptest::prelude::*;
use serde_json::json;

use super::{checked, evaluate, load, load_with_lists, rules};
use crate::domain::{Action, folding};
use crate::rules::diagnostics::code::Code;
use crate::rules::list_edit::{Done, ListEdit, edit_list};
use crate::rules::model::rule_set::RuleSet;

/// What people and programs make of `Smith & O'Brien-Sons`.
const SPELLINGS: [&str; 14] = [
    "Smith & O'Brien-Sons",
    "  smith &  O'BRIEN-sons ",
    "Smith\u{a0}& O'Brien-Sons",
    "Smith\u{2009}&\tO'Brien-Sons",
    "Smith &amp; O&#39;Brien-Sons",
    "Smith &amp;amp; O&rsquo;Brien&ndash;Sons",
    "Smith & O’Brien–Sons",
    "Smith ＆ O＇Brien－Sons",
    "Ｓｍｉｔｈ　＆　Ｏ＇Ｂｒｉｅｎ－Ｓｏｎｓ",
    "Smi\u{200b}th & O'Bri\u{ad}en-So\u{200d}ns\u{feff}",
    "\u{202e}Smith & O`Brien−Sons\u{202c}",
    "Smith & OʼBrien‑Sons\u{0}",
    "Smith\u{2800}& O´Brien—Sons",
    "Smith & O'Brien-So\u{fffd}ns",
];
const TEXT_FACTS: [&str; 7] = [
    "carrier.name",
    "end_user",
    "pon",
    "vendor",
    "city",
    "state",
    "country",
];

/// A rule that holds what a condition takes, above one that authorizes everything else.
fn held_by(condition: &str, lists: &str) -> RuleSet {
    rules(&format!(
        "{lists}\n[[rule]]\nid = \"held\"\nmatch.{condition}\naction = \"hold\"\n\
         [[rule]]\nid = \"rest\"\nmatch.times_rejected = \"0\"\naction = \"authorize\"\n"
    ))
}

fn quoted(text: &str) -> String {
    crate::rules::values::quotes::in_quotes(text)
}

fn action(rules: &RuleSet, fact: &str, value: &str) -> Action {
    evaluate(rules, &json!({ fact: value })).action
}

#[test]
fn a_fact_in_any_spelling_meets_the_rule_that_holds_it() {
    for fact in TEXT_FACTS {
        for pattern in [
            "smith & o'brien-sons",
            "*& O'Brien-*",
            "/.*o'brien-sons/",
            "/Smith & O[’x]Brien–Sons/",
        ] {
            let rules = held_by(&format!("{fact} = {}", quoted(pattern)), "");
            for spelling in SPELLINGS {
                assert_eq!(
                    action(&rules, fact, spelling),
                    Action::Hold,
                    "{fact} {pattern} {spelling:?}"
                );
            }
            assert_eq!(
                action(&rules, fact, "Smith & Sons"),
                Action::Authorize,
                "{fact} {pattern}"
            );
        }
    }
}

#[test]
fn a_condition_or_list_in_any_spelling_meets_the_fact() {
    for spelling in SPELLINGS {
        let value = quoted(spelling);
        let expression = quoted(&format!("/{}/", spelling.trim()));
        let wild = quoted(&format!("*{}*", spelling.trim()));
        let list = format!("[lists.held]\ntype = \"text\"\nvalues = [{value}]\n");
        for (condition, list) in [
            (format!("carrier.name = {value}"), ""),
            (format!("carrier.name = [\"other\", {value}]"), ""),
            (format!("carrier.name = {wild}"), ""),
            ("carrier.name = \"@held\"".to_owned(), list.as_str()),
        ] {
            let rules = held_by(&condition, list);
            assert_eq!(
                action(&rules, "carrier.name", "Smith & O'Brien-Sons"),
                Action::Hold,
                "{condition:?}"
            );
            assert_eq!(
                action(&rules, "carrier.name", "Smith"),
                Action::Authorize,
                "{condition:?}"
            );
        }
        // Two spaces, or one at an end, can only match text that is not folded.
        let rules = held_by(&format!("carrier.name = {expression}"), "");
        assert_eq!(
            action(&rules, "carrier.name", "smith & o'brien-sons"),
            Action::Hold,
            "{expression}"
        );
    }
}

#[test]
fn list_files_take_every_spelling() {
    let text = "version = 1\n[lists.held]\ntype = \"text\"\nfile = \"held.csv\"\n\
        [[rule]]\nid = \"held\"\nmatch.carrier.name = \"@held\"\naction = \"hold\"\n\
        [[rule]]\nid = \"rest\"\nmatch.times_rejected = \"0\"\naction = \"authorize\"\n";
    for spelling in SPELLINGS {
        let file = format!("value,note\n\"{spelling}\",x\n");
        let loaded = load_with_lists(text, &[("held.csv", &file)]).unwrap();
        assert_eq!(
            action(&loaded.rules, "carrier.name", SPELLINGS[0]),
            Action::Hold,
            "{spelling:?}"
        );
    }
}

#[test]
fn tags_and_spids_have_spellings_too() {
    let by_tag = held_by("numbers.tags = \"vip–gold\"", "");
    for tag in ["vip-gold", "ＶＩＰ－gold", "vip\u{200b}-gold", "VIP‑Gold\u{a0}"] {
        let verdict = evaluate(&by_tag, &json!({ "numbers.tags": ["other", tag] }));
        assert_eq!(verdict.action, Action::Hold, "{tag:?}");
    }
    let spellings = ["073H", " 073h\u{a0}", "０７３Ｈ", "073\u{200b}H", "073&#72;"];
    for listed in spellings {
        let list = format!("[lists.held]\ntype = \"spid\"\nvalues = [{}]\n", quoted(listed));
        let rules = held_by("carrier.spid = \"@held\"", &list);
        for given in spellings {
            assert_eq!(
                action(&rules, "carrier.spid", given),
                Action::Hold,
                "{listed:?} {given:?}"
            );
        }
    }
}

#[test]
fn letters_of_another_alphabet_stay_others() {
    let rules = held_by("carrier.name = \"Acme\"", "");
    assert_eq!(action(&rules, "carrier.name", "\u{410}cme"), Action::Authorize);
}

#[test]
fn lints_see_that_two_spellings_are_one_text() {
    let rendered = |text: &str| {
        let findings = checked(load(text));
        findings.iter().map(|finding| finding.code).collect::<Vec<_>>()
    };
    let taken = rendered(
        "[[rule]]\nid = \"a\"\nmatch.carrier.name = \"Smith & Sons\"\naction = \"hold\"\n\
         [[rule]]\nid = \"b\"\nmatch.carrier.name = \"smith\u{a0}&amp; sons\"\nmatch.pin = \"right\"\naction = \"authorize\"\n",
    );
    assert!(
        taken.contains(&Code::UnreachableRule) && taken.contains(&Code::Respelled),
        "{taken:?}"
    );
    let double = rendered(
        "[lists.held]\ntype = \"text\"\nvalues = [{ value = \"O’Brien\", expires = 2099-01-31 }, \"O'Brien\"]\n\
         [[rule]]\nid = \"a\"\nmatch.carrier.name = \"@held\"\naction = \"hold\"\n",
    );
    assert!(double.contains(&Code::ContradictoryList), "{double:?}");
}

#[test]
fn a_warning_about_folded_text_can_be_silenced_and_plain_text_has_none() {
    let rendered = |values: &str, allow: &str| {
        let text = format!(
            "[lists.held]\ntype = \"text\"\nvalues = [{values}]\n{allow}\n\
             [[rule]]\nid = \"a\"\nmatch.carrier.name = \"@held\"\naction = \"hold\"\n"
        );
        let findings = checked(load(&text));
        findings.iter().any(|finding| finding.code == Code::Respelled)
    };
    assert!(rendered("\"O’Brien\"", ""));
    assert!(!rendered(
        "\"O’Brien\"",
        "allow.R124 = \"pasted from their site\""
    ));
    assert!(!rendered(
        r#""Onvoy", " ONVOY* ", "Ünal", "Straße", "A & B", '/on(voy|ix)\.*/', "王""#,
        ""
    ));
}

#[test]
fn an_entry_is_edited_by_any_spelling_of_its_value() {
    let text = "[lists.held]\ntype = \"text\"\nvalues = [\"Smith &amp; Sons\", \"other\"]\n\
        [[rule]]\nid = \"a\"\nmatch.carrier.name = \"@held\"\naction = \"hold\"\n";
    let loaded = load(text).unwrap();
    let edit = |edit: &ListEdit| edit_list(&loaded, "held", edit, super::now()).unwrap();
    let value = || "SMITH\u{a0}& Sons".to_owned();
    let removed = edit(&ListEdit::Remove { value: value() });
    assert_eq!(removed.done, Done::Removed);
    assert!(
        !removed.files[0].text.contains("Smith"),
        "{}",
        removed.files[0].text
    );
    let added = edit(&ListEdit::Add {
        value: value(),
        note: None,
        until: None,
    });
    assert_eq!(added.done, Done::WasThere);
}

#[test]
fn a_trace_escapes_invisible_characters() {
    let rules = held_by("carrier.name = \"Smith\\u00a0Sons\"", "");
    let verdict = evaluate(&rules, &json!({ "carrier.name": "Smith\u{200b}\u{1b}[2J\nSons" }));
    let entry = verdict.entries().next().unwrap();
    assert_eq!(entry.wanted.unwrap().to_string(), r#""Smith\u00a0Sons""#);
    assert_eq!(entry.was.as_deref(), Some(r"Smith\u{200b}\u{1b}[2J\nSons"));
    let lines = verdict.trace_lines().concat();
    assert_eq!(folding::shown(&lines), lines);
}

/// A text with spellings of its characters that are compared alike.
fn respelled(text: &'static str) -> impl Strategy<Value = String> {
    let blanks = prop::sample::select(vec![" ", "  ", "\u{a0}", "\u{2003}", "\t", "&nbsp;", "\u{200b} "]);
    let dashes = prop::sample::select(vec!["-", "–", "—", "−", "－", "&mdash;", "\u{2011}"]);
    let quotes = prop::sample::select(vec!["'", "’", "‘", "ʼ", "＇", "&#39;", "`"]);
    let dropped = prop::sample::select(vec![
        "", "", "\u{200b}", "\u{ad}", "\u{202e}", "\u{2060}", "\u{1b}",
    ]);
    let signs = prop::collection::vec((blanks, dashes, quotes, dropped, any::<bool>()), text.len());
    signs.prop_map(move |signs| {
        let one = |(c, (blank, dash, quote, dropped, upper)): (char, (&str, &str, &str, &str, bool))| {
            let spelt = match c {
                ' ' => blank.to_owned(),
                '-' => dash.to_owned(),
                '\'' => quote.to_owned(),
                '&' if upper => "&amp;".to_owned(),
                c if upper => c.to_uppercase().to_string(),
                c => c.to_string(),
            };
            format!("{dropped}{spelt}")
        };
        text.chars().zip(signs).map(one).collect()
    })
}

proptest! {
    #[test]
    fn the_spelling_of_a_fact_or_a_pattern_never_changes_a_verdict(
        fact in respelled("o'brien & sons-tel"),
        literal in respelled("o'brien & sons-tel"),
        part in respelled("brien & sons"),
    ) {
        for pattern in [literal.clone(), format!("*{part}*"), format!("/.*{}.*/", part.trim())] {
            let rules = held_by(&format!("carrier.name = {}", quoted(&pattern)), "");
            prop_assert_eq!(action(&rules, "carrier.name", &fact), Action::Hold, "{:?} {:?}", pattern, fact);
        }
    }
}
