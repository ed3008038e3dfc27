//! Finds pairs of a name and a value in different places, as in `{"name": "PIN", "value": "4711"}` and `["pin",
//! "4711"]`.

use std::ops::Range;

use super::names::names_a_secret;
use super::reading::Reading;
use super::scan::slice;

/// The role of an object's member, according to its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// It names another member: `name`, `key`, `label`.
    Name,
    /// It contains the value of a name: `value`, `content`, `answer`.
    Value,
    /// It identifies something or contains its state: `id`, `support_key`, `status`, `created_at`.
    Identifier,
    /// It contains what rules and comparisons read: a name, an address, a place.
    Fact,
    /// Anything else.
    Other,
}

/// A value in an object or array.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) role: Role,
    pub(super) at: Range<usize>,
    /// The text, if it is a string.
    pub(super) text: Option<String>,
}

const NAMES: [&str; 19] = [
    "name",
    "key",
    "type",
    "label",
    "field",
    "title",
    "code",
    "question",
    "attribute",
    "param",
    "parameter",
    "property",
    "kind",
    "prompt",
    "caption",
    "item",
    "description",
    "what",
    "requirement",
];
const VALUES: [&str; 17] = [
    "value",
    "values",
    "val",
    "content",
    "contents",
    "answer",
    "text",
    "data",
    "response",
    "input",
    "entry",
    "body",
    "string",
    "reply",
    "given",
    "field_value",
    "raw",
];
const FACTS: [&str; 16] = [
    "carrier_name",
    "current_carrier",
    "authorized_name",
    "end_user_name",
    "subscriber_name",
    "service_address",
    "address",
    "street",
    "city",
    "state",
    "zip",
    "postal_code",
    "country",
    "country_code",
    "pon",
    "vendor",
];
const IDENTIFIERS: [&str; 9] = [
    "id",
    "support_key",
    "spid",
    "status",
    "event_type",
    "record_type",
    "phone_number",
    "phone_numbers",
    "payload_status",
];

/// Words that make a text a statement about a secret and not its name.
const STATEMENTS: [&str; 13] = [
    "invalid",
    "wrong",
    "incorrect",
    "missing",
    "mismatch",
    "required",
    "not",
    "failed",
    "error",
    "does",
    "changed",
    "rejected",
    "expired",
];

/// The maximum length of a text that counts as a name, in bytes.
const LONGEST_NAME: usize = 80;

/// The maximum length of an object or array that counts as a value, in bytes.
const LONGEST_VALUE: usize = 256;

impl Role {
    /// Returns the role of a key's value.
    pub(super) fn of(key: &str) -> Self {
        let key = key.to_ascii_lowercase();
        let is = |names: &[&str]| names.contains(&key.as_str());
        if is(&FACTS) {
            Self::Fact
        } else if is(&IDENTIFIERS) || key.ends_with("_id") || key.ends_with("_at") {
            Self::Identifier
        } else if is(&NAMES) {
            Self::Name
        } else if is(&VALUES) {
            Self::Value
        } else {
            Self::Other
        }
    }
}

/// Returns whether a text is one token, such as an ID, a number or a time.
pub(super) fn is_token(text: &str) -> bool {
    let fits = |char: char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_' | '.' | ':' | '+');
    text.len() <= LONGEST_NAME && text.chars().all(fits)
}

/// Returns the values of an object that another member names as a secret: those in value members, or else every value
/// with the digits of a PIN.
pub(super) fn secret_members(text: &[u8], members: &[Member]) -> Vec<Range<usize>> {
    let can_name = |one: &Member| matches!(one.role, Role::Name | Role::Identifier);
    if !members.iter().any(|one| can_name(one) && is_secret_name(one)) {
        return Vec::new();
    }
    let value = |one: &&Member| one.role == Role::Value && is_small(text, one);
    let other = |one: &&Member| one.role == Role::Other && is_small(text, one) && has_digits(text, one);
    let values: Vec<_> = members.iter().filter(value).map(|one| one.at.clone()).collect();
    if values.is_empty() {
        return members.iter().filter(other).map(|one| one.at.clone()).collect();
    }
    values
}

/// Returns the elements of an array that the previous element names as a secret.
pub(super) fn secret_elements(text: &[u8], members: &[Member]) -> Vec<Range<usize>> {
    let named = members.windows(2).filter_map(|two| match two {
        [name, value] if is_secret_name(name) => Some(value),
        _ => None,
    });
    let counts = |one: &&Member| is_small(text, one) && (members.len() == 2 || has_digits(text, one));
    named.filter(counts).map(|one| one.at.clone()).collect()
}

fn is_secret_name(member: &Member) -> bool {
    let name = member.text.as_deref().filter(|text| text.len() <= LONGEST_NAME);
    name.is_some_and(|name| names_a_secret(name) && !is_statement(name))
}

fn is_statement(name: &str) -> bool {
    let words = Reading::of(name).words();
    words.iter().any(|word| STATEMENTS.contains(&word.text.as_str()))
}

fn is_small(text: &[u8], member: &Member) -> bool {
    let is_container = matches!(text.get(member.at.start), Some(b'{' | b'['));
    !is_container || member.at.len() <= LONGEST_VALUE
}

fn has_digits(text: &[u8], member: &Member) -> bool {
    let value = slice(text, member.at.start, member.at.end);
    value.iter().filter(|byte| byte.is_ascii_digit()).count() >= 4
}
