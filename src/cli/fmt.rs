//! `portoutd fmt`.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, anyhow};

use super::atomic_file::replace_file;
use super::failure::{Ending, Failure};
use super::terminal::output::{print_exactly, print_findings, print_text};
use super::terminal::text_diff::unified;
use crate::rules::{self, RULE_FILE_BYTES};

/// Format rule files
///
/// Sorts keys, aligns columns, and normalizes quotes and blank lines. Comments are kept. Exits with 1 if a file is not
/// valid TOML or cannot be read. With --check or --diff, also exits with 1 if a file is not formatted.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The rule files; `-` reads standard input and writes standard output.
    #[arg(default_value = "rules.toml")]
    files: Vec<PathBuf>,
    /// List the files that are not formatted, and write nothing.
    #[arg(long, conflicts_with = "diff")]
    check: bool,
    /// Show what would change, and write nothing.
    #[arg(long)]
    diff: bool,
}

/// A file with its current and its formatted text.
struct Formatted {
    name: String,
    old: String,
    new: String,
}

pub(crate) fn run(args: &Args) -> Ending {
    let mut code = ExitCode::SUCCESS;
    for path in &args.files {
        match format(path) {
            Ok(file) if file.old == file.new && path != Path::new("-") => {}
            Ok(file) if args.check || args.diff => {
                if file.old != file.new {
                    code = ExitCode::from(1);
                    print_exactly(&if args.diff {
                        file.diff()
                    } else {
                        format!("{}\n", file.name)
                    })?;
                }
            }
            Ok(file) => write(path, &file)?,
            Err(failure) => code = failure.report(),
        }
    }
    Ok(code)
}

fn format(path: &Path) -> Result<Formatted, Failure> {
    let (name, old) = if path == Path::new("-") {
        let mut text = String::new();
        let read = io::stdin()
            .lock()
            .take(RULE_FILE_BYTES + 1)
            .read_to_string(&mut text);
        read.context("cannot read standard input as UTF-8")?;
        if text.len() as u64 > RULE_FILE_BYTES {
            return Err(Failure::not_good(anyhow!(
                "standard input is larger than 16 MiB, the limit of a rule file. Move long lists to list files"
            )));
        }
        ("standard input".to_owned(), text)
    } else {
        let name = path.display().to_string();
        let text = rules::read_rule_text(path).with_context(|| format!("cannot read `{name}`"))?;
        (name, text)
    };
    match rules::format(&name, &old) {
        Ok(new) => Ok(Formatted { name, old, new }),
        Err(findings) => {
            print_findings(&findings);
            Err(Failure::not_good(anyhow!(
                "{name} is not valid TOML and was not changed"
            )))
        }
    }
}

fn write(path: &Path, file: &Formatted) -> Result<(), Failure> {
    if path == Path::new("-") {
        print_exactly(&file.new)?;
        return Ok(());
    }
    replace_file(path, &file.new)?;
    print_text(&format!("Formatted {}.\n", file.name))?;
    Ok(())
}

impl Formatted {
    /// The lines that change.
    fn diff(&self) -> String {
        let new = format!("{}, formatted", self.name);
        unified((&self.name, &self.old), (&new, &self.new))
    }
}
