//! A port-out order as Telnyx shows it.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

use super::{PhoneNumber, Spid};

/// Telnyx's ID of a port-out: a UUID according to the documentation, here any token that is safe in a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OrderId(String);

/// The error for an invalid order ID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a valid order ID: expected a UUID such as `0ccc7b54-4df3-4bca-a65a-3da1ecc777f0`")]
pub struct InvalidOrderId(String);

impl OrderId {
    /// Returns the ID as Telnyx writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl OrderId {
    /// Parses an ID from Telnyx, in [canonical form](canonical_id). Parse a stored ID with [`FromStr`] instead, which
    /// changes nothing: decisions are chained with the ID as it was written.
    ///
    /// # Errors
    /// The text cannot be used as an ID.
    pub fn from_wire(text: &str) -> Result<Self, InvalidOrderId> {
        canonical_id(text).parse()
    }
}

/// Removes white space around an ID, and lowercases a UUID, which is the same in either case. A list and a read, or a
/// webhook and a list, may differ in that.
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

/// Telnyx's status of an order. An unknown status is kept, never dropped.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum OrderStatus {
    /// Waits for the owner's answer. Silence authorizes.
    Pending,
    /// The numbers leave on the FOC date.
    Authorized,
    /// The numbers have left.
    Ported,
    /// Refused, after Telnyx's review.
    Rejected,
    /// We requested a rejection, and Telnyx reviews it.
    RejectedPending,
    /// Withdrawn by the gaining carrier or by Telnyx.
    Canceled,
    /// A status that Telnyx's API contract does not list.
    Other(String),
}

impl OrderStatus {
    /// Returns the status as Telnyx writes it.
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

    /// Returns whether the order is over: the numbers have left, or the order can no longer take them.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        match self {
            Self::Ported | Self::Rejected | Self::Canceled => true,
            Self::Pending | Self::Authorized | Self::RejectedPending => false,
            Self::Other(word) => word == COMPLETED,
        }
    }

    /// Returns what a person has to know about an unknown status, or `None` for a known one.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        match self {
            Self::Other(word) if word.is_empty() => {
                Some("Telnyx did not return a status of the order: check it in the Telnyx portal".to_owned())
            }
            Self::Other(word) if word != COMPLETED => Some(format!(
                "Telnyx returned the unknown status `{word}` of the order: check it in the Telnyx portal"
            )),
            _ => None,
        }
    }
}

/// Not in Telnyx's API contract, but observed: the order was ported.
const COMPLETED: &str = "completed";

/// Accepts a known status in any spelling: `PENDING`, ` Rejected_Pending `. If `Pending` counted as an unknown status,
/// the order would be left to silence.
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

/// The numbers of an order: those that could be parsed, and other texts in their place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderNumbers {
    /// The numbers, in Telnyx's order.
    pub readable: Vec<PhoneNumber>,
    /// Texts that are not valid numbers, unchanged.
    pub unreadable: Vec<String>,
}

impl OrderNumbers {
    /// Separates texts into numbers and other texts.
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

    /// Returns how many entries Telnyx listed.
    #[must_use]
    pub fn count(&self) -> usize {
        self.readable.len() + self.unreadable.len()
    }
}

/// A port-out as last read from Telnyx. Only its ID and status are required (`PortoutDetails` in the API contract).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Telnyx's ID.
    pub id: OrderId,
    /// Telnyx's status.
    pub status: OrderStatus,
    /// The requested numbers.
    pub numbers: OrderNumbers,
    /// The key for Telnyx's support desk, `PO_…`.
    pub support_key: Option<String>,
    /// The gaining carrier's SPID.
    pub spid: Option<Spid>,
    /// The gaining carrier's name, free text that changes.
    pub carrier_name: Option<String>,
    /// The losing carrier's name.
    pub current_carrier: Option<String>,
    /// The name of the person who signed for the port.
    pub authorized_name: Option<String>,
    /// The subscriber's name as the gaining carrier gave it.
    pub end_user_name: Option<String>,
    /// The first line of the billing address.
    pub service_address: Option<String>,
    /// The city of the billing address.
    pub city: Option<String>,
    /// The state of the billing address.
    pub state: Option<String>,
    /// The ZIP code of the billing address.
    pub zip: Option<String>,
    /// The country. The API contract does not list it, but a response may contain it.
    pub country: Option<String>,
    /// The gaining carrier's port order number.
    pub pon: Option<String>,
    /// Telnyx's name for the carrier that handles the order.
    pub vendor: Option<String>,
    /// The text of the rejection, if there is one.
    pub reason: Option<String>,
    /// The code of the rejection, if there is one.
    pub rejection_code: Option<i64>,
    /// The confirmed FOC.
    pub foc_date: Option<Timestamp>,
    /// The requested FOC.
    pub requested_foc_date: Option<Timestamp>,
    /// When the order arrived at Telnyx. The deadline counts from this time.
    pub inserted_at: Option<Timestamp>,
    /// When Telnyx created its record of the order. The deadline counts from this time if `inserted_at` is missing.
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
