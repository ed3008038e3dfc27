//! Why an entry of a list is not valid.

use regex_syntax::ast::ErrorKind;

use crate::domain::ExportArtifact;
use crate::rules::diagnostics::code::Code;
use crate::rules::values::text_pattern::InvalidExpression;

/// Why an entry is not valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InvalidEntry {
    pub(crate) code: Code,
    pub(crate) message: String,
    pub(crate) help: String,
}

/// A text that is not a valid SPID.
pub(crate) fn spid(text: &str) -> InvalidEntry {
    let looks_like_a_name =
        text.trim().contains(' ') && text.chars().filter(|c| c.is_alphabetic()).count() > 4;
    let help = if looks_like_a_name {
        "write a short code such as \"073H\", or match the carrier's name with `carrier.name`"
    } else {
        "write 1 to 64 letters, digits, `-` or `_` without spaces, such as \"073H\""
    };
    InvalidEntry {
        code: Code::InvalidSpid,
        message: format!("{} is not a valid SPID", shown(text)),
        help: help.to_owned(),
    }
}

/// The entry in backticks, or `empty text`.
fn shown(text: &str) -> String {
    if text.trim().is_empty() {
        "empty text".to_owned()
    } else {
        format!("`{text}`")
    }
}

/// A text that is neither a number nor a prefix.
pub(crate) fn number(text: &str) -> InvalidEntry {
    InvalidEntry {
        code: Code::InvalidNumber,
        message: format!("{} is not a valid phone number or prefix", shown(text)),
        help: number_advice(text.trim()),
    }
}

/// Help for a text that is not a valid number or prefix.
fn number_advice(text: &str) -> String {
    const WHOLE: &str = "write the complete number, such as \"+13125550123\", or a prefix such as \"+1312*\"";
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let is_north_american = text.starts_with("+1") || !text.starts_with('+');
    let bare = digits
        .strip_prefix('1')
        .filter(|_| text.starts_with("+1"))
        .unwrap_or(&digits);
    if let Some(artifact) = ExportArtifact::find(text) {
        return format!("it {}", artifact.sentence());
    }
    if let Some(prefix) = text.strip_suffix('*') {
        return match prefix.parse::<u64>() {
            Ok(_) if !prefix.starts_with(['+', '0']) => {
                format!(
                    "a prefix starts with `+` and the country code: write \"+1{prefix}*\" if it is in North America"
                )
            }
            _ => {
                "write a prefix with `+` and the country code at the start and `*` at the end, such as \"+1312*\"".to_owned()
            }
        };
    }
    if text.contains(char::is_alphabetic) || !is_north_american || !(7..=12).contains(&bare.len()) {
        return WHOLE.to_owned();
    }
    match bare.len() {
        10 => "its area code or exchange does not exist in North America: check for a wrong digit".to_owned(),
        count => {
            format!("it has {count} digits after the country code, and a North American number has 10")
        }
    }
}

/// A regular expression that is not valid.
pub(crate) fn pattern(text: &str, why: &InvalidExpression) -> InvalidEntry {
    let why = in_plain_words(why).map_or_else(|| why.to_string(), str::to_owned);
    InvalidEntry {
        code: Code::InvalidPattern,
        message: format!("the regular expression `{text}` is not valid: {why}"),
        help: "fix the expression between the slashes, or write text with `*`, which matches any characters"
            .to_owned(),
    }
}

/// The most frequent messages of the expression parser, in plain words.
fn in_plain_words(why: &InvalidExpression) -> Option<&'static str> {
    let InvalidExpression::Syntax(error) = why else {
        return None;
    };
    match error.kind() {
        ErrorKind::GroupUnclosed => Some("a `(` is not closed"),
        ErrorKind::GroupUnopened => Some("a `)` has no matching `(`"),
        ErrorKind::ClassUnclosed => Some("a `[` is not closed"),
        ErrorKind::RepetitionMissing => {
            Some("a `*`, `+` or `?` has nothing before it to repeat; `.*` matches any characters")
        }
        _ => None,
    }
}
