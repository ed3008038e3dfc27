//! Finds rules that authorize without checking who the subscriber is.

use super::run::{Lint, Subject};
use crate::domain::{Action, IdentityCheck};
use crate::rules::diagnostics::code::Code;
use crate::rules::facts::fact::Fact;
use crate::rules::model::condition::Test;
use crate::rules::model::rule::Rule;

const IDENTITY: [Fact; 4] = [Fact::Pin, Fact::Zip, Fact::Name, Fact::Address];

/// Warns about rules that authorize without verifying the subscriber.
pub(super) fn lint(lint: &mut Lint<'_>) {
    for placed in lint.live_rules() {
        if placed.rule.action() != Action::Authorize || IDENTITY.iter().any(|fact| proves(placed.rule, *fact))
        {
            continue;
        }
        lint.warn(
            (Subject::Rule(placed.at), Code::NoIdentity),
            &placed.place.action,
            format!(
                "`{}` authorizes without verifying the subscriber: anyone who knows the number can take it",
                placed.rule.id()
            ),
            "require something that only the subscriber knows, such as `match.pin = [\"right\", \"none-on-file\"]` or \
             `match.zip = \"right\"`",
        );
    }
}

/// Whether a rule requires the fact to be right. A rule that also accepts a wrong or missing value proves nothing.
fn proves(rule: &Rule, fact: Fact) -> bool {
    let asked = |conditions: &[crate::rules::model::condition::Condition], check| {
        let on_fact = conditions.iter().filter(|condition| condition.fact == fact);
        let mut wanted = on_fact.filter_map(|condition| match &condition.test {
            Test::Check(wanted) => Some(wanted.contains(&check)),
            _ => None,
        });
        wanted.next()
    };
    let takes =
        |check| asked(&rule.matching, check) != Some(false) && asked(&rule.unless, check) != Some(true);
    takes(IdentityCheck::Right) && !takes(IdentityCheck::Wrong) && !takes(IdentityCheck::NotGiven)
}
