//! A rule file in its one canonical form. What it means, its comments and its blank lines stay; everything else about
//! how it is written is decided here, so that two people's edits differ in what they changed and in nothing else.
//!
//! - The keys of a table in the order of the handbook. The conditions of a `match` or `unless` stay in the order of
//!   their author, since traces tell the first one that fails. Tables stay where they are, and so do `[rule.match]` and
//!   inline tables: they are laid out, not turned into something else.
//! - `=` in one column within what belongs together: the keys of a rule, its conditions, what it rejects with, what a
//!   test gives, what it expects; elsewhere the keys between two blank lines.
//! - Comments behind values in one column, three signs behind the longest; a comment that goes on in the next line
//!   stays below it.
//! - An array is on one line if its author wrote it on one, else its lines stay, indented, each with a comma at its end.
//! - Double quotes, bare keys, one blank line between tables (two where there are more), LF, no byte order mark.

mod group;
mod order;
mod table;
mod written;

use super::diagnostics::finding::Findings;
use super::parse;
use table::Page;
use written::Written;

/// Puts the text of a rule file into its canonical form. To format that again changes nothing.
///
/// # Errors
/// The finding that the file, as it is named, is no TOML.
pub fn format(file: &str, text: &str) -> Result<String, Findings> {
    parse::expect_toml(file, text)?;
    let mut page = Page::default();
    for table in &Written::read(text).tables {
        page.add(table);
    }
    let formatted = page.finish();
    // INVARIANT: a formatted file means what it meant. Were there a way of writing TOML that is not understood here,
    // the file would stay as it is.
    if means_the_same(text, &formatted) {
        Ok(formatted)
    } else {
        Ok(text.to_owned())
    }
}

/// A number that only rules refuse, such as one of 30 digits, cannot be compared, and is copied as it stands.
fn means_the_same(old: &str, new: &str) -> bool {
    match (old.parse::<toml::Table>(), new.parse::<toml::Table>()) {
        (Ok(old), Ok(new)) => old == new,
        (old, new) => old.is_err() && new.is_err(),
    }
}

#[cfg(test)]
mod tests;
