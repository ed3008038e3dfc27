//! `portoutd man`.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Command;
use clap_mangen::Man;

use super::atomic_file::replace_file;
use super::failure::Ending;
use super::help;
use super::terminal::output::message;

/// Write the manual pages, one per command
///
/// Creates the directory if it does not exist. To install the pages, write them to a `man1` directory of the manual path,
/// such as `/usr/local/share/man/man1`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The directory for the pages.
    #[arg(long, value_name = "DIRECTORY")]
    dir: PathBuf,
}

pub(crate) fn run(args: &Args) -> Ending {
    let pages = pages()?;
    fs::create_dir_all(&args.dir)
        .with_context(|| format!("cannot create the directory `{}`", args.dir.display()))?;
    for page in &pages {
        replace_file(&args.dir.join(&page.file), &page.text)?;
    }
    message!("Wrote {} pages to `{}`.", pages.len(), args.dir.display());
    Ok(ExitCode::SUCCESS)
}

/// A manual page.
#[derive(Debug)]
struct Page {
    file: String,
    text: String,
}

fn pages() -> anyhow::Result<Vec<Page>> {
    let mut command = super::command().disable_help_subcommand(true);
    command.build();
    let mut pages = Vec::new();
    add_pages(&command, "", &mut pages)?;
    Ok(pages)
}

fn add_pages(command: &Command, path: &str, pages: &mut Vec<Page>) -> anyhow::Result<()> {
    for verb in command.get_subcommands() {
        let path = format!("{path} {}", verb.get_name()).trim().to_owned();
        add_pages(verb, &path, pages)?;
    }
    let name = command.get_display_name().unwrap_or("portoutd");
    pages.push(Page {
        file: format!("{name}.1"),
        text: text(command, path).with_context(|| format!("writing the page of `{name}`"))?,
    });
    Ok(())
}

/// The page of a command in roff. The examples are a section of their own, because roff would fill their lines.
fn text(command: &Command, path: &str) -> anyhow::Result<String> {
    let has_verbs = command.has_subcommands();
    let man = Man::new(command.clone().after_long_help(None::<&str>));
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if has_verbs {
        man.render_subcommands_section(&mut page)?;
    }
    let mut page = String::from_utf8(page)?;
    if let Some(examples) = help::examples(path) {
        page.push_str(&format!(".SH EXAMPLES\n.nf\n{}\n.fi\n", literal(&examples)));
    }
    Ok(page)
}

/// Text that roff prints as it is.
fn literal(text: &str) -> String {
    text.replace('\\', "\\e").replace('-', "\\-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page_with_its_description_and_examples() {
        let pages = pages().unwrap();
        let mut command = crate::cli::command().disable_help_subcommand(true);
        command.build();
        let mut count = 0;
        let mut open = vec![&command];
        while let Some(command) = open.pop() {
            open.extend(command.get_subcommands());
            let file = format!("{}.1", command.get_display_name().unwrap_or("portoutd"));
            let page = pages.iter().find(|page| page.file == file);
            let page = page.unwrap_or_else(|| panic!("`{file}` is missing"));
            assert!(page.text.contains(".SH SYNOPSIS"), "{file}");
            assert!(
                page.text.contains(".SH EXAMPLES\n.nf\nportoutd"),
                "{file}: {}",
                page.text
            );
            assert!(!page.text.contains('\u{1b}'), "{file}: a style in the page");
            count += 1;
        }
        assert_eq!(pages.len(), count);
        let names: Vec<&str> = pages.iter().map(|page| page.file.as_str()).collect();
        assert!(names.contains(&"portoutd-rules-list-add.1"), "{names:?}");
        assert!(names.contains(&"portoutd.1"), "{names:?}");
    }

    #[test]
    fn an_example_is_printed_as_it_is() {
        assert_eq!(literal("a -b \\n"), "a \\-b \\en");
    }
}
