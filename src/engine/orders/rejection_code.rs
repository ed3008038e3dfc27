//! Maps a neutral cause to a code that Telnyx offers for an order.

use crate::domain::{AccountName, Cause, ErrorChain, folding};
use crate::engine::Engine;
use crate::store;
use crate::telnyx::RejectionCode;

/// "Other", explained in the reason (Telnyx port-out guide).
pub(crate) const OTHER: i64 = 1001;

/// A code that Telnyx offers for an order, with its description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OfferedCode {
    /// The code.
    pub(crate) code: i64,
    /// Telnyx's description, such as `Invalid PIN`.
    pub(crate) description: String,
}

impl Engine {
    /// Returns the codes that Telnyx offers for an order. They are also recorded, so that a cause that is never offered
    /// can be detected. A failure to record them does not keep the answer from being sent.
    pub(crate) async fn record_offered_codes(
        &self,
        account: &AccountName,
        codes: Vec<RejectionCode>,
    ) -> Vec<OfferedCode> {
        let now = self.clock.now();
        for one in &codes {
            let noted = store::note_offered_code(&self.pool, account, one.code, &one.description, now);
            if let Err(error) = store::in_time(noted).await {
                tracing::warn!(
                    error = %ErrorChain(&error),
                    "Failed to record an offered rejection code"
                );
                break;
            }
        }
        let offered = codes.into_iter().map(|one| OfferedCode {
            code: one.code,
            description: one.description,
        });
        offered.collect()
    }
}

/// Chooses the code to send: the publicly documented one if it is offered, or else one whose description clearly
/// matches the cause, or else 1001. The text is sent in every case.
#[must_use]
pub(crate) fn resolve(cause: Cause, offered: &[OfferedCode]) -> i64 {
    let is_offered = |code: i64| offered.iter().any(|one| one.code == code);
    if let Some(code) = cause.known_code().filter(|code| is_offered(*code)) {
        return code;
    }
    let words = telling_words(cause);
    let described = offered.iter().filter(|_| !words.is_empty()).find(|one| {
        let description = folding::fold(&one.description);
        words
            .iter()
            .all(|any| any.iter().any(|word| description.contains(word)))
    });
    described.map_or(OTHER, |one| one.code)
}

/// The word groups of each cause. A description matches if it contains one word of every group. Only unambiguous words
/// are listed.
fn telling_words(cause: Cause) -> &'static [&'static [&'static str]] {
    const BAD: &[&str] = &["invalid", "incorrect", "wrong", "mismatch", "does not match"];
    const NONE: &[&str] = &["missing", "required", "not provided"];
    match cause {
        Cause::PinInvalid => &[&["pin", "passcode"], BAD],
        Cause::PinMissing => &[&["pin", "passcode"], NONE],
        Cause::ZipInvalid => &[&["zip", "postal"], BAD],
        Cause::ZipMissing => &[&["zip", "postal"], NONE],
        Cause::AccountInvalid => &[&["account number"], BAD],
        Cause::AccountMissing => &[&["account number"], NONE],
        Cause::NumberNotActive => &[&["number"], &["not active", "inactive", "disconnected"]],
        Cause::NumberLocked => &[&["lock", "freeze", "frozen"]],
        Cause::NotPortable => &[&["not portable", "non-portable", "cannot be ported"]],
        Cause::UnauthorizedByOwner => &[&["unauthorized", "not authorized by"]],
        Cause::LoaRequired => &[&["loa", "letter of authorization"]],
        Cause::NameMismatch => &[&["name"], BAD],
        Cause::AddressMismatch => &[&["address"], BAD],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offered(codes: &[(i64, &str)]) -> Vec<OfferedCode> {
        codes
            .iter()
            .map(|(code, text)| OfferedCode {
                code: *code,
                description: (*text).to_owned(),
            })
            .collect()
    }

    #[test]
    fn a_cause_becomes_the_code_that_is_offered_for_it() {
        let offered = offered(&[
            (1001, "Other"),
            (1002, "Invalid PIN"),
            (1004, "Postal code mismatch"),
        ]);
        assert_eq!(resolve(Cause::PinInvalid, &offered), 1002);
        assert_eq!(resolve(Cause::ZipInvalid, &offered), 1004);
    }

    #[test]
    fn a_code_that_is_not_offered_is_never_sent_but_for_other() {
        assert_eq!(resolve(Cause::PinInvalid, &offered(&[(1001, "Other")])), OTHER);
        assert_eq!(
            resolve(Cause::NumberLocked, &offered(&[(1002, "Invalid PIN")])),
            OTHER
        );
        assert_eq!(resolve(Cause::PinInvalid, &[]), OTHER);
    }

    #[test]
    fn a_missing_pin_is_not_told_as_a_wrong_one() {
        assert_eq!(
            resolve(Cause::PinMissing, &offered(&[(1002, "Invalid PIN")])),
            OTHER
        );
    }
}
