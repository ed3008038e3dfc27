//! Splits Rust sources into tokens.

/// A word or a mark of a source, with the line it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    /// An identifier, `::`, or one other character.
    pub(super) text: String,
    /// Counted from 1.
    pub(super) line: usize,
}

impl Token {
    pub(super) fn is_word(&self) -> bool {
        self.text.starts_with(|c: char| c.is_alphabetic() || c == '_')
    }
}

/// Splits a Rust source into tokens; comments, strings, characters, lifetimes and numbers are left out.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    Scanner::scan(text).found
}

/// The contents of the string literals of a Rust source, as they are written there, with the lines they begin in.
pub(super) fn literals(text: &str) -> Vec<Token> {
    Scanner::scan(text).literals
}

struct Scanner {
    rest: Vec<char>,
    at: usize,
    line: usize,
    found: Vec<Token>,
    literals: Vec<Token>,
}

impl Scanner {
    fn scan(text: &str) -> Self {
        let mut scanner = Self {
            rest: text.chars().collect(),
            at: 0,
            line: 1,
            found: Vec::new(),
            literals: Vec::new(),
        };
        while scanner.at < scanner.rest.len() {
            scanner.step();
        }
        scanner
    }

    /// Keeps what was read since `start`, without the quote and the marks at its end.
    fn keep_literal(&mut self, start: usize, line: usize) {
        let length = (self.at - start).saturating_sub(1);
        let text = self.rest.iter().skip(start).take(length).collect();
        self.literals.push(Token { text, line });
    }

    fn peek(&self, ahead: usize) -> char {
        self.rest.get(self.at + ahead).copied().unwrap_or('\0')
    }

    fn advance(&mut self) -> char {
        let c = self.peek(0);
        self.line += usize::from(c == '\n');
        self.at += 1;
        c
    }

    fn ended(&self) -> bool {
        self.at >= self.rest.len()
    }

    fn push(&mut self, text: String, line: usize) {
        self.found.push(Token { text, line });
    }

    fn step(&mut self) {
        match (self.peek(0), self.peek(1)) {
            ('/', '/') => self.line_comment(),
            ('/', '*') => self.block_comment(),
            ('"', _) => self.string(),
            ('\'', _) => self.character_or_lifetime(),
            (':', ':') => {
                self.at += 2;
                self.push("::".to_owned(), self.line);
            }
            (c, _) if c.is_alphabetic() || c == '_' => self.word(),
            (c, _) if c.is_ascii_digit() => self.number(),
            (c, _) if c.is_whitespace() => {
                self.advance();
            }
            (c, _) => {
                self.advance();
                self.push(c.to_string(), self.line);
            }
        }
    }

    fn line_comment(&mut self) {
        while !self.ended() && self.peek(0) != '\n' {
            self.advance();
        }
    }

    fn block_comment(&mut self) {
        let mut depth = 0_usize;
        while !self.ended() {
            match (self.peek(0), self.peek(1)) {
                ('/', '*') => {
                    depth += 1;
                    self.at += 2;
                }
                ('*', '/') => {
                    depth -= 1;
                    self.at += 2;
                    if depth == 0 {
                        return;
                    }
                }
                _ => {
                    self.advance();
                }
            }
        }
    }

    fn string(&mut self) {
        self.advance();
        let (start, line) = (self.at, self.line);
        while !self.ended() {
            match self.advance() {
                '\\' => {
                    self.advance();
                }
                '"' => break,
                _ => {}
            }
        }
        self.keep_literal(start, line);
    }

    /// After `r`, `br` or `cr`: `#"…"#` with as many marks at the end as at the start.
    fn raw_string(&mut self) {
        let marks = self.rest.iter().skip(self.at).take_while(|c| **c == '#').count();
        self.at += marks + 1;
        let (start, line) = (self.at, self.line);
        while !self.ended() {
            let closes = self.advance() == '"' && (0..marks).all(|ahead| self.peek(ahead) == '#');
            if closes {
                self.keep_literal(start, line);
                self.at += marks;
                return;
            }
        }
    }

    fn character_or_lifetime(&mut self) {
        self.advance();
        if self.peek(0) == '\\' {
            self.at += 2;
            while !self.ended() && self.advance() != '\'' {}
        } else if self.peek(1) == '\'' {
            self.advance();
            self.advance();
        } else {
            while self.peek(0).is_alphanumeric() || self.peek(0) == '_' {
                self.advance();
            }
        }
    }

    fn number(&mut self) {
        while self.peek(0).is_alphanumeric() || self.peek(0) == '_' {
            self.advance();
        }
    }

    fn word(&mut self) {
        let (line, start) = (self.line, self.at);
        while self.peek(0).is_alphanumeric() || self.peek(0) == '_' {
            self.at += 1;
        }
        let word: String = self.rest.iter().skip(start).take(self.at - start).collect();
        let is_raw = matches!(word.as_str(), "r" | "br" | "cr");
        let marks = self.rest.iter().skip(self.at).take_while(|c| **c == '#').count();
        match word.as_str() {
            _ if is_raw && self.peek(marks) == '"' => self.raw_string(),
            "b" | "c" if self.peek(0) == '"' => self.string(),
            "b" if self.peek(0) == '\'' => self.character_or_lifetime(),
            // `r#type`: the name without its mark.
            "r" if marks == 1 => self.at += 1,
            _ => self.push(word, line),
        }
    }
}
