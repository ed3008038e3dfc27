//! Decides whether a name, such as a JSON key or a form field, names a secret. It uses words and not a list of exact
//! names.
//!
//! | name | secret | because |
//! |---|---|---|
//! | `attempted_pin`, `attemptedPin`, `PIN code`, `account-pin` | yes | one of its words is `pin` |
//! | `accountpin`, `PORTOUTPIN`, `pinnumber` | yes | `pin` joined to a related word |
//! | `userpassword`, `client_secret`, `Passcode` | yes | contains a word that always names a secret |
//! | `p.i.n.`, `security code` | yes | consecutive words |
//! | `shipping`, `pinned`, `opinion`, `mapping`, `pon`, `spid` | no | `pin` is only a part of another word |

use std::ops::Range;

use super::reading::{Reading, Word};

/// Words that name a secret on their own.
const SECRET: [&str; 7] = ["pin", "pins", "nip", "nips", "pwd", "passwd", "pword"];

/// Letters that name a secret anywhere in a word.
const SECRET_PARTS: [&str; 6] = [
    "passcode",
    "password",
    "passphrase",
    "passwd",
    "secret",
    "pincode",
];

/// Words that contain those letters but do not name a secret.
const INNOCENT: [&str; 3] = ["secretary", "secretaries", "secretariat"];

/// Words that name a secret if `code` follows.
const BEFORE_CODE: [&str; 6] = [
    "security",
    "access",
    "transfer",
    "secret",
    "authorization",
    "verification",
];

/// What may be joined to `pin` in lower case, before or after it.
const GLUED: [&str; 58] = [
    "access",
    "account",
    "acct",
    "admin",
    "attempt",
    "attempted",
    "auth",
    "billing",
    "caller",
    "carrier",
    "check",
    "client",
    "code",
    "codes",
    "correct",
    "current",
    "customer",
    "digits",
    "entered",
    "entry",
    "expected",
    "field",
    "given",
    "hash",
    "input",
    "invalid",
    "line",
    "login",
    "mobile",
    "new",
    "no",
    "nr",
    "ntp",
    "num",
    "number",
    "numbers",
    "old",
    "out",
    "owner",
    "pass",
    "port",
    "portin",
    "porting",
    "portout",
    "provided",
    "secure",
    "security",
    "sim",
    "subscriber",
    "temp",
    "temporary",
    "text",
    "transfer",
    "user",
    "validation",
    "value",
    "voicemail",
    "wireless",
];

/// Returns whether a name names a secret.
pub(super) fn names_a_secret(name: &str) -> bool {
    !secret_names(&Reading::of(name)).is_empty()
}

/// Returns where a text names a secret: the glyphs of each name, in order.
pub(super) fn secret_names(reading: &Reading) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for words in [reading.words(), reading.uncased_words()] {
        for (at, word) in words.iter().enumerate() {
            let last = secret_at(&words, at).and_then(|count| words.get(at + count - 1));
            found.extend(last.map(|last| word.at.start..last.at.end));
        }
    }
    found.sort_by_key(|name| (name.start, name.end));
    found.dedup();
    found
}

/// Returns how many words from `at` together name a secret, if they do.
fn secret_at(words: &[Word], at: usize) -> Option<usize> {
    let word = words.get(at)?.text.as_str();
    if is_secret(word) {
        return Some(1);
    }
    let next = |ahead: usize| words.get(at + ahead).map(|word| word.text.as_str());
    if BEFORE_CODE.contains(&word) && matches!(next(1), Some("code" | "codes")) {
        return Some(2);
    }
    (word == "p" && next(1) == Some("i") && next(2) == Some("n")).then_some(3)
}

fn is_secret(word: &str) -> bool {
    if SECRET.contains(&word) {
        return true;
    }
    if SECRET_PARTS.iter().any(|part| word.contains(part)) {
        return !INNOCENT.contains(&word);
    }
    let glued = |rest: Option<&str>| rest.is_some_and(|rest| GLUED.contains(&rest));
    glued(word.strip_prefix("pin")) || glued(word.strip_suffix("pin")) || glued(word.strip_suffix("pins"))
}
