//! `portoutd schema`.

use std::process::ExitCode;

use super::failure::Ending;
use super::terminal::output::print_json;
use crate::rules;

/// Print the JSON Schema of rule files, for editors
///
/// Editors with Taplo (VS Code with Even Better TOML, Helix, Neovim) complete and check a rule file whose first line is
/// `#:schema FILE`. The path is relative to the rule file.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_: &Args) -> Ending {
    print_json(&rules::schema())?;
    Ok(ExitCode::SUCCESS)
}
