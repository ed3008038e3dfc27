//! How a command fails: a message and an exit code.

use std::process::ExitCode;

use super::terminal::output::message;

/// Why a verb failed, with the exit code that scripts rely on (sysexits(3) for 69 and 78).
#[derive(Debug)]
pub(crate) struct Failure {
    code: u8,
    error: anyhow::Error,
}

impl Failure {
    /// 1: the check failed, or the request was refused.
    pub(crate) fn not_good(error: impl Into<anyhow::Error>) -> Self {
        Self {
            code: 1,
            error: error.into(),
        }
    }

    /// 2: wrong usage of the command.
    pub(crate) fn usage(error: impl Into<anyhow::Error>) -> Self {
        Self {
            code: 2,
            error: error.into(),
        }
    }

    /// The same failure with exit code 2 instead of 1, for verbs whose 1 means something else.
    pub(crate) fn into_usage(self) -> Self {
        match self.code {
            1 => Self::usage(self.error),
            _ => self,
        }
    }

    /// 69: a required service is unavailable.
    pub(crate) fn away(error: impl Into<anyhow::Error>) -> Self {
        Self {
            code: 69,
            error: error.into(),
        }
    }

    /// 78: the configuration is invalid.
    pub(crate) fn config(error: impl Into<anyhow::Error>) -> Self {
        Self {
            code: 78,
            error: error.into(),
        }
    }

    /// Prints what went wrong with all causes, and returns the exit code.
    pub(crate) fn report(&self) -> ExitCode {
        message!("portoutd: {:#}", self.error);
        ExitCode::from(self.code)
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::not_good(error)
    }
}

/// The result of a verb: an exit code, or a failure, which has its own exit code.
pub(crate) type Ending = Result<ExitCode, Failure>;
