//! Suggests the word that a misspelled one may have meant.

/// The candidate that a mistyped word most likely meant, if one is near enough.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = word.to_lowercase();
    let farthest = (typed.chars().count() / 3).clamp(1, 4);
    candidates
        .into_iter()
        .map(|candidate| (distance(&typed, candidate), candidate))
        .filter(|(distance, _)| *distance <= farthest)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// `did you mean …?`, or the accepted words.
pub(crate) fn did_you_mean(word: &str, candidates: &[&str]) -> String {
    match meant(word, candidates) {
        Some(candidate) => format!("did you mean `{candidate}`?"),
        None => format!("use one of {}", listed(candidates)),
    }
}

/// Words that people and other programs use for ours.
const OTHER_WORDS: [(&str, &[&str]); 21] = [
    (
        "authorize",
        &[
            "approve",
            "accept",
            "allow",
            "permit",
            "release",
            "authorise",
            "pass",
            "ok",
        ],
    ),
    (
        "reject",
        &["deny", "refuse", "decline", "block", "drop", "disallow"],
    ),
    (
        "hold",
        &["ask", "wait", "review", "pause", "pending", "manual", "human"],
    ),
    (
        "notify",
        &["alert", "warn", "tell", "page", "ask", "hold", "wait"],
    ),
    (
        "right",
        &[
            "valid", "correct", "match", "matches", "matched", "ok", "good", "true", "yes",
        ],
    ),
    (
        "wrong",
        &[
            "invalid",
            "incorrect",
            "mismatch",
            "bad",
            "false",
            "fail",
            "failed",
        ],
    ),
    (
        "not-given",
        &[
            "missing",
            "absent",
            "empty",
            "blank",
            "none",
            "not-provided",
            "null",
        ],
    ),
    ("none-on-file", &["not-on-file", "no-pin", "unset", "not-set"]),
    (
        "enforce",
        &["on", "live", "active", "enabled", "true", "enforced"],
    ),
    (
        "shadow",
        &["dry-run", "test", "trial", "monitor", "log", "observe", "audit"],
    ),
    ("off", &["disabled", "inactive", "false", "disable"]),
    (
        "number-locked",
        &["locked", "lock", "frozen", "port-lock", "locked-number"],
    ),
    ("number-not-ours", &["not-ours", "unknown-number", "wrong-number"]),
    (
        "pin-invalid",
        &["wrong-pin", "bad-pin", "pin-wrong", "pin-mismatch"],
    ),
    (
        "zip-invalid",
        &["wrong-zip", "bad-zip", "zip-wrong", "zip-mismatch"],
    ),
    (
        "account-invalid",
        &["wrong-account", "account-wrong", "account-mismatch"],
    ),
    ("all", &["true", "yes", "ours"]),
    ("none", &["false", "no"]),
    (
        "number",
        &[
            "phone",
            "phones",
            "tn",
            "tns",
            "did",
            "dids",
            "phone-number",
            "telephone",
        ],
    ),
    ("spid", &["carrier", "carriers", "ocn"]),
    (
        "text",
        &["string", "strings", "regex", "pattern", "name", "names", "words"],
    ),
];

/// The candidate with this synonym, or the nearest one.
pub(crate) fn meant<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    other_word(word, candidates).or_else(|| nearest(word, candidates.iter().copied()))
}

/// The candidate with this synonym.
fn other_word<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let typed = word.trim().to_lowercase().replace(['_', ' '], "-");
    let says = |candidate: &&&str| {
        OTHER_WORDS
            .iter()
            .any(|(ours, others)| ours == *candidate && others.contains(&typed.as_str()))
    };
    candidates.iter().find(says).copied()
}

/// Words in backticks with commas between: `` `a`, `b` ``.
pub(crate) fn listed(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    quoted.join(", ")
}

/// The number of typing errors between two words. `_` and `-` are equal, and the parts may be in another order.
fn distance(typed: &str, candidate: &str) -> usize {
    let typed = typed.trim().replace(['_', ' '], "-");
    let candidate = candidate.to_lowercase().replace('_', "-");
    let in_order = |text: &str| {
        let mut parts: Vec<&str> = text.split('-').collect();
        parts.sort_unstable();
        parts.join("-")
    };
    if in_order(&typed) == in_order(&candidate) {
        return usize::from(typed != candidate);
    }
    strsim::damerau_levenshtein(&typed, &candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_finds_its_word() {
        let words = ["carrier.spid", "carrier.name", "pin", "none-on-file"];
        assert_eq!(nearest("carrier.spd", words), Some("carrier.spid"));
        assert_eq!(nearest("none_on_file", words), Some("none-on-file"));
        assert_eq!(nearest("PIN", words), Some("pin"));
        assert_eq!(nearest("weather", words), None);
        assert_eq!(
            nearest("Invalid PIN", ["zip-invalid", "pin-invalid"]),
            Some("pin-invalid")
        );
    }

    #[test]
    fn words_of_other_programs_are_known() {
        let actions = ["authorize", "reject", "hold"];
        assert_eq!(did_you_mean("Approve", &actions), "did you mean `authorize`?");
        assert_eq!(did_you_mean("deny", &actions), "did you mean `reject`?");
        assert_eq!(did_you_mean("ask", &actions), "did you mean `hold`?");
        assert_eq!(
            did_you_mean("ask", &["notify", "authorize", "reject"]),
            "did you mean `notify`?"
        );
        assert_eq!(
            did_you_mean("weather", &actions),
            "use one of `authorize`, `reject`, `hold`"
        );
    }
}
