//! Tables for people, without borders, so that lines can be copied.

use comfy_table::{ContentArrangement, Table, presets};

use super::color::Tone;
use super::safe_text::SafeText;
use crate::domain::folding::shown;

/// A cell of a table: text, in which words for outcomes may be colored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cell {
    text: String,
    has_outcomes: bool,
}

impl Cell {
    /// A cell in which words for outcomes, such as `reject`, are colored.
    pub(crate) fn outcome(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            has_outcomes: true,
        }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self {
            text: text.into(),
            has_outcomes: false,
        }
    }
}

/// Formats rows under their headings. On a terminal, cells are wrapped to its width.
pub(crate) fn table<const N: usize>(
    headings: [&str; N],
    rows: impl IntoIterator<Item = [impl Into<Cell>; N]>,
) -> SafeText {
    table_of(&headings, rows.into_iter().map(|row| row.map(Into::into).into()))
}

/// [`table`] with a number of columns that is not known in advance.
pub(crate) fn table_of(headings: &[&str], rows: impl IntoIterator<Item = Vec<Cell>>) -> SafeText {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(headings.iter().map(comfy_table::Cell::new));
    for row in rows {
        table.add_row(row.iter().map(marked));
    }
    let mut text = SafeText::new();
    for line in table.lines() {
        unmark(line.trim_end(), &mut text);
        text.push(&"\n".into());
    }
    text
}

/// The marks around a toned word while the table is laid out. They have no width, and no escaped text contains them.
const MARKS: [(char, Tone); 3] = [
    ('\u{fe01}', Tone::Good),
    ('\u{fe02}', Tone::Bad),
    ('\u{fe03}', Tone::Waiting),
];
const END: char = '\u{fe00}';

/// The escaped text of a cell, with marks around the words that have a tone.
fn marked(cell: &Cell) -> String {
    let text = shown(&cell.text);
    if !cell.has_outcomes {
        return text.into_owned();
    }
    let words = text.split(' ').map(|word| {
        let bare = word.trim_end_matches([',', ':']);
        let tone = Tone::of(bare);
        match MARKS.iter().find(|(_, marked)| *marked == tone) {
            Some((mark, _)) => word.replacen(bare, &format!("{mark}{bare}{END}"), 1),
            None => word.to_owned(),
        }
    });
    words.collect::<Vec<String>>().join(" ")
}

/// Appends a line of a table with the tones of its marks. A mark without an end, in a word that was wrapped, has no effect.
fn unmark(line: &str, text: &mut SafeText) {
    let is_mark = |c: char| MARKS.iter().any(|(mark, _)| *mark == c);
    let mut rest = line;
    while let Some((before, marked)) = rest.split_once(is_mark) {
        let mark = rest[before.len()..].chars().next();
        let tone = MARKS
            .iter()
            .find(|(known, _)| Some(*known) == mark)
            .map(|(_, tone)| *tone);
        text.push(&before.replace(END, "").as_str().into());
        match (tone, marked.split_once(END)) {
            (Some(tone), Some((word, after))) if !word.contains(is_mark) => {
                text.push_toned(word, tone);
                rest = after;
            }
            _ => rest = marked,
        }
    }
    text.push(&rest.replace(END, "").as_str().into());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(action: &str, text: &str) -> [Cell; 2] {
        [Cell::outcome(action), text.into()]
    }

    #[test]
    fn words_for_outcomes_are_colored_in_their_columns_only() {
        let rows = [row("reject", "reject"), row("OVERDUE, held", "x")];
        let text = table(["action", "why"], rows);
        assert_eq!(
            text.without_styles(),
            " action         why\n reject         reject\n OVERDUE, held  x\n"
        );
        let red = |word: &str| format!("\u{1b}[1m\u{1b}[31m{word}\u{1b}[0m");
        let yellow = |word: &str| format!("\u{1b}[33m{word}\u{1b}[0m");
        assert_eq!(
            text.with_styles(),
            format!(
                " action         why\n {}         reject\n {}, {}  x\n",
                red("reject"),
                red("OVERDUE"),
                yellow("held")
            )
        );
    }

    #[test]
    fn text_of_others_cannot_color_a_cell() {
        let evil = "\u{fe01}ok\u{fe00}\u{1b}[31m\u{202e}\nsecond line";
        let text = table(["action", "why"], [row(evil, evil)]);
        assert_eq!(text.with_styles(), text.without_styles());
        assert_eq!(text.with_styles().lines().count(), 2, "{text:?}");
    }

    #[test]
    fn a_mark_without_an_end_has_no_effect() {
        let mut text = SafeText::new();
        unmark("a \u{fe02}reje  b \u{fe01}ok\u{fe00} c\u{fe00}", &mut text);
        assert_eq!(text.with_styles(), "a reje  b \u{1b}[32mok\u{1b}[0m c");
    }
}
