//! Conditions as parts of sentences.

use super::amount::{amounts, spans};
use crate::domain::IdentityCheck;
use crate::rules::facts::fact::{Fact, Ours};
use crate::rules::facts::field::FactWords;
use crate::rules::model::condition::{Condition, Quantifier, Test};
use crate::rules::text::written::{Written, listed_with, values};
use crate::rules::values::comparison::Comparison;

/// A condition as a clause that says that it holds.
pub(crate) fn phrase(condition: &Condition) -> String {
    match &condition.test {
        Test::Spid(_) | Test::Text(_) | Test::Countries(_) | Test::Tags(_) => {
            format!("{} {}", subject(condition.fact), likeness(condition))
        }
        Test::Numbers(quantifier, _) => {
            let which = match quantifier {
                Quantifier::Any => "a number",
                Quantifier::All => "every number",
                Quantifier::None => "no number",
            };
            format!("{which} {}", likeness(condition))
        }
        Test::Count(wanted) => count(condition.fact, wanted),
        Test::Span(wanted) => format!("{} is {} away", subject(condition.fact), spans(wanted)),
        Test::Flag(wanted) => flag(condition.fact, wanted),
        Test::Ours(wanted) => ours(wanted),
        Test::Check(wanted) => check(subject(condition.fact), wanted),
    }
}

fn subject(fact: Fact) -> &'static str {
    match fact.words() {
        FactWords::Noun(noun) => noun,
        FactWords::Claims(..) | FactWords::Amount(..) => fact.name(),
    }
}

fn count(fact: Fact, wanted: &[Comparison<u64>]) -> String {
    match fact.words() {
        FactWords::Amount(sentence, thing) => sentence.replace("{}", &amounts(wanted, thing)),
        FactWords::Noun(_) | FactWords::Claims(..) => amounts(wanted, fact.name()),
    }
}

/// `is 073H or 6529, is like "On*", matches /on(voy|ix)/ or is in the list partners (3 entries)`
fn likeness(condition: &Condition) -> String {
    let is_tag = matches!(condition.test, Test::Tags(_));
    let (mut literals, mut others) = (Vec::new(), Vec::new());
    for value in values(condition) {
        match (value, &condition.test) {
            (Written::Literal(text), Test::Text(_)) => literals.push(format!("\"{text}\"")),
            (Written::Literal(text), _) => literals.push(text),
            (Written::Prefix(start), _) => others.push(format!("begins with {start}")),
            (Written::Wild(text), _) if is_tag => others.push(format!("is tagged like \"{text}\"")),
            (Written::Wild(text), _) => others.push(format!("is like \"{text}\"")),
            (Written::Expression(text), _) if is_tag => others.push(format!("has a tag that matches {text}")),
            (Written::Expression(text), _) => others.push(format!("matches {text}")),
            (Written::List(name, entries), _) => {
                let what = if is_tag { "has a tag that is" } else { "is" };
                others.push(format!("{what} in the list {name} ({})", counted(entries)));
            }
        }
    }
    if !literals.is_empty() {
        let what = if is_tag { "is tagged" } else { "is" };
        others.insert(0, format!("{what} {}", listed_with("or", &literals)));
    }
    listed_with("or", &others)
}

fn counted(entries: usize) -> String {
    match entries {
        1 => "1 entry".to_owned(),
        _ => format!("{entries} entries"),
    }
}

fn flag(fact: Fact, wanted: &[bool]) -> String {
    let FactWords::Claims(yes, no) = fact.words() else {
        return fact.name().to_owned();
    };
    match (wanted.contains(&true), wanted.contains(&false)) {
        (true, false) => yes.to_owned(),
        (false, true) => no.to_owned(),
        _ => format!("{yes} or not"),
    }
}

fn ours(wanted: &[Ours]) -> String {
    let words: Vec<String> = wanted.iter().map(ToString::to_string).collect();
    match wanted {
        [Ours::Some] => "some of the numbers are in the register and some are not".to_owned(),
        _ => format!("{} of the numbers are in the register", listed_with("or", &words)),
    }
}

/// `the PIN is right or not given, or there is none on file`
fn check(subject: &str, wanted: &[IdentityCheck]) -> String {
    let word = |check: &IdentityCheck| match check {
        IdentityCheck::Right => Some("right".to_owned()),
        IdentityCheck::Wrong => Some("wrong".to_owned()),
        IdentityCheck::NotGiven => Some("not given".to_owned()),
        IdentityCheck::NoneOnFile => None,
    };
    let words: Vec<String> = wanted.iter().filter_map(word).collect();
    match (words.is_empty(), wanted.contains(&IdentityCheck::NoneOnFile)) {
        (true, _) => format!("there is no {subject} on file"),
        (false, false) => format!("the {subject} is {}", listed_with("or", &words)),
        (false, true) => format!(
            "the {subject} is {} or there is none on file",
            listed_with("or", &words)
        ),
    }
}
