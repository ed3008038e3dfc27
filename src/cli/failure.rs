//! How a command fails: a message and an exit code.

use std::process::ExitCode;

use super::terminal::output::escaped_lines;

/// A verb that did not do what it was asked, with the exit code that scripts rely on (sysexits(3) for 69 and 78).
#[derive(Debug)]
pub(crate) struct Failure {
    code: u8,
    error: anyhow::Error,
}

impl Failure {
    /// 1: the thing looked at is not good.
    pub(crate) fn not_good(error: impl Into<anyhow::Error>) -> Self {
        Self {
            code: 1,
            error: error.into(),
        }
    }

    /// 2: the command was used wrongly.
    pub(crate) fn usage(error: impl Into<anyhow::Error>) -> Self {
        Self {
            code: 2,
            error: error.into(),
        }
    }

    /// The same with 2 in the place of 1, for verbs whose 1 says something else.
    pub(crate) fn into_usage(self) -> Self {
        match self.code {
            1 => Self::usage(self.error),
            _ => self,
        }
    }

    /// 69: a service that is needed is away.
    pub(crate) fn away(error: impl Into<anyhow::Error>) -> Self {
        Self {
            code: 69,
            error: error.into(),
        }
    }

    /// 78: will not start as configured.
    pub(crate) fn config(error: impl Into<anyhow::Error>) -> Self {
        Self {
            code: 78,
            error: error.into(),
        }
    }

    /// Prints a failure that does not end the command.
    pub(crate) fn warn(&self) {
        eprintln!("Warning: {}", escaped_lines(&format!("{:#}", self.error)));
    }

    /// Tells the person what went wrong, causes included, and gives the exit code.
    pub(crate) fn report(&self) -> ExitCode {
        eprintln!("portoutd: {}", escaped_lines(&format!("{:#}", self.error)));
        ExitCode::from(self.code)
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::not_good(error)
    }
}

/// How a verb ends: with an exit code, or a failure that has its own.
pub(crate) type Ending = Result<ExitCode, Failure>;
