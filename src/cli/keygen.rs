use std::io::{self, IsTerminal};
use std::process::ExitCode;

use anyhow::anyhow;

use super::output::print_text;
use super::{Ending, Failure};

/// Print a new key for PINs on file.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_args: &Args) -> Ending {
    print_text(&format!("{}\n", new_key()?))?;
    if io::stdout().is_terminal() {
        eprintln!("Keep it in a file: umask 077; portoutd keygen > pin.key");
    }
    Ok(ExitCode::SUCCESS)
}

/// 32 random bytes in hexadecimal.
pub(crate) fn new_key() -> Result<String, Failure> {
    let mut key = [0_u8; 32];
    getrandom::fill(&mut key)
        .map_err(|error| Failure::not_good(anyhow!("the system gave no random bytes: {error}")))?;
    Ok(hex::encode(key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::PinKey;

    #[test]
    fn a_new_key_is_one_that_can_be_read_and_no_two_are_alike() {
        let (one, other) = (new_key().unwrap(), new_key().unwrap());
        assert!(PinKey::from_hex(&one).is_ok());
        assert_ne!(one, other);
    }
}
