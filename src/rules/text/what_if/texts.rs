//! Values to try for facts that are text. Every value that a condition names is tried, and for each pattern a text
//! that matches it, alone and beside others.

use serde_json::json;

use super::case::Case;
use crate::rules::evaluate::turning_points::{MOST_VALUES, spid_sets, text_sets};
use crate::rules::facts::known::Facts;
use crate::rules::lists::list::{SpidSet, TextSet};

/// Examples of more patterns than this are not put together.
const MOST_TOGETHER: usize = 8;
/// Texts that hardly any rule names.
const OTHERS: [&str; 4] = ["anything else", "", "0", "something quite different"];

pub(super) fn spids(case: &Case<'_>) -> Vec<Facts> {
    let sets = case
        .conditions
        .iter()
        .flat_map(|condition| spid_sets(&condition.test));
    let named = sets.flat_map(SpidSet::iter).take(MOST_VALUES);
    let others = ["NONE", "OTHER", "0", "Z-Z-Z"].map(str::to_owned);
    let named = named.map(|spid| spid.as_str().to_owned());
    let each = others.into_iter().chain(named);
    each.filter_map(|spid| case.with(&json!(spid))).collect()
}

pub(super) fn texts(case: &Case<'_>) -> Vec<Facts> {
    let texts = tried(case, &OTHERS);
    texts.iter().filter_map(|text| case.with(&json!(text))).collect()
}

/// Several tags together can meet several conditions.
pub(super) fn tags(case: &Case<'_>) -> Vec<Facts> {
    let tags = apart(case, tried(case, &OTHERS));
    let none = std::iter::once(Vec::new());
    let sets = none.chain(together(&tags));
    sets.filter_map(|tags| case.with(&json!(tags))).collect()
}

/// Every country must be accepted, so several countries can meet fewer conditions than one.
pub(super) fn countries(case: &Case<'_>) -> Vec<Facts> {
    let countries = apart(case, tried(case, &["ZZ", "XX", "AA", "QQ"]));
    let upper: Vec<String> = countries.iter().map(|text| text.to_uppercase()).collect();
    together(&upper)
        .filter_map(|countries| case.with(&json!(countries)))
        .collect()
}

/// Texts to try.
fn tried(case: &Case<'_>, others: &[&str]) -> Vec<String> {
    let now = case.verdict.trace.now;
    let sets: Vec<&TextSet> = case
        .conditions
        .iter()
        .flat_map(|condition| text_sets(&condition.test))
        .collect();
    let examples: Vec<String> = sets
        .iter()
        .flat_map(|set| set.examples(now))
        .take(MOST_VALUES)
        .collect();
    let literals = sets.iter().flat_map(|set| set.literals()).take(MOST_VALUES);
    let mut tried: Vec<String> = others.iter().map(|text| (*text).to_owned()).collect();
    tried.extend(literals.map(|text| text.as_str().to_owned()));
    for one in examples.iter().take(MOST_TOGETHER) {
        let others = examples.iter().take(MOST_TOGETHER).filter(|other| *other != one);
        tried.extend(others.flat_map(|other| [format!("{one}{other}"), format!("{one} {other}")]));
    }
    tried.extend(examples);
    tried
}

/// Of the texts that the conditions answer alike, one.
fn apart(case: &Case<'_>, texts: Vec<String>) -> Vec<String> {
    let mut seen: Vec<Vec<bool>> = Vec::new();
    let mut kept = Vec::new();
    for text in texts {
        let Some(facts) = case.with(&json!([text])) else {
            continue;
        };
        let holding = case.holding(&facts);
        if !seen.contains(&holding) {
            seen.push(holding);
            kept.push(text);
        }
    }
    kept.truncate(MOST_TOGETHER * 2);
    kept
}

/// Every one, two and three of them, and all.
fn together(texts: &[String]) -> impl Iterator<Item = Vec<&String>> {
    let places = 0..texts.len();
    let threes = places.clone().flat_map(move |a| {
        let places = a..texts.len();
        places.flat_map(move |b| (b..texts.len()).map(move |c| [a, b, c]))
    });
    let picked = threes.map(|mut places| {
        places.sort_unstable();
        let mut picked: Vec<&String> = places.iter().filter_map(|place| texts.get(*place)).collect();
        picked.dedup();
        picked
    });
    picked.chain(std::iter::once(texts.iter().collect()))
}
