//! Columns for people: no frames, so that lines can be cut and pasted.

use comfy_table::{Cell, ContentArrangement, Table, presets};

use crate::domain::folding::shown;

/// Lays rows out under their headings, with what cannot be seen in a cell escaped. On a terminal they are wrapped to
/// its width.
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
