//! The history of the rules for people: which rule set was in effect from when to when, through whom and why.

use jiff::Timestamp;

use crate::domain::RuleSetMove;
use crate::store::RuleSetEvent;

/// A period in which a rule set was in effect, or a rule set that is proposed or evaluated in shadow mode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleVersion {
    /// The rule set.
    pub hash: [u8; 32],
    /// Its state.
    pub standing: Standing,
    /// The start of the period.
    pub from: Timestamp,
    /// The end of the period, if it is over.
    pub until: Option<Timestamp>,
    /// Who loaded it, or who proposed it if another person approved it.
    pub by: String,
    /// Who approved it, if approval was required.
    pub approved_by: Option<String>,
    /// The reason of the person who loaded it.
    pub because: Option<String>,
}

/// The state of a rule set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::Display, serde::Serialize)]
#[strum(serialize_all = "kebab-case")]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It waits for approval by another person.
    Proposed,
    /// It is the latest one evaluated in shadow mode.
    Candidate,
    /// It is active.
    InForce,
    /// It was active until another one replaced it.
    Past,
}

/// Converts the events, newest first, to versions: the proposed one, the candidate, then those in effect, newest first.
#[must_use]
pub fn rule_versions(events: Vec<RuleSetEvent>) -> Vec<RuleVersion> {
    let mut history = History::default();
    events.into_iter().rev().for_each(|event| history.take(event));
    let in_force = history.in_force.into_iter().rev();
    history
        .proposed
        .into_iter()
        .chain(history.candidate)
        .chain(in_force)
        .collect()
}

#[derive(Debug, Default)]
struct History {
    proposed: Option<RuleVersion>,
    approved: Option<RuleSetEvent>,
    candidate: Option<RuleVersion>,
    in_force: Vec<RuleVersion>,
}

impl History {
    fn take(&mut self, event: RuleSetEvent) {
        match event.event {
            RuleSetMove::Proposed => self.proposed = Some(version(event, Standing::Proposed)),
            RuleSetMove::Approved => self.approved = Some(event),
            RuleSetMove::Shadow => self.candidate = Some(version(event, Standing::Candidate)),
            RuleSetMove::InForce => self.put_in_force(event),
        }
    }

    fn put_in_force(&mut self, event: RuleSetEvent) {
        let approved = self.approved.take().filter(|one| one.hash == event.hash);
        self.proposed = None;
        // A candidate that takes effect is no longer a candidate.
        self.candidate = self.candidate.take().filter(|one| one.hash != event.hash);
        if let Some(last) = self.in_force.last_mut() {
            if last.hash == event.hash {
                // It was active already, and a person has given a reason.
                if event.because.is_some() {
                    (last.by, last.because) = (event.actor, event.because);
                }
                return;
            }
            last.standing = Standing::Past;
            last.until = Some(event.at);
        }
        self.in_force.push(RuleVersion {
            approved_by: approved.map(|one| one.actor),
            ..version(event, Standing::InForce)
        });
    }
}

fn version(event: RuleSetEvent, standing: Standing) -> RuleVersion {
    RuleVersion {
        hash: event.hash,
        standing,
        from: event.at,
        until: None,
        by: event.actor,
        approved_by: None,
        because: event.because,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// The versions after these events, one line each: standing, rule set, from, until, by, approved by, reason.
    fn told(events: &[(RuleSetMove, u8, &str, &str)]) -> Vec<String> {
        let events = events.iter().zip(1..);
        let events = events.map(|((event, hash, actor, because), second)| RuleSetEvent {
            hash: [*hash; 32],
            event: *event,
            at: at(second),
            actor: (*actor).to_owned(),
            because: (!because.is_empty()).then(|| (*because).to_owned()),
        });
        let mut events: Vec<_> = events.collect();
        events.reverse();
        let line = |one: RuleVersion| {
            let until = one.until.map_or(0, Timestamp::as_second);
            format!(
                "{} {} {}..{until} {} {} {}",
                one.standing,
                one.hash[0],
                one.from.as_second(),
                one.by,
                one.approved_by.as_deref().unwrap_or("-"),
                one.because.as_deref().unwrap_or("-"),
            )
        };
        rule_versions(events).into_iter().map(line).collect()
    }

    #[test]
    fn each_version_is_in_force_until_the_next_is() {
        use RuleSetMove::InForce;
        let events = [
            (InForce, 1, "ann", "first"),
            (InForce, 2, "bob", ""),
            (InForce, 1, "ann", "back"),
        ];
        assert_eq!(
            told(&events),
            [
                "in-force 1 3..0 ann - back",
                "past 2 2..3 bob - -",
                "past 1 1..2 ann - first"
            ]
        );
    }

    #[test]
    fn a_reason_told_later_stays_with_the_version_in_force() {
        use RuleSetMove::InForce;
        let events = [
            (InForce, 1, "file change", ""),
            (InForce, 1, "ann", "T-17"),
            (InForce, 1, "SIGHUP", ""),
        ];
        assert_eq!(told(&events), ["in-force 1 1..0 ann - T-17"]);
    }

    #[test]
    fn a_proposal_waits_until_it_or_another_is_in_force() {
        use RuleSetMove::{Approved, InForce, Proposed};
        let proposed = [
            (InForce, 1, "ann", ""),
            (Proposed, 2, "ann", ""),
            (Proposed, 3, "ann", "T-3"),
        ];
        assert_eq!(
            told(&proposed),
            ["proposed 3 3..0 ann - T-3", "in-force 1 1..0 ann - -"]
        );
        let approved = [
            (InForce, 1, "ann", ""),
            (Proposed, 2, "ann", "T-2"),
            (Approved, 2, "bob", "read"),
            (InForce, 2, "ann", "T-2"),
        ];
        assert_eq!(
            told(&approved),
            ["in-force 2 4..0 ann bob T-2", "past 1 1..4 ann - -"]
        );
    }

    #[test]
    fn a_candidate_is_told_until_it_is_put_in_force() {
        use RuleSetMove::{InForce, Shadow};
        let events = [(InForce, 1, "ann", ""), (Shadow, 2, "file change", "")];
        assert_eq!(
            told(&events),
            ["candidate 2 2..0 file change - -", "in-force 1 1..0 ann - -"]
        );
        let events = [(Shadow, 2, "ann", ""), (InForce, 2, "ann", "")];
        assert_eq!(told(&events), ["in-force 2 2..0 ann - -"]);
    }
}
