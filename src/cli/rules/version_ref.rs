//! Finds the rules that an argument names: a file, or a recorded version.

use std::path::Path;

use anyhow::anyhow;
use jiff::Timestamp;
use sqlx::PgPool;

use crate::cli::config::SettingsArgs;
use crate::cli::failure::Failure;
use crate::cli::session::database;
use crate::cli::terminal::output::print_findings;
use crate::cli::terminal::time;
use crate::rules::{Loaded, RuleSet, Sources};
use crate::store::rule_sets;

/// The minimum number of digits that name a version.
const FEWEST_DIGITS: usize = 4;

/// A recorded rule set.
#[derive(Debug)]
pub(crate) struct Recorded {
    /// SHA-256 of the file and its lists.
    pub(crate) hash: [u8; 32],
    /// The unchanged file and its lists.
    pub(crate) sources: Sources,
}

/// The short name of a version: the first 12 digits of its hash.
pub(crate) fn short(hash: &[u8; 32]) -> String {
    short_of(&hex::encode(hash)).to_owned()
}

/// The short name of a version with these digits.
pub(super) fn short_of(digits: &str) -> &str {
    digits.get(..12).unwrap_or(digits)
}

/// Reads the rules of an existing file, else those of a recorded version by the first digits of its hash. Prints the
/// problems of the rules on standard error.
pub(crate) fn read(which: &str, settings: &SettingsArgs, now: Timestamp) -> Result<Loaded, Failure> {
    let path = Path::new(which);
    let (loaded, what) = if path.exists() {
        let limits = settings.read_limits()?;
        (RuleSet::load_within(path, limits, now), "the rule file")
    } else {
        let digits = digits(which)?;
        let settings = settings.load()?;
        let recorded = database::runtime()?.block_on(async {
            let pool = database::open(&settings).await?;
            find(&pool, digits).await
        })?;
        (RuleSet::from_sources(&recorded.sources, now), "rule set")
    };
    loaded.map_err(|findings| {
        print_findings(&findings);
        Failure::not_good(anyhow!("{what} `{which}` has {}", findings.tally()))
    })
}

/// Finds the only recorded version whose hash starts with these digits.
pub(crate) async fn find(pool: &PgPool, which: &str) -> Result<Recorded, Failure> {
    let digits = digits(which)?;
    let found = rule_sets::find(pool, digits).await.map_err(database::failed)?;
    let hash = match found.as_slice() {
        [] => {
            return Err(Failure::not_good(anyhow!(
                "no recorded rule set starts with `{which}`. `portoutd rules versions` lists them"
            )));
        }
        [(hash, _)] => *hash,
        many => {
            let line = |(hash, at): &([u8; 32], Timestamp)| {
                format!("\n  {}, first loaded {}", hex::encode(hash), time::local(*at))
            };
            let lines: String = many.iter().map(line).collect();
            return Err(Failure::not_good(anyhow!(
                "several recorded rule sets start with `{which}`. Write more digits{lines}"
            )));
        }
    };
    let recorded = match pool.acquire().await {
        Ok(mut connection) => rule_sets::rule_set(&mut connection, &hash).await,
        Err(error) => Err(error.into()),
    };
    let recorded = recorded.map_err(database::failed)?;
    let recorded = recorded.ok_or_else(|| Failure::not_good(anyhow!("rule set {which} is not recorded")))?;
    let sources = Sources::from_record(&recorded.path, &recorded.source, recorded.lists);
    let sources = sources.map_err(Failure::not_good)?;
    if sources.hash() != hash {
        return Err(Failure::not_good(anyhow!(
            "the recorded rule set {} was tampered with: its text does not match its hash",
            hex::encode(hash)
        )));
    }
    Ok(Recorded { hash, sources })
}

fn digits(which: &str) -> Result<&str, Failure> {
    let is_hash = (FEWEST_DIGITS..=64).contains(&which.len()) && which.bytes().all(|b| b.is_ascii_hexdigit());
    if is_hash {
        return Ok(which);
    }
    Err(Failure::usage(anyhow!(
        "`{which}` is neither an existing rule file nor a version. Write the path of a rule file, or at least {FEWEST_DIGITS} of \
         the digits that `portoutd rules versions` shows"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_has_at_least_four_hexadecimal_digits() {
        for good in ["abcd", "0123456789ABCDEF", &"a".repeat(64)] {
            assert_eq!(digits(good).unwrap(), good);
        }
        for bad in ["abc", "rules.tml", "ghij", "", "äöü", &"a".repeat(65)] {
            assert!(digits(bad).is_err(), "{bad}");
        }
    }
}
