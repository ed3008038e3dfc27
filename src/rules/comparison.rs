use std::str::FromStr;

/// A comparison as rules write it: `">= 25"`, `"10..24"`, `"7"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison<T> {
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

pub(super) const OPERATORS: [&str; 7] = ["<=", ">=", "!=", "==", "<", ">", "="];

impl<T: Copy + PartialOrd> Comparison<T> {
    /// Reads a comparison, its numbers by `number`.
    pub(super) fn read(text: &str, number: impl Fn(&str) -> Option<T>) -> Option<Self> {
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

    /// Whether a value passes.
    pub(super) fn holds(&self, value: T) -> bool {
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
    pub(super) fn bounds(&self) -> [T; 2] {
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

/// Reads a whole number as people write large ones: `10000` or `10_000`.
pub(super) fn whole_number(text: &str) -> Option<u64> {
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
    fn what_is_no_comparison_is_refused() {
        for bad in [
            "", ">", "ten", "24..10", "=> 5", "> -1", "1...5", "5..", "_5", "> 1 2",
        ] {
            assert_eq!(Comparison::read(bad, whole_number), None, "{bad}");
        }
    }
}
