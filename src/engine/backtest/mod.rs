//! A candidate rule set over what was decided before, or over what came out at Telnyx before anything was decided.

mod judging;
mod recorded;
mod rolling_history;
mod telnyx_history;

use std::io;

pub use recorded::{recorded, recorded_by};
pub use telnyx_history::{History, telnyx_history};

use crate::domain::AccountName;
use crate::rules::backtest::{Case, CaseOutcome};
use crate::store::StoreError;
use crate::telnyx::ReadError;

/// How far a backtest has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Telnyx is being read.
    Reading {
        /// Whose orders or events.
        account: AccountName,
        /// Pages read so far.
        pages: u64,
        /// Pages there will be, as far as Telnyx tells.
        total: u64,
    },
    /// Cases are being judged.
    Judging {
        /// So many so far.
        done: u64,
        /// So many at most.
        total: u64,
    },
}

/// Takes every case with the candidate's judgement as it is made, such as to write it out.
pub trait CaseObserver: FnMut(&Case, &CaseOutcome) -> io::Result<()> {}

impl<F: FnMut(&Case, &CaseOutcome) -> io::Result<()>> CaseObserver for F {}

/// Why a backtest did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum BacktestFailed {
    /// The record could not be read.
    #[error("the record cannot be read")]
    Store(#[from] StoreError),
    /// The history could not be read from Telnyx.
    #[error("account `{account}` cannot be read at Telnyx")]
    Read {
        /// Whose orders or events.
        account: AccountName,
        /// Why.
        source: ReadError,
    },
    /// A case could not be written out.
    #[error("the report cannot be written")]
    Write(#[source] io::Error),
    /// The judging came to an end by itself, which is a fault of this program.
    #[error("the cases were not judged to their end")]
    CutOff,
}
