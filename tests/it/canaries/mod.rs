//! Sends PINs under many names and in many shapes through every entrance, then looks for each of them in every table, in
//! everything that was logged and in everything that was printed. Each PIN is used once, so a leak says where it came in.

mod command_line;
mod log;
mod relay;
mod scan;
mod telnyx;
mod unparsable;

use serde_json::{Map, Value, json};
use strum::{EnumCount, IntoEnumIterator};

const NAMES: [&str; 12] = [
    "attempted_pin",
    "pin",
    "account_pin",
    "port_out_pin",
    "attemptedPin",
    "PIN code",
    "PortOutPIN",
    "pinNumber",
    "passcode",
    "password",
    "secret",
    "security_code",
];

const FIRST_CANARY: usize = 918_273;

/// Keeps two texts so far apart that the name in one says nothing about the digits in the other.
const FAR_APART: &str =
    ". And then a long and harmless remark about nothing in particular follows here, for distance. ";

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::EnumIter, strum::EnumCount)]
enum Entrance {
    StatusChanged,
    NewComment,
    FocDateChanged,
    UnknownType,
    CommentText,
    EventsApi,
    List,
    Read,
    ReadReason,
    ReadName,
    ReadCarrierName,
    ReadCurrentCarrier,
    ReadAuthorizedName,
    ReadAddress,
    ReadCity,
    ReadState,
    ReadZip,
    ReadPon,
    ReadVendor,
    AnswerTaken,
    AnswerRefused,
    Rejections,
    PortInEvent,
    PortInNumbers,
    HoldReason,
    RejectReason,
    AuthorizeReason,
    ReloadReason,
    RollbackReason,
    ListNote,
    ListRemovalNote,
    ListExpiryNote,
    LockReason,
    UnlockReason,
    EvaluatedRequest,
    ImportedCell,
    RegisterName,
    RegisterAddress,
    RuleFile,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumIter, strum::EnumCount)]
enum Shape {
    String,
    Number,
    Nested,
    Pair,
    JsonInText,
    FreeText,
    Xml,
    Query,
}

/// One PIN and where it comes in.
#[derive(Debug, Clone, Copy)]
struct Canary {
    entrance: Entrance,
    name: usize,
    shape: Shape,
}

/// The fields of free text that an order has, each an entrance of its own.
const ORDER_FIELDS: [(Entrance, &str); 11] = [
    (Entrance::ReadReason, "reason"),
    (Entrance::ReadName, "end_user_name"),
    (Entrance::ReadCarrierName, "carrier_name"),
    (Entrance::ReadCurrentCarrier, "current_carrier"),
    (Entrance::ReadAuthorizedName, "authorized_name"),
    (Entrance::ReadAddress, "service_address"),
    (Entrance::ReadCity, "city"),
    (Entrance::ReadState, "state"),
    (Entrance::ReadZip, "zip"),
    (Entrance::ReadPon, "pon"),
    (Entrance::ReadVendor, "vendor"),
];

impl Entrance {
    /// Whether it faces Telnyx, and not a person at the command line.
    fn faces_telnyx(self) -> bool {
        (self as usize) < Self::HoldReason as usize
    }

    /// Whether anything of what came in is stored.
    fn is_kept(self) -> bool {
        !matches!(
            self,
            Self::PortInNumbers | Self::EvaluatedRequest | Self::ImportedCell | Self::RuleFile
        )
    }
}

impl Canary {
    fn all(entrance: Entrance) -> impl Iterator<Item = Self> {
        let names = 0..NAMES.len();
        names.flat_map(move |name| {
            Shape::iter().map(move |shape| Self {
                entrance,
                name,
                shape,
            })
        })
    }

    fn digits(self) -> usize {
        let name = self.entrance as usize * NAMES.len() + self.name;
        FIRST_CANARY + name * Shape::COUNT + self.shape as usize
    }

    /// The canary as a text; `None` where its shape is none.
    fn text(self) -> Option<String> {
        let (name, digits) = (NAMES[self.name], self.digits());
        let tag = name.replace(' ', "_");
        match self.shape {
            Shape::JsonInText => Some(json!({ name: digits.to_string() }).to_string()),
            Shape::FreeText => Some(format!("The {name} is {digits}")),
            Shape::Xml => Some(format!("<{tag}>{digits}</{tag}>")),
            Shape::Query => Some(format!("carrier=073H&{tag}={digits}&done=yes")),
            _ => None,
        }
    }

    fn field(self) -> Value {
        let (name, digits) = (NAMES[self.name], self.digits());
        match self.shape {
            Shape::Number => json!({ name: digits }),
            Shape::Nested => json!({ name: { "typed": [digits.to_string()] } }),
            Shape::Pair => json!({ "name": name, "value": digits.to_string() }),
            _ => match self.text() {
                Some(text) => json!({ "note": text }),
                None => json!({ name: digits.to_string() }),
            },
        }
    }
}

/// What shows afterwards that something came through an entrance and was kept.
fn marker(entrance: Entrance) -> String {
    format!("came in by {entrance:?}")
}

/// All canaries of an entrance: the plain ones as fields of their own, the others each in an object.
fn fields(entrance: Entrance) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("marker".to_owned(), json!(marker(entrance)));
    for (place, canary) in Canary::all(entrance).enumerate() {
        if canary.shape == Shape::String {
            fields.insert(NAMES[canary.name].to_owned(), json!(canary.digits().to_string()));
        } else {
            fields.insert(format!("extra_{place}"), canary.field());
        }
    }
    fields
}

/// The canaries under one name that are texts, in one: for what takes no long texts.
fn texts_of_name(entrance: Entrance, name: usize) -> String {
    let of_name = Canary::all(entrance).filter(|canary| canary.name == name);
    let texts: Vec<String> = of_name.filter_map(Canary::text).collect();
    format!("{}{FAR_APART}{}", marker(entrance), texts.join(FAR_APART))
}

/// All canaries of an entrance that are texts, in one.
fn texts(entrance: Entrance) -> String {
    let texts: Vec<String> = Canary::all(entrance).filter_map(Canary::text).collect();
    format!("{}{FAR_APART}{}", marker(entrance), texts.join(FAR_APART))
}
