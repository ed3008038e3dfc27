//! The words of the trade: pure values, parsed once, valid for as long as they live. No I/O, no wire formats.

mod account;
mod arrival;
mod cause;
mod decision;
mod episode;
mod error_chain;
mod event;
mod export_artifact;
pub mod folding;
mod grounds;
mod identity_check;
mod order;
mod person;
mod phone_number;
mod pin;
mod pin_key_record;
mod redaction;
mod rule_set_move;
mod spid;
mod typed_digits;
pub(crate) mod words;

pub use account::{AccountName, InvalidAccountName};
pub use arrival::{Certainty, arrival};
pub use cause::{Cause, CauseClass};
pub(crate) use decision::word;
pub use decision::{Action, AnswerState, DecidedBy, Mode, Outcome, Target, UnknownWord};
pub use episode::{Episode, EpisodeState, MoveRefused, Seen};
pub use error_chain::ErrorChain;
pub use event::{AttemptedPin, Event, EventKind, EventSource};
pub use export_artifact::{AS_TEXT, ExportArtifact, separator_line};
pub use grounds::{Change, Grounds, GroundsDigest};
pub use identity_check::IdentityCheck;
pub use order::{InvalidOrderId, Order, OrderId, OrderNumbers, OrderStatus, canonical_id};
pub use person::person_behind;
pub use phone_number::{InvalidPhoneNumber, PhoneNumber};
pub use pin::{InvalidPinKey, Pin, PinHmac, PinKey};
pub use pin_key_record::{KeyStanding, PinKeyFingerprint, PinKeyProof, RecordedPinKey};
pub use redaction::{
    redact_body, redact_facts, redact_field, redact_text, redact_texts, secrets_in_source_line,
};
pub use rule_set_move::RuleSetMove;
pub use spid::{InvalidSpid, Spid};
