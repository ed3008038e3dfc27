//! The conditions that there are: their names, facts and kinds of values.

use super::condition::Quantifier;
use crate::rules::facts::fact::Fact;
use crate::rules::values::suggestion::nearest;

/// The name of a condition, the fact that it tests, and the values that it accepts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConditionName {
    pub(crate) key: &'static str,
    pub(crate) fact: Fact,
    pub(crate) takes: ValueKind,
}

/// The kind of value a condition takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ValueKind {
    Spids,
    Texts,
    Countries,
    Tags,
    Numbers(Quantifier),
    Counts,
    Spans,
    Flag,
    Ours,
    Checks,
}

/// The first words of conditions that have two.
pub(crate) const GROUPS: [&str; 2] = ["carrier", "numbers"];

const fn named(key: &'static str, fact: Fact, takes: ValueKind) -> ConditionName {
    ConditionName { key, fact, takes }
}

/// Every condition, in the order the handbook lists them.
pub(crate) const CONDITIONS: [ConditionName; 28] = [
    named("carrier.spid", Fact::CarrierSpid, ValueKind::Spids),
    named("carrier.name", Fact::CarrierName, ValueKind::Texts),
    named(
        "carrier.requests_24h",
        Fact::CarrierRequests24h,
        ValueKind::Counts,
    ),
    named("carrier.seen", Fact::CarrierSeen, ValueKind::Flag),
    named(
        "numbers.any_in",
        Fact::PhoneNumbers,
        ValueKind::Numbers(Quantifier::Any),
    ),
    named(
        "numbers.all_in",
        Fact::PhoneNumbers,
        ValueKind::Numbers(Quantifier::All),
    ),
    named(
        "numbers.none_in",
        Fact::PhoneNumbers,
        ValueKind::Numbers(Quantifier::None),
    ),
    named("numbers.count", Fact::NumbersCount, ValueKind::Counts),
    named("numbers.country", Fact::NumbersCountry, ValueKind::Countries),
    named("numbers.ours", Fact::NumbersOurs, ValueKind::Ours),
    named("numbers.frozen", Fact::NumbersFrozen, ValueKind::Flag),
    named("numbers.tags", Fact::NumbersTags, ValueKind::Tags),
    named(
        "numbers.wrong_pins_24h",
        Fact::NumbersWrongPins24h,
        ValueKind::Counts,
    ),
    named(
        "numbers.other_pending",
        Fact::NumbersOtherPending,
        ValueKind::Flag,
    ),
    named("pin", Fact::Pin, ValueKind::Checks),
    named("zip", Fact::Zip, ValueKind::Checks),
    named("name", Fact::Name, ValueKind::Checks),
    named("address", Fact::Address, ValueKind::Checks),
    named("country", Fact::Country, ValueKind::Texts),
    named("state", Fact::State, ValueKind::Texts),
    named("city", Fact::City, ValueKind::Texts),
    named("end_user", Fact::EndUser, ValueKind::Texts),
    named("pon", Fact::Pon, ValueKind::Texts),
    named("vendor", Fact::Vendor, ValueKind::Texts),
    named("foc_in", Fact::FocIn, ValueKind::Spans),
    named("times_rejected", Fact::TimesRejected, ValueKind::Counts),
    named("business_hours", Fact::BusinessHours, ValueKind::Flag),
    named("own_port_in", Fact::OwnPortIn, ValueKind::Flag),
];

/// The condition of a name.
pub(crate) fn condition_named(key: &str) -> Option<ConditionName> {
    CONDITIONS.iter().find(|condition| condition.key == key).copied()
}

/// Help for a name that is not a condition.
pub(crate) fn meant_condition(name: &str) -> String {
    if let Some(help) = other_idea(name) {
        return help.to_owned();
    }
    let keys = CONDITIONS.iter().map(|condition| condition.key);
    // A second word alone, such as `spid`, or one in the wrong group.
    let last = name.rsplit('.').next().unwrap_or(name);
    let same_end = |key: &&str| key.rsplit('.').next() == Some(last);
    match keys
        .clone()
        .find(same_end)
        .or_else(|| nearest(name, keys.clone()))
    {
        Some(key) => format!("did you mean `{key}`?"),
        None => match (name, nearest(last, keys.filter_map(|key| key.split('.').nth(1)))) {
            ("phone_numbers" | "numbers", _) => {
                "use `numbers.any_in`, `numbers.all_in`, `numbers.none_in` or `numbers.count`"
                    .to_owned()
            }
            (_, Some(word)) => format!("did you mean `{}`?", with_group(word)),
            (_, None) => {
                "run `portoutd explain R007` to list all conditions, such as `pin`, `carrier.spid` and `numbers.ours`"
                    .to_owned()
            }
        },
    }
}

/// Ideas of other rule languages, and what they are called here.
fn other_idea(name: &str) -> Option<&'static str> {
    const OTHER_IDEAS: [(&[&str], &str); 6] = [
        (
            &["not", "none", "no", "except"],
            "write conditions that must not hold under `unless`, such as `unless.pin = \"right\"`",
        ),
        (
            &["any", "or"],
            "several values mean any of them: `match.pin = [\"wrong\", \"not-given\"]`; for other conditions, write a second rule",
        ),
        (
            &["all", "and"],
            "all conditions in `match` must hold: write one per line",
        ),
        (
            &["zipcode", "zip_code", "postal_code", "postcode"],
            "did you mean `zip`?",
        ),
        (
            &["numbers.in", "phone_number", "tn"],
            "did you mean `numbers.any_in`?",
        ),
        (
            &["action", "reject", "id", "expires", "mode", "notify", "about"],
            "it is a key of the rule: move it directly under `[[rule]]`, above any `[rule.match]`",
        ),
    ];
    let first = name.split('.').next().unwrap_or_default();
    let says = |words: &[&str]| words.contains(&name) || words.contains(&first);
    OTHER_IDEAS
        .iter()
        .find(|(words, _)| says(words))
        .map(|(_, help)| *help)
}

fn with_group(word: &str) -> &'static str {
    let ends = |key: &str| key.split('.').nth(1) == Some(word);
    CONDITIONS
        .iter()
        .map(|condition| condition.key)
        .find(|key| ends(key))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::facts::field::Field;

    #[test]
    fn a_condition_takes_values_of_the_type_of_its_fact() {
        for condition in CONDITIONS {
            let fits = matches!(
                (condition.fact.field(), condition.takes),
                (Field::Spid(_), ValueKind::Spids)
                    | (Field::Text(_), ValueKind::Texts)
                    | (Field::Countries(_), ValueKind::Countries)
                    | (Field::Tags(_), ValueKind::Tags)
                    | (Field::Numbers(_), ValueKind::Numbers(_))
                    | (Field::Count(_), ValueKind::Counts)
                    | (Field::Span(_), ValueKind::Spans)
                    | (Field::Flag(_), ValueKind::Flag)
                    | (Field::Ours(_), ValueKind::Ours)
                    | (Field::Check(_), ValueKind::Checks)
            );
            assert!(fits, "{}", condition.key);
            let is_named_alike = condition.key == condition.fact.name();
            assert!(
                is_named_alike || condition.fact == Fact::PhoneNumbers,
                "{}",
                condition.key
            );
        }
    }

    #[test]
    fn an_unknown_condition_gets_the_probable_name_as_help() {
        for (typed, meant) in [
            ("carrier.spd", "did you mean `carrier.spid`?"),
            ("spid", "did you mean `carrier.spid`?"),
            ("number.any_in", "did you mean `numbers.any_in`?"),
            ("ours", "did you mean `numbers.ours`?"),
            ("carrier.count", "did you mean `numbers.count`?"),
            ("request_24h", "did you mean `carrier.requests_24h`?"),
        ] {
            assert_eq!(meant_condition(typed), meant, "{typed}");
        }
        assert!(meant_condition("phone_numbers").contains("numbers.any_in"));
        assert!(meant_condition("weather").contains("explain R007"));
    }
}
