//! Comparisons such as `>= 25` and `10..24`.

use std::str::FromStr;

/// A comparison as rules write it: `">= 25"`, `"10..24"`, `"7"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison<T> {
    /// `7` or `= 7`
    Equal(T),
    /// `!= 7`
    NotEqual(T),
    /// `< 7`
    Less(T),
    /// `<= 7`
    AtMost(T),
    /// `> 7`
    More(T),
    /// `>= 7`
    AtLeast(T),
    /// `3..7`, both ends included.
    Between(T, T),
}

pub(crate) const OPERATORS: [&str; 7] = ["<=", ">=", "!=", "==", "<", ">", "="];

impl<T: Copy + PartialOrd> Comparison<T> {
    /// Reads a comparison, its numbers by `number`.
    pub(crate) fn read(text: &str, number: impl Fn(&str) -> Option<T>) -> Option<Self> {
        let text = text.trim();
        if let Some((low, high)) = text.split_once("..") {
            let (low, high) = (number(low.trim())?, number(high.trim())?);
            return (low <= high).then_some(Self::Between(low, high));
        }
        let operator = OPERATORS
            .iter()
            .find(|op| text.starts_with(**op))
            .copied()
            .unwrap_or("");
        let value = number(text.strip_prefix(operator)?.trim())?;
        Some(match operator {
            "<=" => Self::AtMost(value),
            ">=" => Self::AtLeast(value),
            "!=" => Self::NotEqual(value),
            "<" => Self::Less(value),
            ">" => Self::More(value),
            _ => Self::Equal(value),
        })
    }

    /// The comparison as rules write it, its values by `format`.
    pub(crate) fn written(&self, format: impl Fn(T) -> String) -> String {
        let (operator, value) = match *self {
            Self::Equal(value) => return format(value),
            Self::Between(low, high) => return format!("{}..{}", format(low), format(high)),
            Self::NotEqual(value) => ("!=", value),
            Self::Less(value) => ("<", value),
            Self::AtMost(value) => ("<=", value),
            Self::More(value) => (">", value),
            Self::AtLeast(value) => (">=", value),
        };
        format!("{operator} {}", format(value))
    }

    /// Whether a value passes.
    pub(crate) fn holds(&self, value: T) -> bool {
        match *self {
            Self::Equal(wanted) => value == wanted,
            Self::NotEqual(wanted) => value != wanted,
            Self::Less(bound) => value < bound,
            Self::AtMost(bound) => value <= bound,
            Self::More(bound) => value > bound,
            Self::AtLeast(bound) => value >= bound,
            Self::Between(low, high) => low <= value && value <= high,
        }
    }

    /// The values at which the answer can change.
    pub(crate) fn bounds(&self) -> [T; 2] {
        match *self {
            Self::Equal(value)
            | Self::NotEqual(value)
            | Self::Less(value)
            | Self::AtMost(value)
            | Self::More(value)
            | Self::AtLeast(value) => [value, value],
            Self::Between(low, high) => [low, high],
        }
    }
}

/// A comparison as it was probably meant: reversed operators, mathematical symbols, words, a spelled-out unit. `None`
/// if none of these corrections results in a comparison that `number` can read.
pub(crate) fn corrected<T: Copy + PartialOrd>(
    text: &str,
    number: impl Fn(&str) -> Option<T>,
) -> Option<String> {
    let text = in_ascii(text.trim());
    let reads = |text: &String| Comparison::read(text, &number).is_some();
    let (operator, bound) = text.split_at(text.find(|c: char| c.is_ascii_digit())?);
    let bound = in_units(bound.trim());
    let operator = WORDS
        .iter()
        .find(|(word, _)| *word == operator.trim())
        .map_or(operator.trim(), |(_, sign)| sign);
    let spaced = if operator.is_empty() {
        bound.clone()
    } else {
        format!("{operator} {bound}")
    };
    let at_least = bound.strip_suffix('+').map(|bound| format!(">= {bound}"));
    let range = ["...", "..", " to ", "-", "–"].iter().find_map(|between| {
        let (low, high) = bound.split_once(between)?;
        let (low, high) = (low.trim(), high.trim());
        let turned = number(low)? > number(high)?;
        Some(if turned {
            format!("{high}..{low}")
        } else {
            format!("{low}..{high}")
        })
    });
    [Some(spaced), at_least, range.filter(|_| operator.is_empty())]
        .into_iter()
        .flatten()
        .find(reads)
}

/// Operators as they are written elsewhere.
const WORDS: [(&str, &str); 12] = [
    ("=>", ">="),
    ("=<", "<="),
    ("<>", "!="),
    ("!", "!="),
    ("more than", ">"),
    ("over", ">"),
    ("less than", "<"),
    ("under", "<"),
    ("at least", ">="),
    ("at most", "<="),
    ("up to", "<="),
    ("not", "!="),
];

/// Mathematical symbols and their ASCII form.
pub(crate) fn in_ascii(text: &str) -> String {
    text.replace('≥', ">=").replace('≤', "<=").replace('≠', "!=")
}

/// `2 days` as `2d`.
fn in_units(text: &str) -> String {
    const UNITS: [(&str, &str); 10] = [
        ("days", "d"),
        ("day", "d"),
        ("hours", "h"),
        ("hour", "h"),
        ("hrs", "h"),
        ("minutes", "m"),
        ("minute", "m"),
        ("min", "m"),
        ("seconds", "s"),
        ("sec", "s"),
    ];
    let unit = UNITS
        .iter()
        .find_map(|(long, short)| Some((text.strip_suffix(long)?, short)));
    unit.map_or(text.to_owned(), |(count, short)| {
        format!("{}{short}", count.trim())
    })
}

/// Reads a whole number, with optional separators: `10000` or `10_000`.
pub(crate) fn whole_number(text: &str) -> Option<u64> {
    let digits = text.chars().all(|c| c.is_ascii_digit() || c == '_');
    (digits && text.starts_with(|c: char| c.is_ascii_digit()))
        .then(|| u64::from_str(&text.replace('_', "")).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(text: &str, value: u64) -> bool {
        Comparison::read(text, whole_number).unwrap().holds(value)
    }

    #[test]
    fn a_comparison_means_what_it_says() {
        for (text, passing, failing) in [
            (">= 25", 25, 24),
            ("> 10", 11, 10),
            ("<= 10", 10, 11),
            ("< 10", 9, 10),
            ("10..24", 10, 25),
            ("10 .. 24", 24, 9),
            ("7", 7, 8),
            ("=7", 7, 6),
            ("== 7", 7, 6),
            ("!= 7", 6, 7),
            ("< 10_000", 9_999, 10_000),
        ] {
            assert!(holds(text, passing), "{text} should hold for {passing}");
            assert!(!holds(text, failing), "{text} should not hold for {failing}");
        }
    }

    #[test]
    fn a_wrong_comparison_gets_a_corrected_one_as_help() {
        for (typed, meant) in [
            ("=> 5", ">= 5"),
            ("=<10", "<= 10"),
            ("≥ 1", ">= 1"),
            ("<> 3", "!= 3"),
            ("more than 10", "> 10"),
            ("10-24", "10..24"),
            ("10...24", "10..24"),
            ("24..10", "10..24"),
            ("10 to 24", "10..24"),
            ("3+", ">= 3"),
        ] {
            assert_eq!(corrected(typed, whole_number).as_deref(), Some(meant), "{typed}");
        }
        for other in ["", "ten", "> 1 2", "> -1", "5..", "> 2.5"] {
            assert_eq!(corrected(other, whole_number), None, "{other}");
        }
        let span = |text| corrected(text, crate::rules::values::duration::parse);
        assert_eq!(span("> 2 days").as_deref(), Some("> 2d"));
        assert_eq!(span("=> 36 hours").as_deref(), Some(">= 36h"));
        assert_eq!(span("< 48"), None);
    }

    #[test]
    fn an_invalid_comparison_is_refused() {
        for bad in [
            "", ">", "ten", "24..10", "=> 5", "> -1", "1...5", "5..", "_5", "> 1 2",
        ] {
            assert_eq!(Comparison::read(bad, whole_number), None, "{bad}");
        }
    }
}
