//! Any bytes in a rule file or a list lead to findings that point into their lines, or to complete rules.

use std::fs;
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::Index;
use toml::de::{DeTable, DeValue};

use super::{checked, now};
use crate::rules::diagnostics::finding::Findings;
use crate::rules::diagnostics::render::TextStyle;
use crate::rules::load::Loaded;
use crate::rules::model::rule_set::RuleSet;
use crate::rules::source::sources::Sources;

/// The shipped rules and all the broken files.
static TEXTS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut names: Vec<_> = fs::read_dir("tests/broken")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    names.sort_unstable();
    // The shipped file has the most to break.
    let broken = names.iter().map(|path| fs::read(path).unwrap());
    let broken = broken.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let shipped = std::iter::repeat_n(include_str!("../../../rules.toml").to_owned(), 20);
    shipped.chain(broken).collect()
});

const LIST: &str = "value,note,expires\n+13125550123,\"a lock, by phone\",2031-01-31\n\"(312) 555-0124\",,\n+1773*,all,\n+13125550125,,2020-01-31\n";
const RULES_WITH_LIST: &str = "version = 1\n[lists.locked]\ntype = \"number\"\nfile = \"locked.csv\"\n[[rule]]\nid = \"locked\"\nmatch.numbers.any_in = \"@locked\"\naction = \"hold\"\n";

/// A way to damage a text.
#[derive(Debug, Clone)]
enum Damage {
    Delete(Index, usize),
    Insert(Index, String),
    DeleteLine(Index),
    DoubleLine(Index),
    SwapLines(Index, Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    let sign = "[\\[\\]{}()=\"'.,:;@#*/\\\\0-9a-z \\t\\r\n\u{a0}“≥é\u{feff}]{1,4}";
    prop_oneof![
        (any::<Index>(), 1_usize..20).prop_map(|(at, count)| Damage::Delete(at, count)),
        (any::<Index>(), sign).prop_map(|(at, text)| Damage::Insert(at, text)),
        any::<Index>().prop_map(Damage::DeleteLine),
        any::<Index>().prop_map(Damage::DoubleLine),
        (any::<Index>(), any::<Index>()).prop_map(|(a, b)| Damage::SwapLines(a, b)),
    ]
}

impl Damage {
    fn inflict(&self, text: &str) -> String {
        let mut signs: Vec<char> = text.chars().collect();
        let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
        match self {
            Self::Delete(at, count) => {
                let start = at.index(signs.len() + 1);
                signs.drain(start..(start + count).min(signs.len()));
                signs.into_iter().collect()
            }
            Self::Insert(at, put) => {
                let at = at.index(signs.len() + 1);
                signs.splice(at..at, put.chars());
                signs.into_iter().collect()
            }
            _ if lines.is_empty() => String::new(),
            Self::DeleteLine(at) => {
                lines.remove(at.index(lines.len()));
                lines.concat()
            }
            Self::DoubleLine(at) => {
                let at = at.index(lines.len());
                lines.insert(at, lines[at]);
                lines.concat()
            }
            Self::SwapLines(a, b) => {
                let count = lines.len();
                lines.swap(a.index(count), b.index(count));
                lines.concat()
            }
        }
    }
}

fn damaged(text: &str, damages: &[Damage]) -> String {
    damages
        .iter()
        .fold(text.to_owned(), |text, damage| damage.inflict(&text))
}

/// Lines that look like those of a rule file.
fn toml_like() -> impl Strategy<Value = String> {
    let heading = "\\[{0,3}(rule|test|defaults|lists\\.a|rule\\.match|x)\\]{0,3}";
    let key = "(match\\.|unless\\.|given\\.|reject\\.|allow\\.)?(id|pin|action|because|carrier\\.spid|numbers\\.(count|any_in|ours)|foc_in|expires|version|timezone|type|values|file|name|expect|by|unknown|now|R10[0-9])";
    let value = "(\"[a-z@*/ 0-9<>=.+-]{0,12}\"|[0-9+.:-]{0,12}|true|\\[\"073H\", 6529\\]|\\{ value = \"x\" \\}|\"(hold|wrong|spid|number|073H|@a|>= 3|2027-01-31)\"|1|2027-0[1-3]-[0-3][0-9])";
    let pair = (key, " ?(=|==|:|>=)? ?", value).prop_map(|(key, sign, value)| format!("{key}{sign}{value}"));
    let line = prop_oneof![2 => heading.prop_map(String::from), 8 => pair, 1 => "\\PC{0,20}"];
    proptest::collection::vec(line, 0..20).prop_map(|lines| format!("version = 1\n{}\n", lines.join("\n")))
}

fn load(text: &str, list: &str) -> Result<Loaded, Findings> {
    let lists = [("locked.csv".to_owned(), list.to_owned())];
    RuleSet::from_sources(&Sources::in_memory("rules.toml", text, lists), now())
}

/// What has to be so however a file was loaded.
fn assert_sound(text: &str, result: Result<Loaded, Findings>) {
    if let Ok(loaded) = &result {
        assert_eq!(
            loaded.rules.rules().len(),
            tables(text, "rule"),
            "a rule is lost:\n{text}"
        );
        assert_eq!(
            loaded.rules.test_count(),
            tables(text, "test"),
            "a test is lost:\n{text}"
        );
        assert!(
            loaded.rules.rules().iter().all(|rule| !rule.id().is_empty()),
            "{text}"
        );
        assert!(
            DeTable::parse(text).unwrap().get_ref().contains_key("version"),
            "{text}"
        );
    }
    let was_refused = result.is_err();
    let findings = checked(result);
    assert_eq!(was_refused, findings.has_errors(), "{text}");
    for finding in findings.iter() {
        let line = &finding.excerpt.line;
        let signs = line.chars().count();
        let place = format!(
            "{} to {} in `{line}` of\n{text}",
            finding.place(),
            finding.end_column
        );
        assert!(finding.line >= 1 && finding.column >= 1, "{place}");
        assert!(
            finding.column <= finding.end_column && finding.end_column <= signs + 1,
            "{place}"
        );
        if finding.file == "rules.toml" {
            let shown = text.lines().nth(finding.line - 1).unwrap_or_default();
            assert_eq!(shown, &**line, "{place}");
        }
        assert!(finding.help.is_some(), "{place}");
    }
    let _ = findings.to_text(TextStyle::Plain);
    let _ = findings.to_text(TextStyle::Colored);
}

/// How many tables of this name a text has.
fn tables(text: &str, key: &str) -> usize {
    let table = DeTable::parse(text).unwrap();
    match table.get_ref().get(key).map(toml::Spanned::get_ref) {
        Some(DeValue::Array(tables)) => tables.len(),
        _ => 0,
    }
}

proptest! {
    #[test]
    fn any_text_loads_or_is_reported(text in "\\PC*|([a-z_.@\\[\\]{}=\"0-9,\n -]){0,200}") {
        assert_sound(&text, load(&text, ""));
    }

    #[test]
    fn text_that_looks_like_rules_loads_or_is_reported(text in toml_like()) {
        assert_sound(&text, load(&text, LIST));
    }

    #[test]
    fn a_damaged_file_loads_or_is_reported(at in any::<Index>(), damages in proptest::collection::vec(damage(), 1..5)) {
        let text = damaged(at.get::<String>(&TEXTS), &damages);
        assert_sound(&text, load(&text, LIST));
    }

    #[test]
    fn a_damaged_list_loads_or_is_reported(damages in proptest::collection::vec(damage(), 1..5)) {
        assert_sound(RULES_WITH_LIST, load(RULES_WITH_LIST, &damaged(LIST, &damages)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_on_disk_load_or_are_reported(
        rules in proptest::collection::vec(any::<u8>(), 0..200),
        list in proptest::collection::vec(any::<u8>(), 0..200),
        csv in any::<bool>(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rules.toml");
        let list_name = if csv { "locked.csv" } else { "locked.txt" };
        fs::write(folder.path().join(list_name), &list).unwrap();
        for text in [rules.as_slice(), RULES_WITH_LIST.replace("locked.csv", list_name).as_bytes()] {
            fs::write(&path, text).unwrap();
            assert_sound(&String::from_utf8_lossy(text), RuleSet::load(&path, now()));
        }
    }
}
