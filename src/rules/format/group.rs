//! Aligns the lines that belong together.

use std::borrow::Cow;

/// A value after an `=`, or in an array.
#[derive(Debug)]
pub(super) enum Value<'t> {
    Scalar(Cow<'t, str>),
    Group(Group<'t>),
}

/// An array or an inline table.
#[derive(Debug)]
pub(super) struct Group<'t> {
    is_table: bool,
    /// Whether its author wrote it over several lines.
    has_lines: bool,
    rows: Vec<Row<'t>>,
    row: Row<'t>,
    /// Whether the line has content so far, including the bracket.
    is_begun: bool,
}

/// A line of a group. Without items and comment it is blank.
#[derive(Debug, Default)]
struct Row<'t> {
    items: Vec<Item<'t>>,
    comment: Option<&'t str>,
}

/// A value of an array, or a key of an inline table with its value.
#[derive(Debug)]
pub(super) struct Item<'t> {
    /// Empty in an array.
    pub(super) key: Vec<Cow<'t, str>>,
    pub(super) value: Value<'t>,
}

/// The indentation of each level of brackets.
const INDENT: usize = 4;
/// The gap between a value and the comment after it.
pub(super) const BEFORE_COMMENT: usize = 3;
/// A longer line does not push the comments of its neighbours to the right.
const LONGEST_ALIGNED: usize = 70;

impl<'t> Group<'t> {
    /// An array or an inline table in which nothing has been read yet.
    pub(super) fn new(is_table: bool) -> Self {
        Self {
            is_table,
            has_lines: false,
            rows: Vec::new(),
            row: Row::default(),
            is_begun: true,
        }
    }

    pub(super) fn is_table(&self) -> bool {
        self.is_table
    }

    pub(super) fn push(&mut self, item: Item<'t>) {
        self.row.items.push(item);
        self.is_begun = true;
    }

    /// Takes the comment at the end of a line.
    pub(super) fn comment(&mut self, comment: &'t str) {
        self.row.comment = Some(comment);
        self.is_begun = true;
    }

    pub(super) fn end_line(&mut self) {
        self.has_lines = true;
        self.end_row();
        if !self.is_begun && self.rows.last().is_some_and(|row| !row.is_blank()) {
            self.rows.push(Row::default());
        }
        self.is_begun = false;
    }

    pub(super) fn finish(mut self) -> Self {
        self.end_row();
        while self.rows.pop_if(|row| row.is_blank()).is_some() {}
        self
    }

    fn end_row(&mut self) {
        let row = std::mem::take(&mut self.row);
        if !row.is_blank() {
            self.rows.push(row);
        }
    }

    fn write(&self, indent: usize, out: &mut String) {
        let (open, close) = if self.is_table { ('{', '}') } else { ('[', ']') };
        out.push(open);
        if self.has_lines && !self.rows.is_empty() {
            self.write_lines(indent + INDENT, out);
            out.push_str(&" ".repeat(indent));
        } else if !self.rows.is_empty() {
            let space = if self.is_table { " " } else { "" };
            let code: Vec<String> = self.rows.iter().map(|row| row.code(indent)).collect();
            out.push_str(space);
            out.push_str(&code.join(", "));
            out.push_str(space);
        }
        out.push(close);
    }

    fn write_lines(&self, indent: usize, out: &mut String) {
        let code_of = |row: &Row<'_>| {
            if row.items.is_empty() {
                String::new()
            } else {
                format!("{}{},", " ".repeat(indent), row.code(indent))
            }
        };
        let lines: Vec<(String, Option<&str>)> =
            self.rows.iter().map(|row| (code_of(row), row.comment)).collect();
        out.push('\n');
        for run in lines.chunk_by(|(above, _), (below, _)| above.is_empty() == below.is_empty()) {
            let column = comment_column(
                run.iter()
                    .map(|(code, comment)| (code.as_str(), comment.is_some())),
            );
            for (code, comment) in run {
                let line = match comment {
                    Some(comment) if code.is_empty() => format!("{}{comment}", " ".repeat(indent)),
                    Some(comment) => with_comment(code, comment, column),
                    None => code.clone(),
                };
                out.push_str(&line);
                out.push('\n');
            }
        }
    }
}

impl Row<'_> {
    fn is_blank(&self) -> bool {
        self.items.is_empty() && self.comment.is_none()
    }

    fn code(&self, indent: usize) -> String {
        let items: Vec<String> = self.items.iter().map(|item| item.code(indent)).collect();
        items.join(", ")
    }
}

impl Item<'_> {
    fn code(&self, indent: usize) -> String {
        let mut code = String::new();
        if !self.key.is_empty() {
            code = format!("{} = ", self.key.join("."));
        }
        self.value.write(indent, &mut code);
        code
    }
}

impl Value<'_> {
    /// Writes the value after the existing text. Its other lines are indented from `indent`.
    pub(super) fn write(&self, indent: usize, out: &mut String) {
        match self {
            Self::Scalar(text) => out.push_str(text),
            Self::Group(group) => group.write(indent, out),
        }
    }

    /// Whether it goes over several lines.
    pub(super) fn has_lines(&self) -> bool {
        match self {
            Self::Scalar(text) => text.contains('\n'),
            Self::Group(group) => {
                let items = || group.rows.iter().flat_map(|row| &row.items);
                (group.has_lines && !group.rows.is_empty()) || items().any(|item| item.value.has_lines())
            }
        }
    }
}

/// The column of the comments after adjacent lines, each given with whether it has one.
pub(super) fn comment_column<'c>(lines: impl Iterator<Item = (&'c str, bool)>) -> usize {
    let widths = lines
        .filter(|(code, has_comment)| *has_comment && !code.contains('\n'))
        .map(|(code, _)| code.chars().count())
        .filter(|width| *width <= LONGEST_ALIGNED);
    widths.max().unwrap_or_default() + BEFORE_COMMENT
}

/// A line, and the comment after it in a column, or further right if the line is too long.
pub(super) fn with_comment(code: &str, comment: &str, column: usize) -> String {
    let last = code.rsplit('\n').next().unwrap_or_default().chars().count();
    let goes_over_lines = code.contains('\n');
    let space = match column.checked_sub(last) {
        Some(space) if space >= BEFORE_COMMENT && !goes_over_lines => space,
        _ => BEFORE_COMMENT,
    };
    format!("{code}{}{comment}", " ".repeat(space))
}
