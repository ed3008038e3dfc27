//! Which rules are meant: a file, or a version on record.

use std::path::Path;

use anyhow::anyhow;
use jiff::Timestamp;
use sqlx::PgPool;

use crate::cli::check::tell_findings;
use crate::cli::config::SettingsArgs;
use crate::cli::failure::Failure;
use crate::cli::session::database;
use crate::cli::terminal::time;
use crate::rules::{Loaded, RuleSet, Sources};
use crate::store::rule_sets;

/// The fewest digits that name a version.
const FEWEST_DIGITS: usize = 4;

/// A rule set as it stands on record.
#[derive(Debug)]
pub(crate) struct Recorded {
    /// SHA-256 of the file and its lists.
    pub(crate) hash: [u8; 32],
    /// The file and its lists, word for word.
    pub(crate) sources: Sources,
}

/// How a version is named where it need not be whole: by its first 12 digits.
pub(crate) fn short(hash: &[u8; 32]) -> String {
    let mut digits = hex::encode(hash);
    digits.truncate(12);
    digits
}

/// The rules of a file that is there, else those of a version on record, named by how its hash begins. What is wrong
/// with them is told on standard error.
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
        tell_findings(&findings);
        Failure::not_good(anyhow!("{what} `{which}` has {}", findings.tally()))
    })
}

/// The one version on record that begins with some digits.
pub(crate) async fn find(pool: &PgPool, which: &str) -> Result<Recorded, Failure> {
    let digits = digits(which)?;
    let found = rule_sets::find(pool, digits).await.map_err(database::failed)?;
    let hash = match found.as_slice() {
        [] => {
            return Err(Failure::not_good(anyhow!(
                "no rule set on record begins with `{which}`: `portoutd rules versions` lists them"
            )));
        }
        [(hash, _)] => *hash,
        many => {
            let line = |(hash, at): &([u8; 32], Timestamp)| {
                format!("\n  {}, first loaded {}", hex::encode(hash), time::local(*at))
            };
            let lines: String = many.iter().map(line).collect();
            return Err(Failure::not_good(anyhow!(
                "several rule sets on record begin with `{which}`: give more digits{lines}"
            )));
        }
    };
    let recorded = match pool.acquire().await {
        Ok(mut connection) => rule_sets::rule_set(&mut connection, &hash).await,
        Err(error) => Err(error.into()),
    };
    let recorded = recorded.map_err(database::failed)?;
    let recorded = recorded.ok_or_else(|| Failure::not_good(anyhow!("rule set {which} is not on record")))?;
    let sources = Sources::from_record(&recorded.path, &recorded.source, recorded.lists);
    let sources = sources.map_err(Failure::not_good)?;
    if sources.hash() != hash {
        return Err(Failure::not_good(anyhow!(
            "the record of rule set {} was tampered with: its texts are not those that were in force",
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
        "`{which}` is neither a rule file that is there nor a version: name a version by at least {FEWEST_DIGITS} of the \
         digits that `portoutd rules versions` shows"
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
