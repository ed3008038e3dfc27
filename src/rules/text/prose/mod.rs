//! Rules as English sentences, for people who read a rule file that someone else has written.

mod amount;
mod phrase;

use jiff::{SignedDuration, Timestamp};

use crate::domain::Action;
use crate::rules::lists::expiry::Expiry;
use crate::rules::model::defaults::AtDecideBy;
use crate::rules::model::rule::{Rule, RuleMode};
use crate::rules::model::rule_set::RuleSet;
use crate::rules::values::duration;

pub(crate) use amount::amounts;
pub(crate) use phrase::phrase;

/// A rule as a sentence.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RuleInWords {
    /// Its position in the file, counted from 1: rules are evaluated in this order.
    pub place: usize,
    /// The rule's id.
    pub id: String,
    /// Whether it decides.
    pub mode: RuleMode,
    /// The instant from which it is no longer active.
    pub until: Option<Timestamp>,
    /// The last day on which it is active, in the time zone of the rules; with a time if it ends during a day.
    pub last_day: Option<String>,
    /// The sentence, such as `If the PIN is wrong, reject (pin-invalid).`
    pub sentence: String,
}

impl RuleSet {
    /// The rules as sentences, in the order in which they are evaluated.
    #[must_use]
    pub fn prose(&self) -> Vec<RuleInWords> {
        let rules = self.rules().iter().enumerate();
        rules
            .map(|(at, rule)| RuleInWords {
                place: at + 1,
                id: rule.id.clone(),
                mode: rule.mode,
                until: match rule.until {
                    Expiry::Forever => None,
                    Expiry::Instant(instant) => Some(instant),
                },
                last_day: self.last_day(rule.until),
                sentence: sentence(rule),
            })
            .collect()
    }

    /// The defaults, one sentence each.
    #[must_use]
    pub fn defaults_in_words(&self) -> Vec<String> {
        let defaults = self.defaults();
        let within = duration::format(defaults.decide_within);
        let then = match defaults.at_decide_by {
            AtDecideBy::Notify => "people are notified and it stays on hold",
            AtDecideBy::Authorize => "it is authorized",
            AtDecideBy::Reject => "it is rejected",
        };
        vec![
            format!("If no rule decides, {}.", done(defaults.no_match)),
            format!(
                "If a missing fact could change the outcome, {}.",
                done(defaults.on_unknown)
            ),
            format!("If an order is still on hold {within} after it arrived at Telnyx, {then}."),
        ]
    }

    fn last_day(&self, until: Expiry) -> Option<String> {
        let Expiry::Instant(instant) = until else {
            return None;
        };
        let end = self.zone().to_datetime(instant);
        let last = self
            .zone()
            .to_datetime(instant.checked_sub(SignedDuration::from_nanos(1)).ok()?);
        Some(if last.date() == end.date() {
            format!("{} {}", end.date(), end.strftime("%H:%M"))
        } else {
            last.date().to_string()
        })
    }
}

impl RuleInWords {
    /// The rule as one line at an instant:
    /// `8. burst (in shadow mode: recorded, never decides; until 2031-03-01): If …`.
    #[must_use]
    pub fn line(&self, now: Timestamp) -> String {
        let mut marks: Vec<String> = Vec::new();
        match self.mode {
            RuleMode::Enforce => {}
            RuleMode::Shadow => marks.push("in shadow mode: recorded, never decides".to_owned()),
            RuleMode::Off => marks.push("off".to_owned()),
        }
        if let (Some(until), Some(day)) = (self.until, &self.last_day) {
            let past = now >= until;
            marks.push(format!(
                "{} {day}",
                if past {
                    "expired, was active until"
                } else {
                    "until"
                }
            ));
        }
        let marks = if marks.is_empty() {
            String::new()
        } else {
            format!(" ({})", marks.join("; "))
        };
        format!("{}. {}{marks}: {}", self.place, self.id, self.sentence)
    }
}

/// `If the PIN is wrong, reject (pin-invalid).`
fn sentence(rule: &Rule) -> String {
    let matching: Vec<String> = rule.matching.iter().map(phrase).collect();
    let unless: Vec<String> = rule.unless.iter().map(phrase).collect();
    let unless = match unless.as_slice() {
        [] => String::new(),
        phrases => format!(", unless {}", phrases.join(" or ")),
    };
    // An "or" inside a part would be ambiguous without a comma.
    let and = if rule
        .matching
        .iter()
        .any(|condition| condition.expected.is_choice())
    {
        ", and "
    } else {
        " and "
    };
    format!("If {}{unless}, {}.", matching.join(and), consequence(rule))
}

fn consequence(rule: &Rule) -> String {
    let mut text = done(rule.action()).to_owned();
    if let Some(cause) = rule.cause() {
        text = format!("{text} ({cause})");
    }
    if rule.consequence.host_messaging == Some(true) {
        text.push_str(", and messaging stays at Telnyx");
    }
    match rule.notify() {
        [] => text,
        people => format!("{text}, and notify {}", people.join(" and ")),
    }
}

fn done(action: Action) -> &'static str {
    match action {
        Action::Authorize => "authorize",
        Action::Reject => "reject",
        Action::Hold => "hold for a person",
    }
}
