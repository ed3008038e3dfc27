//! Why an entry of a list is not valid.

use regex_syntax::ast::ErrorKind;

use crate::domain::ExportArtifact;
use crate::rules::diagnostics::code::Code;
use crate::rules::values::text_pattern::InvalidExpression;

/// Why an entry could not be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InvalidEntry {
    pub(crate) code: Code,
    pub(crate) message: String,
    pub(crate) help: String,
}

/// A text that is no SPID.
pub(crate) fn spid(text: &str) -> InvalidEntry {
    let looks_like_a_name =
        text.trim().contains(' ') && text.chars().filter(|c| c.is_alphabetic()).count() > 4;
    let help = if looks_like_a_name {
        "a SPID is a short id such as \"073H\"; ask for a carrier's name by `carrier.name`"
    } else {
        "a SPID is 1 to 64 letters, digits, `-` or `_`, without spaces, such as \"073H\""
    };
    InvalidEntry {
        code: Code::InvalidSpid,
        message: format!("{} is no SPID", shown(text)),
        help: help.to_owned(),
    }
}

/// The entry in backticks, or that there is none.
fn shown(text: &str) -> String {
    if text.trim().is_empty() {
        "an empty text".to_owned()
    } else {
        format!("`{text}`")
    }
}

/// A text that is neither a number nor a prefix.
pub(crate) fn number(text: &str) -> InvalidEntry {
    InvalidEntry {
        code: Code::InvalidNumber,
        message: format!("{} is no phone number and no prefix of some", shown(text)),
        help: number_advice(text.trim()),
    }
}

/// What a text lacks to be a number or a prefix.
fn number_advice(text: &str) -> String {
    const WHOLE: &str = "write the whole number, such as \"+13125550123\", or a prefix such as \"+1312*\"";
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
                    "a prefix begins with `+` and the country code: write \"+1{prefix}*\" if it is one of North America"
                )
            }
            _ => {
                "a prefix starts with `+` and the country code and ends in `*`, such as \"+1312*\"".to_owned()
            }
        };
    }
    if text.contains(char::is_alphabetic) || !is_north_american || !(7..=12).contains(&bare.len()) {
        return WHOLE.to_owned();
    }
    match bare.len() {
        10 => "its area code or exchange does not exist in North America; look whether a digit is wrong"
            .to_owned(),
        count => {
            format!("it has {count} digits behind the country code, and a number of North America has 10")
        }
    }
}

/// A regular expression that cannot be read.
pub(crate) fn pattern(text: &str, why: &InvalidExpression) -> InvalidEntry {
    let why = in_plain_words(why).map_or_else(|| why.to_string(), str::to_owned);
    InvalidEntry {
        code: Code::InvalidPattern,
        message: format!("the regular expression `{text}` cannot be read: {why}"),
        help: "mend the expression between the slashes, or write text with `*` for any run of signs"
            .to_owned(),
    }
}

/// What the parser of expressions says most often, in plain words.
fn in_plain_words(why: &InvalidExpression) -> Option<&'static str> {
    let InvalidExpression::Syntax(error) = why else {
        return None;
    };
    match error.kind() {
        ErrorKind::GroupUnclosed => Some("a `(` is not closed"),
        ErrorKind::GroupUnopened => Some("a `)` closes what was not opened"),
        ErrorKind::ClassUnclosed => Some("a `[` is not closed"),
        ErrorKind::RepetitionMissing => {
            Some("a `*`, `+` or `?` has nothing before it to repeat; `.*` stands for any run of signs")
        }
        _ => None,
    }
}
