/// The candidate that a mistyped word most likely meant, if one is near enough.
pub(super) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = word.to_lowercase();
    let farthest = (typed.chars().count() / 3).clamp(1, 4);
    candidates
        .into_iter()
        .map(|candidate| (distance(&typed, candidate), candidate))
        .filter(|(distance, _)| *distance <= farthest)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// `did you mean …?`, or else what there is to choose from.
pub(super) fn did_you_mean(word: &str, candidates: &[&str]) -> String {
    match nearest(word, candidates.iter().copied()) {
        Some(candidate) => format!("did you mean `{candidate}`?"),
        None => format!("it is one of {}", listed(candidates)),
    }
}

/// Words in backticks with commas between: `` `a`, `b` ``.
pub(super) fn listed(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    quoted.join(", ")
}

/// Typing errors between two words, where `_` and `-` are one sign.
fn distance(typed: &str, candidate: &str) -> usize {
    strsim::damerau_levenshtein(
        &typed.replace('_', "-"),
        &candidate.to_lowercase().replace('_', "-"),
    )
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
    }
}
