//! Tables for people, without borders, so that lines can be copied.

use comfy_table::{Cell, ContentArrangement, Table, presets};

use crate::domain::folding::shown;

/// Formats rows under their headings and escapes invisible characters in cells. On a terminal, cells are wrapped to its
/// width.
pub(crate) fn table<const N: usize>(
    headings: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(headings.map(Cell::new));
    for row in rows {
        table.add_row(row.map(|cell| shown(&cell).into_owned()));
    }
    table
        .lines()
        .map(|line| line.trim_end().to_owned() + "\n")
        .collect()
}
