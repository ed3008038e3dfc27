//! Loading the rule file whose lists are shown or edited.

use anyhow::anyhow;
use jiff::Timestamp;

use crate::cli::config::read_limits;
use crate::cli::failure::Failure;
use crate::cli::terminal::output::print_findings;
use crate::rules::{Loaded, RuleSet};
use crate::settings::Settings;

/// Loads the rule file. It must be valid, because an edit of a broken one could not be checked.
pub(super) fn load(settings: &Settings, now: Timestamp) -> Result<Loaded, Failure> {
    RuleSet::load_within(&settings.rules, read_limits(settings), now).map_err(|findings| {
        print_findings(&findings);
        let file = settings.rules.display();
        Failure::not_good(anyhow!(
            "the rule file `{file}` has {}. Fix it first",
            findings.tally()
        ))
    })
}
