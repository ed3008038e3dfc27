//! What somebody has to be woken for: an error-level sentence in the log and a counter that alerts can watch.

use super::order_span::{in_account_span, in_order_span};
use crate::domain::{AccountName, OrderId, redact_text};

/// Why somebody has to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::AsRefStr)]
#[strum(serialize_all = "snake_case")]
pub(super) enum Alarm {
    /// `decide_by` passed and nothing was answered.
    DeadlinePassed,
    /// Our rejection came back to pending.
    Bounced,
    /// Telnyx shows another end than the one we sent.
    Conflict,
    /// Telnyx would not take the answer.
    Stuck,
    /// The number is leaving, and no answer of ours said so.
    LeftUnanswered,
    /// Telnyx does not accept the account's key.
    AccountTrouble,
    /// What an answer rests on has changed before it could be sent, or after it may have been applied.
    GroundsMoved,
    /// Telnyx uses a status that is not known, or shows what should be impossible.
    UnknownStatus,
    /// A list on disk lost too many entries to come into effect without a person's confirmation.
    ListShrunk,
    /// The rule files differ from what was read, and so nothing is authorized.
    RuleFilesUnread,
    /// Polls of an account fail one after the other: new orders may not be seen.
    PollFailing,
    /// Telnyx lists a pending order that cannot be read or stored, so that nobody can decide on it.
    OrderUnreadable,
    /// Our clock differs from Telnyx's or the database's.
    ClockSkew,
    /// The PINs on file are stored under another key than the one of this process.
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

/// Raises an alarm about a whole account.
pub(super) fn raise_for_account(alarm: Alarm, account: &AccountName, sentence: &str) {
    metrics::counter!("portoutd_alarms_total", "alarm" => alarm.as_ref().to_owned()).increment(1);
    in_account_span(account, || {
        tracing::error!(alarm = alarm.as_ref(), "{sentence}");
    });
}

/// Raises an alarm about the service itself.
pub(super) fn raise_for_service(alarm: Alarm, sentence: &str) {
    metrics::counter!("portoutd_alarms_total", "alarm" => alarm.as_ref().to_owned()).increment(1);
    tracing::error!(alarm = alarm.as_ref(), "{sentence}");
}
