//! A candidate rule set over what was decided before, or over what came out at Telnyx before anything was decided.

mod judging;
mod recorded;
mod rolling_history;
mod telnyx_history;

use std::io;

pub use recorded::{recorded, recorded_by};
pub use telnyx_history::{History, telnyx_history};

use crate::domain::AccountName;
use crate::rules::backtest::{Case, Judgement};
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
pub trait CaseObserver: FnMut(&Case, &Judgement) -> io::Result<()> {}

impl<F: FnMut(&Case, &Judgement) -> io::Result<()>> CaseObserver for F {}

/// Why a backtest did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum BacktestFailed {
    /// The record could not be read.
    #[error("cannot read the database")]
    Store(#[from] StoreError),
    /// The history could not be read from Telnyx.
    #[error("cannot read account `{account}` from Telnyx")]
    Read {
        /// Whose orders or events.
        account: AccountName,
        /// Why.
        source: ReadError,
    },
    /// A case could not be written out.
    #[error("cannot write the report")]
    Write(#[source] io::Error),
    /// The judging came to an end by itself, which is a fault of this program.
    #[error("the backtest stopped before it had evaluated every case: report this bug in portoutd")]
    CutOff,
}
