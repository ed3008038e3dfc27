//! The words of the trade: pure values, parsed once, valid for as long as they live. No I/O, no wire formats.

mod account;
mod cause;
mod decision;
mod episode;
mod event;
mod grounds;
mod identity_check;
mod order;
mod person;
mod phone_number;
mod pin;
mod rule_set_move;
mod spid;

pub use account::{AccountName, InvalidAccountName};
pub use cause::{Cause, CauseClass};
pub(crate) use decision::word;
pub use decision::{Action, AnswerState, DecidedBy, Mode, Outcome, Target, UnknownWord};
pub use episode::{Episode, EpisodeState, MoveRefused, Seen};
pub use event::{AttemptedPin, Event, EventKind, EventSource};
pub use grounds::{Change, Grounds, GroundsDigest};
pub use identity_check::IdentityCheck;
pub use order::{InvalidOrderId, Order, OrderId, OrderNumbers, OrderStatus};
pub use person::person_behind;
pub use phone_number::{InvalidPhoneNumber, PhoneNumber};
pub use pin::{InvalidPinKey, Pin, PinHmac, PinKey};
pub use rule_set_move::RuleSetMove;
pub use spid::{InvalidSpid, Spid};
