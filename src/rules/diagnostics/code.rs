//! The codes of findings.

use std::fmt;

use strum::IntoEnumIterator;

/// The kind of a finding, with a number that never changes its meaning: scripts and handbooks refer to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, strum::EnumIter)]
pub enum Code {
    /// The text is no TOML.
    BrokenToml,
    /// A key that the table it stands in does not have.
    UnknownKey,
    /// A value of another type than the key takes.
    WrongType,
    /// A key that has to be there is not.
    MissingKey,
    /// A word that is none of those the key takes.
    UnknownWord,
    /// A rejection that names no cause, or one that needs a reason and has none.
    CauseMissing,
    /// A name that is no condition or no fact.
    UnknownFact,
    /// One name given to two things.
    DuplicateName,
    /// A text that was written without quotes.
    Unquoted,
    /// A value that is not a valid SPID.
    InvalidSpid,
    /// A value that is no phone number and no prefix of some.
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
    /// A missing fact would let a number go.
    UnsafeDefault,
    /// A version of the rule language that this build does not speak.
    UnknownVersion,
    /// The rule file itself cannot be read.
    UnreadableFile,
    /// A value that is empty, too long, or has signs that the key does not take.
    InvalidText,
    /// An `allow` that silences nothing which it could silence, since it names no such warning.
    InvalidAllow,
    /// A rejection for a cause that a simple port may not be refused for alone.
    SoftCause,
    /// A rejection for a cause that Telnyx does not accept.
    NeverCause,
    /// A rejection that stands on the customer's word.
    EvidenceNeeded,
    /// A list entry past its date.
    ExpiredEntry,
    /// A rule past its date.
    ExpiredRule,
    /// A rule that can never decide, since a rule above it takes all of it.
    UnreachableRule,
    /// A rule that says what a rule above it says.
    DuplicateRule,
    /// Conditions of a rule that no order can meet.
    ImpossibleCondition,
    /// A list without entries.
    EmptyList,
    /// A list that no rule names.
    UnusedList,
    /// A list of which every entry is past its date.
    ExpiredList,
    /// A list with entries that contradict each other.
    ContradictoryList,
    /// A rule that authorizes without asking who the subscriber is.
    NoIdentity,
    /// A rule that no test makes decide.
    UntestedRule,
    /// What no rule decides is authorized.
    AuthorizesByDefault,
    /// A hold that may last until Telnyx takes silence for a yes.
    HoldTooLong,
    /// A condition on a fact that is never known here.
    UnknowableFact,
    /// A cause whose code Telnyx never offered.
    CodeNeverOffered,
    /// A rule that never matched.
    NeverMatched,
    /// A rule that people often overrule.
    OftenOverridden,
    /// A rule whose rejections came back.
    OftenBounced,
    /// An `allow` that silences nothing.
    UnusedAllow,
    /// A rule that authorizes numbers which another carrier's open order holds too.
    OtherPending,
    /// A text that is compared as another one than it looks like, or than was typed.
    Respelled,
}

impl Code {
    /// Every code, in the order of their numbers.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::iter()
    }

    /// Whether a finding with the code is a warning: the file works, and somebody should look.
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
