//! Lays out a table.

use std::collections::BTreeMap;

use super::group::{BEFORE_COMMENT, comment_column, with_comment};
use super::order::{column_of, place_of, table_kind_of};
use super::written::{Between, Header, Pair, Table};
use crate::rules::parse::TableKind;

/// The most blank lines above a table, and between keys.
const ABOVE_A_TABLE: usize = 2;
const BETWEEN_KEYS: usize = 1;

/// What is formatted so far.
#[derive(Debug, Default)]
pub(super) struct Page {
    text: String,
    blanks: usize,
    /// Whether blank lines would be directly below a header, or at the top of the file.
    is_fresh: bool,
    /// Keys have been written before the next part.
    is_begun: bool,
}

impl Page {
    /// Adds a table below what is there.
    pub(super) fn add(&mut self, table: &Table<'_>) {
        let table_kind = table_kind_of(table.header.as_ref());
        match &table.header {
            Some(header) => self.header(header, &table.lead),
            None => self.is_fresh = true,
        }
        let (top, pairs) = in_order(table, table_kind);
        self.between(&top, BETWEEN_KEYS);
        self.pairs(&pairs, table_kind);
        self.between(&table.tail, ABOVE_A_TABLE);
    }

    /// The formatted text.
    pub(super) fn finish(self) -> String {
        self.text
    }

    fn header(&mut self, header: &Header<'_>, lead: &[Between<'_>]) {
        if self.is_begun && !lead.contains(&Between::Blank) {
            self.blank();
        }
        self.between(lead, ABOVE_A_TABLE);
        let path = header.path.join(".");
        let code = if header.is_array {
            format!("[[{path}]]")
        } else {
            format!("[{path}]")
        };
        match header.comment {
            Some(comment) => self.line(&with_comment(&code, comment, code.len() + BEFORE_COMMENT)),
            None => self.line(&code),
        }
        self.is_fresh = true;
    }

    fn pairs(&mut self, pairs: &[(&Pair<'_>, &[Between<'_>])], table_kind: Option<TableKind>) {
        let code = code_of(pairs, table_kind);
        let mut lines = code.iter().zip(pairs).peekable();
        while lines.peek().is_some() {
            let mut run = Vec::new();
            while let Some((code, (pair, lead))) =
                lines.next_if(|(_, (_, lead))| run.is_empty() || lead.is_empty())
            {
                run.push((code.as_str(), *pair, *lead));
            }
            let column = comment_column(run.iter().map(|(code, pair, _)| (*code, pair.comment.is_some())));
            for (code, pair, lead) in run {
                self.between(lead, BETWEEN_KEYS);
                self.pair(code, pair, column);
            }
        }
    }

    fn pair(&mut self, code: &str, pair: &Pair<'_>, column: usize) {
        let line = match pair.comment {
            Some(comment) => with_comment(code, comment, column),
            None => code.to_owned(),
        };
        self.line(&line);
        let column = column.max(code.chars().count() + BEFORE_COMMENT);
        for comment in &pair.continued {
            self.line(&format!("{}{comment}", " ".repeat(column)));
        }
    }

    fn between(&mut self, lines: &[Between<'_>], most_blanks: usize) {
        for line in lines {
            match line {
                Between::Comment(comment) => self.line(comment),
                Between::Blank if self.blanks < most_blanks => self.blank(),
                Between::Blank => {}
            }
        }
    }

    fn blank(&mut self) {
        if !self.is_fresh {
            self.blanks += 1;
        }
    }

    /// Blank lines are written only when something follows.
    fn line(&mut self, line: &str) {
        for _ in 0..self.blanks {
            self.text.push('\n');
        }
        self.text.push_str(line);
        self.text.push('\n');
        self.blanks = 0;
        self.is_fresh = false;
        self.is_begun = true;
    }
}

/// A key, and the lines above it.
type Placed<'p, 't> = (&'p Pair<'t>, &'p [Between<'t>]);

/// The lines that stay at the top of a table, and its keys in order. A comment with a blank line below it belongs to
/// the table, not to the first key. Above the first key of the file, every comment belongs to the file.
fn in_order<'p, 't>(
    table: &'p Table<'t>,
    table_kind: Option<TableKind>,
) -> (Vec<Between<'t>>, Vec<Placed<'p, 't>>) {
    let mut pairs: Vec<Placed<'p, 't>> = table
        .pairs
        .iter()
        .map(|pair| (pair, pair.lead.as_slice()))
        .collect();
    let mut top = Vec::new();
    if let Some((_, lead)) = pairs.first_mut() {
        let of_table = match table_kind {
            Some(TableKind::File) => lead.len(),
            _ => lead
                .iter()
                .rposition(|line| *line == Between::Blank)
                .map_or(0, |at| at + 1),
        };
        let (above, own) = lead.split_at(of_table);
        top = above.to_vec();
        *lead = own;
    }
    pairs.sort_by_key(|(pair, _)| place_of(pair, table_kind));
    (top, pairs)
}

/// `key = value` with the `=` in their columns.
fn code_of(pairs: &[Placed<'_, '_>], table_kind: Option<TableKind>) -> Vec<String> {
    let mut widths = BTreeMap::new();
    let mut columns = Vec::new();
    let mut block = 0;
    for (pair, lead) in pairs {
        block += usize::from(lead.contains(&Between::Blank));
        let key = pair.key.join(".");
        let column = column_of(pair, table_kind, block);
        let width = widths.entry(column).or_insert(0);
        *width = key.chars().count().max(*width);
        columns.push((pair, key, column));
    }
    let code = columns.into_iter().map(|(pair, key, column)| {
        let width = widths.get(&column).copied().unwrap_or_default();
        let mut code = format!("{key:<width$} = ");
        pair.value.write(0, &mut code);
        code
    });
    code.collect()
}
