use std::process::ExitCode;

use super::failure::Ending;
use super::terminal::output::print_json;
use crate::rules;

/// Print the JSON Schema of rule files, for editors.
///
/// An editor that knows Taplo (VS Code with Even Better TOML, Helix, Neovim) completes and checks a rule file whose
/// first line is `#:schema FILE`, the file counted from its folder.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_: &Args) -> Ending {
    print_json(&rules::schema())?;
    Ok(ExitCode::SUCCESS)
}
