//! Alarms: conditions that require a person's attention, reported as an error in the log and a counter for alerts.

use super::order_span::{in_account_span, in_order_span};
use crate::domain::{AccountName, OrderId, redact_text};

/// The condition that requires a person's attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::AsRefStr)]
#[strum(serialize_all = "snake_case")]
pub(super) enum Alarm {
    /// `decide_by` passed without an answer.
    DeadlinePassed,
    /// Telnyx returned our rejection to pending.
    Bounced,
    /// The order's final status at Telnyx differs from the answer that was sent.
    Conflict,
    /// Telnyx does not accept the answer.
    Stuck,
    /// The number is leaving without our answer.
    LeftUnanswered,
    /// Telnyx rejects the account's key.
    AccountTrouble,
    /// The grounds of an answer changed before it could be sent, or after it may have been applied.
    GroundsMoved,
    /// Telnyx shows an unknown status or one that should be impossible.
    UnknownStatus,
    /// A list on disk lost so many entries that a person has to confirm it.
    ListShrunk,
    /// The rule files differ from what was read, so nothing is authorized.
    RuleFilesUnread,
    /// Polls of an account fail repeatedly, so new orders may be missed.
    PollFailing,
    /// Telnyx lists a pending order that cannot be read or stored, so that nobody can decide on it.
    OrderUnreadable,
    /// The host's clock differs from Telnyx's or the database's.
    ClockSkew,
    /// The PINs on file are stored under a different key from the one this process has.
    PinKeyDiffers,
}

/// Raises an alarm about an order.
pub(super) fn raise(alarm: Alarm, account: &AccountName, order: &OrderId, sentence: &str) {
    // The sentence may quote a row that an earlier version stored with a PIN in it.
    let sentence = redact_text(sentence);
    metrics::counter!("portoutd_alarms_total", "alarm" => alarm.as_ref().to_owned()).increment(1);
    in_order_span(account, order, || {
        tracing::error!(alarm = alarm.as_ref(), "{sentence}");
    });
}

/// Raises an alarm about an account.
pub(super) fn raise_for_account(alarm: Alarm, account: &AccountName, sentence: &str) {
    metrics::counter!("portoutd_alarms_total", "alarm" => alarm.as_ref().to_owned()).increment(1);
    in_account_span(account, || {
        tracing::error!(alarm = alarm.as_ref(), "{sentence}");
    });
}

/// Raises an alarm about the service.
pub(super) fn raise_for_service(alarm: Alarm, sentence: &str) {
    metrics::counter!("portoutd_alarms_total", "alarm" => alarm.as_ref().to_owned()).increment(1);
    tracing::error!(alarm = alarm.as_ref(), "{sentence}");
}
