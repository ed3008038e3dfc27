//! Backtests: evaluate a candidate rule set over recorded decisions, or over an account's history at Telnyx.

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

/// The progress of a backtest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// The history is being read from Telnyx.
    Reading {
        /// The account whose orders or events are read.
        account: AccountName,
        /// The number of pages read so far.
        pages: u64,
        /// The total number of pages that Telnyx announced.
        total: u64,
    },
    /// Cases are being evaluated.
    Judging {
        /// The number of cases evaluated so far.
        done: u64,
        /// The maximum number of cases.
        total: u64,
    },
}

/// Receives each case with the candidate's evaluation, for example to write it to a file.
pub trait CaseObserver: FnMut(&Case, &CaseOutcome) -> io::Result<()> {}

impl<F: FnMut(&Case, &CaseOutcome) -> io::Result<()>> CaseObserver for F {}

/// Why a backtest did not complete.
#[derive(Debug, thiserror::Error)]
pub enum BacktestFailed {
    /// The database could not be read.
    #[error("cannot read the database")]
    Store(#[from] StoreError),
    /// The history could not be read from Telnyx.
    #[error("cannot read account `{account}` from Telnyx")]
    Read {
        /// The account whose orders or events were read.
        account: AccountName,
        /// The cause.
        source: ReadError,
    },
    /// A case could not be written.
    #[error("cannot write the report")]
    Write(#[source] io::Error),
    /// The evaluation stopped unexpectedly, which is a bug in this program.
    #[error("the backtest stopped before it had evaluated every case: report this bug in portoutd")]
    CutOff,
}
