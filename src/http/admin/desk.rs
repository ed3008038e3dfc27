//! What is done for whoever asks about the rules.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::Semaphore;

use super::Asking;

/// How a reload ended.
#[derive(Debug, Clone, PartialEq)]
pub enum ReloadAnswer {
    /// The rule set of this version is in force now.
    InForce {
        /// The version: SHA-256 of the file and its lists.
        rule_set: String,
        /// Warnings about the file.
        findings: Vec<Value>,
    },
    /// The file's rule set waits for another person; the one in force stays.
    Proposed {
        /// The version that stays.
        rule_set: String,
        /// The version that waits.
        proposed: String,
        /// Who proposed it.
        by: String,
    },
    /// The file is not good; the rule set of this version stays in force.
    Refused {
        /// The version that stays.
        rule_set: String,
        /// What is wrong.
        findings: Vec<Value>,
    },
    /// The token is none of ours.
    WrongToken,
    /// It could not be tried; the log has the cause.
    Failed,
}

/// How an approval ended.
#[derive(Debug, Clone, PartialEq)]
pub enum ApproveAnswer {
    /// The rule set of this version is in force now.
    InForce {
        /// The version.
        rule_set: String,
    },
    /// It may not be approved so; the rule set of this version stays in force.
    Refused {
        /// The version that stays.
        rule_set: String,
        /// Why, as a sentence.
        why: String,
    },
    /// The token is none of ours.
    WrongToken,
    /// It could not be tried; the log has the cause.
    Failed,
}

pub(super) type Work<A> = Arc<dyn Fn(Asking) -> Pin<Box<dyn Future<Output = A> + Send>> + Send + Sync>;

/// What is done for whoever asks about the rules. Both look the token up first.
#[derive(Clone)]
pub struct Desk {
    pub(super) reload: Work<ReloadAnswer>,
    pub(super) approve: Work<ApproveAnswer>,
    pub(super) places: Arc<Semaphore>,
}

/// How many reloads and approvals may run or wait at once. They can take long, and must never take every connection of the
/// listener from health and metrics.
pub(super) const WORK_AT_ONCE: usize = 8;

impl Desk {
    /// Takes the work: reading, testing and replacing the rules, and approving what another person proposed.
    #[must_use]
    pub fn new<R, A>(
        reload: impl Fn(Asking) -> R + Send + Sync + 'static,
        approve: impl Fn(Asking) -> A + Send + Sync + 'static,
    ) -> Self
    where
        R: Future<Output = ReloadAnswer> + Send + 'static,
        A: Future<Output = ApproveAnswer> + Send + 'static,
    {
        Self {
            reload: Arc::new(move |asking| Box::pin(reload(asking))),
            approve: Arc::new(move |asking| Box::pin(approve(asking))),
            places: Arc::new(Semaphore::new(WORK_AT_ONCE)),
        }
    }
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Desk")
    }
}
