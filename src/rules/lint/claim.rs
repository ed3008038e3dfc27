//! What a condition says about the values of a fact.

use super::members::{Life, Members};
use crate::rules::facts::fact::Fact;
use crate::rules::model::condition::{Condition, Quantifier, Test};

/// What a condition of `match` requires of the values of a fact that is compared with listed values. A condition of
/// `unless` requires the opposite.
#[derive(Debug, Clone, Copy)]
pub(super) struct Claim<'r> {
    pub(super) fact: Fact,
    pub(super) kind: Kind,
    pub(super) members: Members<'r>,
    /// The condition's place in its rule.
    pub(super) at: usize,
}

/// How the values relate to the listed ones. A fact with one value either has it listed (`All`) or not (`None`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// At least one of them is listed.
    Any,
    /// There is at least one, and all of them are listed.
    All,
    /// None of them is listed.
    None,
    /// There are none, or at least one is not listed.
    NotAll,
}

impl Kind {
    fn opposite(self) -> Self {
        match self {
            Self::Any => Self::None,
            Self::None => Self::Any,
            Self::All => Self::NotAll,
            Self::NotAll => Self::All,
        }
    }
}

impl<'r> Claim<'r> {
    /// The claim of a condition of `match`; `None` if the values of its fact are ordered.
    pub(super) fn of(condition: &'r Condition, at: usize) -> Option<Self> {
        let (kind, members) = match &condition.test {
            Test::Spid(wanted) => (Kind::All, Members::Spids(&wanted.0)),
            Test::Text(wanted) | Test::Countries(wanted) => (Kind::All, Members::Texts(&wanted.0)),
            Test::Tags(wanted) => (Kind::Any, Members::Texts(&wanted.0)),
            Test::Numbers(quantifier, wanted) => {
                let kind = match quantifier {
                    Quantifier::Any => Kind::Any,
                    Quantifier::All => Kind::All,
                    Quantifier::None => Kind::None,
                };
                (kind, Members::Numbers(&wanted.sets))
            }
            Test::Count(_) | Test::Span(_) | Test::Flag(_) | Test::Ours(_) | Test::Check(_) => return None,
        };
        let fact = condition.fact;
        Some(Self {
            fact,
            kind,
            members,
            at,
        })
    }

    /// The negation of the claim. For a single value, `NotAll` and `None` are the same.
    pub(super) fn opposite(self) -> Self {
        let kind = match (self.fact, self.kind.opposite()) {
            (Fact::PhoneNumbers | Fact::NumbersCountry, kind) => kind,
            (_, Kind::NotAll) => Kind::None,
            (_, kind) => kind,
        };
        Self { kind, ..self }
    }

    /// Whether the other claim is true whenever this one is true, and known whenever this one is known. Returns false
    /// if that cannot be determined.
    pub(super) fn implies(&self, other: &Self, life: Life) -> bool {
        if self.fact != other.fact {
            return false;
        }
        let is_within = || self.members.are_within(&other.members, life);
        let has_all = || other.members.are_within(&self.members, life);
        let is_apart = || self.members.are_apart_from(&other.members, life.now);
        match (self.kind, other.kind) {
            (Kind::Any | Kind::All, Kind::Any) | (Kind::All, Kind::All) => is_within(),
            (Kind::All, Kind::None | Kind::NotAll) | (Kind::Any, Kind::NotAll) => is_apart(),
            (Kind::None, Kind::None | Kind::NotAll) | (Kind::NotAll, Kind::NotAll) => has_all(),
            (Kind::Any, Kind::All | Kind::None)
            | (Kind::None, Kind::Any | Kind::All)
            | (Kind::NotAll, Kind::Any | Kind::All | Kind::None) => false,
        }
    }

    /// Whether no order can satisfy both.
    pub(super) fn excludes(&self, other: &Self, life: Life) -> bool {
        self.implies(&other.opposite(), life)
    }
}
