//! A port-out order as Telnyx shows it.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

use super::{PhoneNumber, Spid};

/// Telnyx's id of a port-out: a UUID by its documentation, here any token that is safe in a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OrderId(String);

/// What is wrong with an order id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no order id: expected a UUID such as `0ccc7b54-4df3-4bca-a65a-3da1ecc777f0`")]
pub struct InvalidOrderId(String);

impl OrderId {
    /// The id as Telnyx writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl OrderId {
    /// Reads an id as Telnyx sends it, in [canonical form](canonical_id). An id that was stored before is read with
    /// [`FromStr`] instead, which changes nothing: decisions are chained by the id as it was written.
    ///
    /// # Errors
    /// The text cannot be used as an id.
    pub fn from_wire(text: &str) -> Result<Self, InvalidOrderId> {
        canonical_id(text).parse()
    }
}

/// An id without white space around it, and in lower case if it is a UUID, which is the same in either case: a list
/// and a read, or a webhook and a list, may differ in that.
#[must_use]
pub fn canonical_id(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    let is_uuid = text.len() == 36 && uuid::Uuid::try_parse(text).is_ok();
    if is_uuid && text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}

impl FromStr for OrderId {
    type Err = InvalidOrderId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if text.is_empty() || text.len() > 64 || !text.chars().all(allowed) {
            return Err(InvalidOrderId(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for OrderId {
    type Error = InvalidOrderId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<OrderId> for String {
    fn from(id: OrderId) -> Self {
        id.0
    }
}

impl fmt::Display for OrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The status Telnyx gives an order. Open: a word we do not know is kept, never dropped.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum OrderStatus {
    /// Waits for the owner's answer; silence authorizes.
    Pending,
    /// Will leave on the FOC date.
    Authorized,
    /// Has left.
    Ported,
    /// Refused, with Telnyx's review done.
    Rejected,
    /// We asked to refuse it; Telnyx reviews that.
    RejectedPending,
    /// Withdrawn by the gaining carrier or by Telnyx.
    Canceled,
    /// A word that Telnyx's contract does not list.
    Other(String),
}

impl OrderStatus {
    /// The word as Telnyx writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Pending => "pending",
            Self::Authorized => "authorized",
            Self::Ported => "ported",
            Self::Rejected => "rejected",
            Self::RejectedPending => "rejected-pending",
            Self::Canceled => "canceled",
            Self::Other(word) => word,
        }
    }

    /// Whether the order is over: the numbers have left, or it can no longer take them.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        match self {
            Self::Ported | Self::Rejected | Self::Canceled => true,
            Self::Pending | Self::Authorized | Self::RejectedPending => false,
            Self::Other(word) => word == COMPLETED,
        }
    }

    /// What a person has to know of a status whose meaning is not known; `None` for those that are.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        match self {
            Self::Other(word) if word.is_empty() => {
                Some("Telnyx gives the order no status: look at it in the Telnyx portal".to_owned())
            }
            Self::Other(word) if word != COMPLETED => Some(format!(
                "Telnyx gives the order the status `{word}`, which is not known: look at it in the Telnyx portal"
            )),
            _ => None,
        }
    }
}

/// Not in Telnyx's contract, but seen: the order was ported.
const COMPLETED: &str = "completed";

/// A known word counts in whatever spelling it comes: `PENDING`, ` Rejected_Pending `. To take `Pending` for a status that
/// is not known would leave the order to silence.
impl From<&str> for OrderStatus {
    fn from(word: &str) -> Self {
        let plain = |c: char| {
            if matches!(c, '_' | ' ') {
                '-'
            } else {
                c.to_ascii_lowercase()
            }
        };
        let folded: String = word.trim().chars().map(plain).collect();
        match folded.as_str() {
            "pending" => Self::Pending,
            "authorized" => Self::Authorized,
            "ported" => Self::Ported,
            "rejected" => Self::Rejected,
            "rejected-pending" => Self::RejectedPending,
            "canceled" | "cancelled" => Self::Canceled,
            COMPLETED => Self::Other(folded),
            _ => Self::Other(word.to_owned()),
        }
    }
}

/// The numbers of an order: those that could be read, and what stood where a number should.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderNumbers {
    /// The numbers, in the order Telnyx listed them.
    pub readable: Vec<PhoneNumber>,
    /// Texts that are no numbers, kept as they came.
    pub unreadable: Vec<String>,
}

impl OrderNumbers {
    /// Sorts texts into numbers and what is none.
    #[must_use]
    pub fn from_texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut numbers = Self::default();
        for text in texts {
            match text.parse() {
                Ok(number) => numbers.readable.push(number),
                Err(_) => numbers.unreadable.push(text.to_owned()),
            }
        }
        numbers
    }

    /// How many entries Telnyx listed.
    #[must_use]
    pub fn count(&self) -> usize {
        self.readable.len() + self.unreadable.len()
    }
}

/// A port-out as last read from Telnyx. Nothing but its id and status is required (`PortoutDetails` of the contract).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Telnyx's id.
    pub id: OrderId,
    /// Telnyx's status.
    pub status: OrderStatus,
    /// The numbers asked for.
    pub numbers: OrderNumbers,
    /// The key for Telnyx's support desk, `PO_…`.
    pub support_key: Option<String>,
    /// The gaining carrier's SPID.
    pub spid: Option<Spid>,
    /// The gaining carrier's name, free text that changes.
    pub carrier_name: Option<String>,
    /// The losing carrier's name.
    pub current_carrier: Option<String>,
    /// Who signed for the port.
    pub authorized_name: Option<String>,
    /// The subscriber's name as the gaining carrier gave it.
    pub end_user_name: Option<String>,
    /// First line of the billing address.
    pub service_address: Option<String>,
    /// City of the billing address.
    pub city: Option<String>,
    /// State of the billing address.
    pub state: Option<String>,
    /// ZIP of the billing address.
    pub zip: Option<String>,
    /// Country, which the contract does not list but a live answer may carry.
    pub country: Option<String>,
    /// The gaining carrier's port order number.
    pub pon: Option<String>,
    /// Telnyx's word for who carries the order.
    pub vendor: Option<String>,
    /// The rejection's text, if one was given.
    pub reason: Option<String>,
    /// The rejection's code, if one was given.
    pub rejection_code: Option<i64>,
    /// The confirmed FOC.
    pub foc_date: Option<Timestamp>,
    /// The FOC asked for.
    pub requested_foc_date: Option<Timestamp>,
    /// When the order came to Telnyx; the deadline counts from here.
    pub inserted_at: Option<Timestamp>,
    /// When Telnyx's record of it was made; the deadline counts from here where `inserted_at` is missing.
    pub created_at: Option<Timestamp>,
    /// When Telnyx last changed it.
    pub updated_at: Option<Timestamp>,
    /// Whether messaging stays at Telnyx.
    pub host_messaging: Option<bool>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_status_counts_in_whatever_spelling_it_comes() {
        for (spelling, status) in [
            ("pending", OrderStatus::Pending),
            ("PENDING", OrderStatus::Pending),
            ("Pending", OrderStatus::Pending),
            (" pending\n", OrderStatus::Pending),
            ("rejected_pending", OrderStatus::RejectedPending),
            ("Rejected Pending", OrderStatus::RejectedPending),
            ("cancelled", OrderStatus::Canceled),
            ("Completed", OrderStatus::Other("completed".to_owned())),
        ] {
            assert_eq!(OrderStatus::from(spelling), status, "{spelling:?}");
            assert_eq!(status.trouble(), None, "{spelling:?}");
        }
    }

    #[test]
    fn a_status_that_is_not_known_is_kept_as_it_came_and_is_trouble() {
        for word in ["in-pending", "Pendant", ""] {
            let status = OrderStatus::from(word);
            assert_eq!(status, OrderStatus::Other(word.to_owned()));
            assert!(status.trouble().is_some_and(|told| told.contains(word)));
        }
    }
}
