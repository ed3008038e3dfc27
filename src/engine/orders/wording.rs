//! The text sent with an answer.

use crate::domain::{Action, Cause, DecidedBy, IdentityCheck, redact_text};
use crate::store::decisions::Decision;

/// The maximum length of a reason that is sent, in bytes. A column of 255 characters is the safe assumption.
const LONGEST: usize = 255;

/// The reason sent with an authorization. Telnyx requires one.
pub(crate) const AUTHORIZED: &str = "Authorized by the account holder.";

/// The results of comparing what the gaining carrier gave with the register.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Checks {
    /// The PIN.
    pub(crate) pin: Option<IdentityCheck>,
    /// The ZIP code.
    pub(crate) zip: Option<IdentityCheck>,
}

/// Returns the reason of a rejection: the rule's own words, or the standard reasons of the cause and of every other
/// field that failed.
#[must_use]
pub(crate) fn rejection(cause: Cause, own_words: Option<&str>, checks: Checks) -> String {
    if let Some(words) = own_words {
        return cut(words);
    }
    let failed = |check: Option<IdentityCheck>, missing, invalid| match check {
        Some(IdentityCheck::Wrong) => Some(invalid),
        Some(IdentityCheck::NotGiven) => Some(missing),
        _ => None,
    };
    let mut causes = vec![cause];
    // The answer names every field that failed, so that the carrier can fix all of them at the same time.
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

/// Returns the reason that is sent with a recorded decision. An earlier version may have recorded a person's reason
/// with a PIN in it, which the gaining carrier must not learn from us. The reason is also truncated: Telnyx refuses a
/// longer one, and the order would then leave by silence.
#[must_use]
pub(crate) fn of_decision(decision: &Decision) -> String {
    if decision.action != Action::Reject {
        return AUTHORIZED.to_owned();
    }
    match (&decision.reason, decision.by) {
        (Some(reason), DecidedBy::Person) => cut(&redact_text(reason)),
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
    fn what_a_person_wrote_is_sent_without_a_pin_and_fits() {
        let long = "x".repeat(300);
        for reason in ["The owner says the PIN is 471193.", long.as_str()] {
            let sent = of_decision(&rejection_by_a_person(reason));
            assert!(!sent.contains("471193") && sent.len() <= LONGEST, "{sent}");
        }
        let sent = of_decision(&rejection_by_a_person("The owner says no."));
        assert_eq!(sent, "The owner says no.");
    }

    fn rejection_by_a_person(reason: &str) -> Decision {
        Decision {
            id: uuid::Uuid::nil(),
            account: crate::domain::AccountName::default_account(),
            order_id: "order-1".parse().unwrap(),
            episode: 1,
            action: Action::Reject,
            by: DecidedBy::Person,
            person: Some("ann".to_owned()),
            rule: None,
            rule_set: None,
            cause: Some(Cause::Other),
            reason: Some(reason.to_owned()),
            host_messaging: false,
            mode: crate::domain::Mode::Enforce,
            facts: "{}".to_owned(),
            trace: "{}".to_owned(),
            supersedes: None,
            decided_at: jiff::Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn the_rules_own_words_stand_alone_and_fit() {
        assert_eq!(rejection(Cause::Other, Some("No."), Checks::default()), "No.");
        assert!(rejection(Cause::Other, Some(&"ü".repeat(300)), Checks::default()).len() <= LONGEST);
    }
}
