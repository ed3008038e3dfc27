//! `portoutd keygen`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, anyhow};

use super::failure::{Ending, Failure};
use super::terminal::output::{message, print_text, stdout_is_terminal};
use crate::domain::PinKey;

/// Print a new key for the PINs on file.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Print the fingerprint of an existing key file instead
    ///
    /// The database records the fingerprint of the key of the PINs on file. It does not reveal the key.
    #[arg(long, value_name = "FILE")]
    fingerprint: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Ending {
    if let Some(file) = &args.fingerprint {
        print_text(&format!("{}\n", fingerprint_of(file)?))?;
        return Ok(ExitCode::SUCCESS);
    }
    print_text(&format!("{}\n", new_key()?))?;
    if stdout_is_terminal() {
        message!("To store the key in a file, run: (umask 077; portoutd keygen > pin.key)");
    }
    Ok(ExitCode::SUCCESS)
}

fn fingerprint_of(file: &Path) -> Result<String, Failure> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read `{}`", file.display()))?;
    let key = PinKey::from_hex(&text)
        .with_context(|| format!("`{}` does not contain a PIN key", file.display()))
        .map_err(Failure::not_good)?;
    Ok(key.fingerprint().to_string())
}

/// 32 random bytes in hexadecimal.
pub(crate) fn new_key() -> Result<String, Failure> {
    let mut key = [0_u8; 32];
    getrandom::fill(&mut key)
        .map_err(|error| Failure::not_good(anyhow!("cannot get random bytes from the system: {error}")))?;
    Ok(hex::encode(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_key_is_valid_and_unique() {
        let (one, other) = (new_key().unwrap(), new_key().unwrap());
        assert!(PinKey::from_hex(&one).is_ok());
        assert_ne!(one, other);
    }

    #[test]
    fn the_fingerprint_of_a_key_file_does_not_reveal_the_key() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pin.key");
        std::fs::write(&file, format!("{}\n", "ab".repeat(32))).unwrap();
        let key = PinKey::from_hex(&"ab".repeat(32)).unwrap();
        assert_eq!(fingerprint_of(&file).unwrap(), key.fingerprint().to_string());
        std::fs::write(&file, "4711").unwrap();
        let refused = format!("{:?}", fingerprint_of(&file).unwrap_err());
        assert!(
            refused.contains("does not contain a PIN key") && !refused.contains("4711"),
            "{refused}"
        );
    }
}
