//! Formats a rule file in its canonical form. The meaning, the comments and the blank lines stay; everything else is
//! determined here, so that the edits of two people differ only in what they changed.
//!
//! - The keys of a table in the order of the handbook. The conditions of a `match` or `unless` stay in the order of
//!   their author, since traces show the first one that fails. Tables stay where they are, and so do `[rule.match]` and
//!   inline tables: they are formatted, not converted.
//! - `=` is aligned within a group of keys: the keys of a rule, its conditions, its rejection, the facts of a test, its
//!   expected results; in other tables, the keys between two blank lines.
//! - Comments after values are aligned three characters after the longest value; a comment that continues on the next
//!   line stays below it.
//! - An array is on one line if its author wrote it on one; otherwise its lines stay, indented, each with a comma at its
//!   end.
//! - Double quotes, bare keys, one blank line between tables (two if there are more), LF, no byte order mark.

mod group;
mod order;
mod table;
mod written;

use super::diagnostics::finding::Findings;
use super::parse;
use table::Page;
use written::Written;

/// Formats the text of a rule file. Formatting is idempotent.
///
/// # Errors
/// If the text of the named file is not TOML.
pub fn format(file: &str, text: &str) -> Result<String, Findings> {
    parse::expect_toml(file, text)?;
    let mut page = Page::default();
    for table in &Written::read(text).tables {
        page.add(table);
    }
    let formatted = page.finish();
    // INVARIANT: formatting does not change the meaning of a file. If there were TOML syntax that is not supported
    // here, the file would stay unchanged.
    if means_the_same(text, &formatted) {
        Ok(formatted)
    } else {
        Ok(text.to_owned())
    }
}

/// A number that is valid TOML but not valid in rules, such as one of 30 digits, cannot be compared, and is copied
/// unchanged.
fn means_the_same(old: &str, new: &str) -> bool {
    match (old.parse::<toml::Table>(), new.parse::<toml::Table>()) {
        (Ok(old), Ok(new)) => old == new,
        (old, new) => old.is_err() && new.is_err(),
    }
}

#[cfg(test)]
mod tests;
