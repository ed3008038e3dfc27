//! A rule file as written, with comments and blank lines.

use std::borrow::Cow;

use toml_parser::Source;
use toml_parser::lexer::{Token, TokenKind};

use super::group::{Group, Item, Value};

/// A rule file as it is written, comments and blank lines included.
#[derive(Debug)]
pub(super) struct Written<'t> {
    /// The first one has no header: the keys of the file itself.
    pub(super) tables: Vec<Table<'t>>,
}

/// A header and the keys under it.
#[derive(Debug, Default)]
pub(super) struct Table<'t> {
    /// The lines above the header.
    pub(super) lead: Vec<Between<'t>>,
    pub(super) header: Option<Header<'t>>,
    pub(super) pairs: Vec<Pair<'t>>,
    /// Comments right below the last key.
    pub(super) tail: Vec<Between<'t>>,
}

/// `[lists.locked]` or `[[rule]]`
#[derive(Debug)]
pub(super) struct Header<'t> {
    pub(super) path: Vec<Cow<'t, str>>,
    pub(super) is_array: bool,
    pub(super) comment: Option<&'t str>,
}

/// `key = value`
#[derive(Debug)]
pub(super) struct Pair<'t> {
    /// The lines above it.
    pub(super) lead: Vec<Between<'t>>,
    pub(super) key: Vec<Cow<'t, str>>,
    pub(super) value: Value<'t>,
    pub(super) comment: Option<&'t str>,
    /// Comments that continue the one after the value, at least as far to the right.
    pub(super) continued: Vec<&'t str>,
}

/// A line between keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Between<'t> {
    Blank,
    Comment(&'t str),
}

/// A comment that starts further left does not continue the one above.
const CONTINUED_FROM: usize = 8;

struct Reader<'t> {
    text: &'t str,
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    /// Where the last line began.
    line: usize,
}

impl<'t> Written<'t> {
    /// Takes a text apart that is TOML.
    pub(super) fn read(text: &'t str) -> Self {
        let mut reader = Reader {
            text,
            tokens: Source::new(text).lex().into_vec().into_iter().peekable(),
            line: 0,
        };
        let mut tables = Vec::new();
        let mut table = Table::default();
        let mut lead = Vec::new();
        loop {
            match reader.next_token() {
                TokenKind::Eof => break,
                TokenKind::Newline => {
                    reader.take();
                    lead.push(Between::Blank);
                }
                TokenKind::Comment => reader.comment_line(&mut lead, table.pairs.last_mut()),
                TokenKind::LeftSquareBracket => {
                    table.take_tail(&mut lead);
                    tables.push(std::mem::take(&mut table));
                    table.lead = std::mem::take(&mut lead);
                    table.header = Some(reader.header());
                }
                _ => table.pairs.push(reader.pair(std::mem::take(&mut lead))),
            }
        }
        table.tail = lead;
        tables.push(table);
        Self { tables }
    }
}

impl<'t> Table<'t> {
    /// Comments directly below the last key belong to this table, not to the next header.
    fn take_tail(&mut self, lead: &mut Vec<Between<'t>>) {
        if let Some(blank) = lead.iter().position(|line| *line == Between::Blank) {
            self.tail = lead.drain(..blank).collect();
        }
    }
}

impl<'t> Reader<'t> {
    /// The kind of the next token that is not whitespace.
    fn next_token(&mut self) -> TokenKind {
        while self
            .tokens
            .next_if(|token| token.kind() == TokenKind::Whitespace)
            .is_some()
        {}
        self.tokens.peek().map_or(TokenKind::Eof, Token::kind)
    }

    /// Takes the next token, and gives its text.
    fn take(&mut self) -> &'t str {
        let Some(token) = self.tokens.next() else {
            return "";
        };
        if token.kind() == TokenKind::Newline {
            self.line = token.span().end();
        }
        self.slice(token.span().start(), token.span().end())
    }

    fn slice(&self, start: usize, end: usize) -> &'t str {
        self.text.get(start..end).unwrap_or_default()
    }

    fn start_of_next(&mut self) -> usize {
        self.tokens
            .peek()
            .map_or(self.text.len(), |token| token.span().start())
    }

    /// A line that is only a comment: it continues the comment above, or is separate.
    fn comment_line(&mut self, lead: &mut Vec<Between<'t>>, above: Option<&mut Pair<'t>>) {
        let column = self.start_of_next() - self.line;
        let comment = self.take().trim_end();
        self.end_line();
        match above {
            Some(pair)
                if lead.is_empty()
                    && pair.comment.is_some()
                    && column >= CONTINUED_FROM
                    && !pair.value.has_lines() =>
            {
                pair.continued.push(comment);
            }
            _ => lead.push(Between::Comment(comment)),
        }
    }

    /// The comment after a header or a value, and the end of its line.
    fn trailing_comment(&mut self) -> Option<&'t str> {
        let comment = (self.next_token() == TokenKind::Comment).then(|| self.take().trim_end());
        self.end_line();
        comment
    }

    fn end_line(&mut self) {
        if self.next_token() == TokenKind::Newline {
            self.take();
        }
    }

    fn header(&mut self) -> Header<'t> {
        self.take();
        let is_array = self.next_token() == TokenKind::LeftSquareBracket;
        if is_array {
            self.take();
        }
        let path = self.key();
        while self.next_token() == TokenKind::RightSquareBracket {
            self.take();
        }
        Header {
            path,
            is_array,
            comment: self.trailing_comment(),
        }
    }

    fn pair(&mut self, lead: Vec<Between<'t>>) -> Pair<'t> {
        let key = self.key();
        if self.next_token() == TokenKind::Equals {
            self.take();
        }
        Pair {
            lead,
            key,
            value: self.value(),
            comment: self.trailing_comment(),
            continued: Vec::new(),
        }
    }

    /// The parts of a dotted key.
    fn key(&mut self) -> Vec<Cow<'t, str>> {
        let mut parts = Vec::new();
        loop {
            match self.next_token() {
                TokenKind::Dot => drop(self.take()),
                TokenKind::Atom
                | TokenKind::BasicString
                | TokenKind::LiteralString
                | TokenKind::MlBasicString
                | TokenKind::MlLiteralString => parts.push(key_part(self.take())),
                _ => return parts,
            }
        }
    }

    fn value(&mut self) -> Value<'t> {
        match self.next_token() {
            TokenKind::LeftSquareBracket => Value::Group(self.group(TokenKind::RightSquareBracket)),
            TokenKind::LeftCurlyBracket => Value::Group(self.group(TokenKind::RightCurlyBracket)),
            _ => Value::Scalar(self.scalar()),
        }
    }

    /// A value that is one word. A number or a date can be several tokens.
    fn scalar(&mut self) -> Cow<'t, str> {
        let start = self.start_of_next();
        let mut end = start;
        while !ends_scalar(self.next_token()) {
            let from = self.start_of_next();
            end = from + self.take().len();
        }
        in_double_quotes(self.slice(start, end))
    }

    fn group(&mut self, close: TokenKind) -> Group<'t> {
        self.take();
        let mut group = Group::new(close == TokenKind::RightCurlyBracket);
        loop {
            match self.next_token() {
                kind if kind == close => {
                    self.take();
                    return group.finish();
                }
                TokenKind::Eof => return group.finish(),
                TokenKind::Comma => drop(self.take()),
                TokenKind::Newline => {
                    self.take();
                    group.end_line();
                }
                TokenKind::Comment => {
                    let comment = self.take().trim_end();
                    group.comment(comment);
                }
                _ => {
                    let item = self.item(group.is_table());
                    group.push(item);
                }
            }
        }
    }

    fn item(&mut self, has_key: bool) -> Item<'t> {
        let key = if has_key { self.key() } else { Vec::new() };
        if self.next_token() == TokenKind::Equals {
            self.take();
        }
        let before = self.start_of_next();
        let value = self.value();
        if self.start_of_next() == before {
            // The text is always valid TOML here; if it were not, the loop would still end.
            self.take();
        }
        Item { key, value }
    }
}

fn ends_scalar(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::Comma
            | TokenKind::Newline
            | TokenKind::Comment
            | TokenKind::RightSquareBracket
            | TokenKind::RightCurlyBracket
            | TokenKind::Eof
    )
}

/// A part of a key: bare if possible.
fn key_part(raw: &str) -> Cow<'_, str> {
    let inner = raw
        .strip_prefix(['"', '\''])
        .and_then(|rest| rest.strip_suffix(['"', '\'']));
    let is_bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    match inner {
        Some(inner) if !inner.is_empty() && inner.chars().all(is_bare) => Cow::Borrowed(inner),
        _ => in_double_quotes(raw),
    }
}

/// `'text'` as `"text"`, if nothing in it would need an escape.
fn in_double_quotes(raw: &str) -> Cow<'_, str> {
    let inner = raw.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    match inner {
        Some(inner) if !raw.starts_with("'''") && !inner.contains(['"', '\\', '\t']) => {
            Cow::Owned(format!("\"{inner}\""))
        }
        _ => Cow::Borrowed(raw),
    }
}
