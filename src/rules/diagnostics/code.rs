//! The codes of findings.

use std::fmt;

use strum::IntoEnumIterator;

/// The code of a finding. Its meaning never changes, because scripts and documents refer to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, strum::EnumIter)]
pub enum Code {
    /// The text is not valid TOML.
    BrokenToml,
    /// A key that the table does not have.
    UnknownKey,
    /// A value of the wrong type.
    WrongType,
    /// A required key is missing.
    MissingKey,
    /// A word that is not one of those that the key accepts.
    UnknownWord,
    /// A rejection without a cause, or with a cause that requires a reason and has none.
    CauseMissing,
    /// A name that is not a condition or a fact.
    UnknownFact,
    /// A duplicate name.
    DuplicateName,
    /// Text without quotes.
    Unquoted,
    /// A value that is not a valid SPID.
    InvalidSpid,
    /// A value that is not a valid phone number or prefix.
    InvalidNumber,
    /// A comparison that cannot be read.
    InvalidComparison,
    /// A text pattern that cannot be read.
    InvalidPattern,
    /// A list that the file does not define.
    UnknownList,
    /// A list of another type than the condition takes.
    WrongListType,
    /// A list file that cannot be read.
    UnreadableList,
    /// A line of a list file that cannot be read, or columns that are not known.
    InvalidListLine,
    /// A date, time, time zone or span of time that cannot be read.
    InvalidTime,
    /// A word that names no cause.
    UnknownCause,
    /// A rule without a `match`.
    MatchMissing,
    /// Keys that contradict each other, such as a reason on a rule that authorizes.
    Contradiction,
    /// A test that names a rule which the file does not have.
    UnknownRule,
    /// A missing fact would authorize an order.
    UnsafeDefault,
    /// A version of the rule language that this build does not support.
    UnknownVersion,
    /// The rule file itself cannot be read.
    UnreadableFile,
    /// A text that is empty, too long, or contains characters that the key does not accept.
    InvalidText,
    /// An `allow` that is not valid, because it names no warning that it could silence.
    InvalidAllow,
    /// A rejection with a cause that is not sufficient alone for a simple port.
    SoftCause,
    /// A rejection with a cause that Telnyx does not accept.
    NeverCause,
    /// A rejection that depends on the customer's statement.
    EvidenceNeeded,
    /// An expired list entry.
    ExpiredEntry,
    /// An expired rule.
    ExpiredRule,
    /// A rule that can never decide, because a rule above it matches all of its orders.
    UnreachableRule,
    /// A rule with the same conditions and action as a rule above it.
    DuplicateRule,
    /// Conditions of a rule that no order can meet.
    ImpossibleCondition,
    /// A list without entries.
    EmptyList,
    /// A list that no rule uses.
    UnusedList,
    /// A list whose entries have all expired.
    ExpiredList,
    /// A list with conflicting entries.
    ContradictoryList,
    /// A rule that authorizes without verifying the subscriber.
    NoIdentity,
    /// A rule that no test covers.
    UntestedRule,
    /// Orders that no rule decides are authorized.
    AuthorizesByDefault,
    /// A hold that may last until Telnyx authorizes the order.
    HoldTooLong,
    /// A condition on a fact that is never known here.
    UnknowableFact,
    /// A cause whose code Telnyx never offered.
    CodeNeverOffered,
    /// A rule that never matched.
    NeverMatched,
    /// A rule that people often override.
    OftenOverridden,
    /// A rule whose rejections often bounce.
    OftenBounced,
    /// An unused `allow`.
    UnusedAllow,
    /// A rule that authorizes numbers that another carrier also requested.
    OtherPending,
    /// Text that changes when it is folded.
    Respelled,
}

impl Code {
    /// Every code, in the order of their numbers.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::iter()
    }

    /// Whether a finding with the code is a warning: the file is valid, but should be checked.
    #[must_use]
    pub fn is_warning(self) -> bool {
        self >= Self::SoftCause
    }

    /// The code as it is printed, such as `R012`. Errors count from `R001`, warnings from `R101`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BrokenToml => "R001",
            Self::UnknownKey => "R002",
            Self::WrongType => "R003",
            Self::MissingKey => "R004",
            Self::UnknownWord => "R005",
            Self::CauseMissing => "R006",
            Self::UnknownFact => "R007",
            Self::DuplicateName => "R008",
            Self::Unquoted => "R009",
            Self::InvalidSpid => "R010",
            Self::InvalidNumber => "R011",
            Self::InvalidComparison => "R012",
            Self::InvalidPattern => "R013",
            Self::UnknownList => "R014",
            Self::WrongListType => "R015",
            Self::UnreadableList => "R016",
            Self::InvalidListLine => "R017",
            Self::InvalidTime => "R018",
            Self::UnknownCause => "R019",
            Self::MatchMissing => "R020",
            Self::Contradiction => "R021",
            Self::UnknownRule => "R022",
            Self::UnsafeDefault => "R023",
            Self::UnknownVersion => "R024",
            Self::UnreadableFile => "R025",
            Self::InvalidText => "R026",
            Self::InvalidAllow => "R027",
            Self::SoftCause => "R101",
            Self::NeverCause => "R102",
            Self::EvidenceNeeded => "R103",
            Self::ExpiredEntry => "R104",
            Self::ExpiredRule => "R105",
            Self::UnreachableRule => "R106",
            Self::DuplicateRule => "R107",
            Self::ImpossibleCondition => "R108",
            Self::EmptyList => "R109",
            Self::UnusedList => "R110",
            Self::ExpiredList => "R111",
            Self::ContradictoryList => "R112",
            Self::NoIdentity => "R113",
            Self::UntestedRule => "R114",
            Self::AuthorizesByDefault => "R115",
            Self::HoldTooLong => "R116",
            Self::UnknowableFact => "R117",
            Self::CodeNeverOffered => "R118",
            Self::NeverMatched => "R119",
            Self::OftenOverridden => "R120",
            Self::OftenBounced => "R121",
            Self::UnusedAllow => "R122",
            Self::OtherPending => "R123",
            Self::Respelled => "R124",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl serde::Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
