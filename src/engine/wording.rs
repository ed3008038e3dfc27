//! The text sent with an answer.

use crate::domain::{Action, Cause, DecidedBy, IdentityCheck, redact_text};
use crate::store::decisions::Decision;

/// The longest reason that is sent, in bytes (a column of 255 characters is the safe assumption).
const LONGEST: usize = 255;

/// What is sent with an authorization: Telnyx requires a reason even then.
pub(super) const AUTHORIZED: &str = "Authorized by the account holder.";

/// What the gaining carrier gave, as far as it was compared with the register.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Checks {
    /// The PIN.
    pub(super) pin: Option<IdentityCheck>,
    /// The ZIP code.
    pub(super) zip: Option<IdentityCheck>,
}

/// The reason of a rejection: the rule's own words, or the cause's and those of every other field that failed.
#[must_use]
pub(super) fn rejection(cause: Cause, own_words: Option<&str>, checks: Checks) -> String {
    if let Some(words) = own_words {
        return cut(words);
    }
    let failed = |check: Option<IdentityCheck>, missing, invalid| match check {
        Some(IdentityCheck::Wrong) => Some(invalid),
        Some(IdentityCheck::NotGiven) => Some(missing),
        _ => None,
    };
    let mut causes = vec![cause];
    // A field that failed too is told in the same answer, so that the carrier can mend all at once.
    causes.extend(failed(checks.pin, Cause::PinMissing, Cause::PinInvalid));
    causes.extend(failed(checks.zip, Cause::ZipMissing, Cause::ZipInvalid));
    let mut told: Vec<&str> = Vec::new();
    for cause in causes {
        if !told.contains(&cause.standard_reason()) {
            told.push(cause.standard_reason());
        }
    }
    cut(&told.join(" "))
}

/// The reason that is sent with a recorded decision. What a person wrote may have been recorded by an earlier version with a
/// PIN in it, which the gaining carrier must not learn from us.
#[must_use]
pub(super) fn of_decision(decision: &Decision) -> String {
    if decision.action != Action::Reject {
        return AUTHORIZED.to_owned();
    }
    match (&decision.reason, decision.by) {
        (Some(reason), DecidedBy::Person) => redact_text(reason).into_owned(),
        (Some(reason), _) => reason.clone(),
        (None, _) => Cause::Other.standard_reason().to_owned(),
    }
}

fn cut(text: &str) -> String {
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_failed_checks_are_told_in_one_text() {
        let checks = Checks {
            pin: Some(IdentityCheck::Wrong),
            zip: Some(IdentityCheck::Wrong),
        };
        let text = rejection(Cause::PinInvalid, None, checks);
        assert_eq!(
            text,
            "The account PIN given does not match our records. The ZIP code given does not match our records."
        );
    }

    #[test]
    fn the_rules_own_words_stand_alone_and_fit() {
        assert_eq!(rejection(Cause::Other, Some("No."), Checks::default()), "No.");
        assert!(rejection(Cause::Other, Some(&"ü".repeat(300)), Checks::default()).len() <= LONGEST);
    }
}
