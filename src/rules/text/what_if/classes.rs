//! Values that lead to the same verdict, in one line.

use super::answer::{Answer, verdict_text};
use super::case::Case;
use super::words;
use crate::rules::evaluate::verdict::Verdict;
use crate::rules::facts::known::Facts;

/// The maximum number of kinds of values that are listed.
const MOST: usize = 64;
/// More parts than this are counted, not listed.
const MOST_PARTS: usize = 4;

/// The values for which the same conditions hold.
struct Class {
    /// For each condition whether it holds.
    holding: Vec<bool>,
    verdict: Verdict,
    verdict_text: String,
}

/// Groups candidates by the conditions that hold for them, and evaluates each group.
pub(super) fn answers(case: &Case<'_>, candidates: impl IntoIterator<Item = Facts>) -> Vec<Answer> {
    let mut classes: Vec<Class> = Vec::new();
    for facts in candidates {
        let holding = case.holding(&facts);
        if classes.len() == MOST {
            break;
        }
        if !classes.iter().any(|class| class.holding == holding) {
            let verdict = case.evaluate(&facts);
            let verdict_text = verdict_text(&verdict);
            classes.push(Class {
                holding,
                verdict,
                verdict_text,
            });
        }
    }
    // Values that meet no condition are listed last, as the rest.
    classes.sort_by_key(Class::is_rest);
    grouped(case, &classes)
}

/// Classes with one verdict are one answer.
fn grouped(case: &Case<'_>, classes: &[Class]) -> Vec<Answer> {
    let mut groups: Vec<Vec<&Class>> = Vec::new();
    for class in classes {
        let same = |group: &&mut Vec<&Class>| group.iter().any(|one| one.verdict_text == class.verdict_text);
        match groups.iter_mut().find(same) {
            Some(group) => group.push(class),
            None => groups.push(vec![class]),
        }
    }
    groups.sort_by_key(|group| group.iter().any(|class| class.is_rest()));
    let answer = |group: Vec<&Class>| {
        let first = group.first()?;
        Some(Answer {
            values: values(case, classes, &group),
            verdict: first.verdict.clone(),
        })
    };
    groups.into_iter().filter_map(answer).collect()
}

fn values(case: &Case<'_>, classes: &[Class], group: &[&Class]) -> String {
    if group.iter().any(|class| class.is_rest()) {
        return rest(case, classes).to_owned();
    }
    let plain = |class: &&&Class| class.beyond(classes).is_empty();
    let is_part_of = |class: &Class, other: &Class| class.has_all_of(other) && class.holding != other.holding;
    // A value that is `in @a and in @b` is covered by the values that are `in @a`.
    let is_covered = |class: &&&Class| group.iter().filter(plain).any(|other| is_part_of(class, other));
    let classes_to_show = group.iter().filter(|class| !is_covered(class));
    let mut parts: Vec<String> = classes_to_show.map(|class| class.words(case, classes)).collect();
    let more = parts.len().saturating_sub(MOST_PARTS);
    parts.truncate(MOST_PARTS);
    if more > 0 {
        parts.push(format!("{more} more cases"));
    }
    parts.join("; ")
}

/// The rest is `anything else` only if every condition was seen to hold for some value.
fn rest(case: &Case<'_>, classes: &[Class]) -> &'static str {
    let seen = |place: usize| {
        classes
            .iter()
            .any(|class| class.holding.get(place) == Some(&true))
    };
    if classes.len() < MOST && (0..case.conditions.len()).all(seen) {
        "anything else"
    } else {
        "a value that no rule names"
    }
}

impl Class {
    fn is_rest(&self) -> bool {
        !self.holding.contains(&true)
    }

    /// The conditions that hold, and of those that do not the ones that would lead elsewhere if they did.
    fn words(&self, case: &Case<'_>, classes: &[Self]) -> String {
        let beyond = self.beyond(classes);
        let conditions = case.conditions.iter().enumerate();
        let (mut held, mut not) = (Vec::new(), Vec::new());
        for (place, condition) in conditions {
            if self.holding.get(place) == Some(&true) {
                held.push(words::of(condition));
            } else if beyond.iter().any(|other| other.holding.get(place) == Some(&true)) {
                let words = words::of(condition);
                not.push(if condition.expected.is_choice() {
                    format!("not ({words})")
                } else {
                    format!("not {words}")
                });
            }
        }
        held.append(&mut not);
        held.join(" and ")
    }

    /// The classes that meet all conditions that this one meets, and lead elsewhere.
    fn beyond<'c>(&self, classes: &'c [Self]) -> Vec<&'c Self> {
        let beyond = |other: &&Self| other.verdict_text != self.verdict_text && other.has_all_of(self);
        classes.iter().filter(beyond).collect()
    }

    fn has_all_of(&self, other: &Self) -> bool {
        let pairs = self.holding.iter().zip(&other.holding);
        pairs.into_iter().all(|(mine, theirs)| *mine || !theirs)
    }
}
