//! Confirmation of what cannot be undone: the effect in words, then a question on a terminal, or `--yes` in scripts.

use std::io::{self, BufRead, IsTerminal as _};

use anyhow::{Context as _, anyhow};

use super::output::{message, print_message, stderr_is_terminal};
use crate::cli::failure::Failure;

/// The argument of every command that asks for confirmation.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct ConfirmArgs {
    /// Do not ask for confirmation. Without a terminal this is required where the command would ask.
    #[arg(long)]
    yes: bool,
}

/// How a command is confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Confirmation {
    /// With `--yes`.
    Given,
    /// By an answer on the terminal.
    Asked,
    /// Not at all: there is neither.
    Impossible,
}

impl ConfirmArgs {
    /// Fails if the command can neither ask nor was confirmed with `--yes`. Called before anything else, so that a script
    /// fails in the same way whatever the command finds.
    ///
    /// # Errors
    /// Usage: `--yes` is missing.
    pub(crate) fn expect_possible(self) -> Result<(), Failure> {
        match self.confirmation() {
            Confirmation::Given | Confirmation::Asked => Ok(()),
            Confirmation::Impossible => Err(Failure::usage(anyhow!(
                "this command asks for confirmation, but there is no terminal. Add `--yes`"
            ))),
        }
    }

    /// Prints the effect of the command, and asks for confirmation unless `--yes` was given.
    ///
    /// # Errors
    /// The answer is not yes, or there is no terminal to ask on.
    pub(crate) fn confirm(self, effect: &str) -> Result<(), Failure> {
        self.expect_possible()?;
        message!("{effect}");
        if self.confirmation() == Confirmation::Given {
            return Ok(());
        }
        print_message("Continue? [y/N] ");
        let mut answer = String::new();
        io::stdin()
            .lock()
            .read_line(&mut answer)
            .context("reading the confirmation")?;
        if is_yes(&answer) {
            return Ok(());
        }
        Err(Failure::not_good(anyhow!("not confirmed, so nothing was done")))
    }

    fn confirmation(self) -> Confirmation {
        if self.yes {
            Confirmation::Given
        } else if io::stdin().is_terminal() && stderr_is_terminal() {
            Confirmation::Asked
        } else {
            Confirmation::Impossible
        }
    }
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_y_and_yes_confirm() {
        for yes in ["y\n", "Y\n", " yes \n", "YES"] {
            assert!(is_yes(yes), "{yes:?}");
        }
        for no in ["", "\n", "n\n", "no\n", "yes please\n", "ya\n", "j\n"] {
            assert!(!is_yes(no), "{no:?}");
        }
    }
}
