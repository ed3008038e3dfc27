//! Reads the paths that a source file imports.

use super::tokens::{Token, tokens};

/// A path that a source names, from its root: `crate`, an outside crate, or a macro's name alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    /// `crate, engine, Intake`; `super` is resolved, groups are taken apart, `*` is a segment.
    pub(super) path: Vec<String>,
    pub(super) line: usize,
    /// Whether it stands in a module named `tests`.
    pub(super) in_tests: bool,
    /// Whether it is passed on: `pub use` or `pub(crate) use`.
    pub(super) passed_on: bool,
}

/// Every path that a source names, and every single word. `module` is the module that the file is, from the root.
pub(super) fn named_in(text: &str, module: &[String]) -> Vec<Named> {
    let mut reader = Reader {
        tokens: tokens(text),
        at: 0,
        module: module.to_vec(),
        inline: Vec::new(),
        depth: 0,
        found: Vec::new(),
        passing_on: false,
    };
    while reader.at < reader.tokens.len() {
        reader.step();
    }
    reader.found
}

struct Reader {
    tokens: Vec<Token>,
    at: usize,
    module: Vec<String>,
    /// The modules written in this file that we are in, with the depth of braces around each.
    inline: Vec<(String, usize)>,
    depth: usize,
    found: Vec<Named>,
    /// Whether the statement here is a `pub use`.
    passing_on: bool,
}

impl Reader {
    fn text(&self, ahead: usize) -> &str {
        self.tokens
            .get(self.at + ahead)
            .map_or("", |token| token.text.as_str())
    }

    fn before(&self, back: usize) -> &str {
        let token = self.at.checked_sub(back).and_then(|at| self.tokens.get(at));
        token.map_or("", |token| token.text.as_str())
    }

    fn step(&mut self) {
        match (self.text(0), self.text(2)) {
            ("mod", "{") => {
                self.inline.push((self.text(1).to_owned(), self.depth));
                self.depth += 1;
                self.at += 3;
            }
            ("{", _) => {
                self.depth += 1;
                self.at += 1;
            }
            ("}", _) => {
                self.depth = self.depth.saturating_sub(1);
                let depth = self.depth;
                self.inline.retain(|(_, around)| *around < depth);
                self.at += 1;
            }
            ("use", _) => {
                self.passing_on = matches!(self.before(1), "pub" | ")");
                self.at += 1;
            }
            (";", _) => {
                self.passing_on = false;
                self.at += 1;
            }
            // `pub(in crate::x)` names a place that may see, not one that is seen.
            ("in", _) if self.text(1) == "crate" && self.before(2) == "pub" => {
                self.at += 2;
            }
            _ if self.tokens.get(self.at).is_some_and(Token::is_word) => {
                let root = self.root();
                self.path(root);
            }
            _ => self.at += 1,
        }
    }

    /// The start of the path here, with `super` and `self` resolved; the reader stands behind it.
    fn root(&mut self) -> Vec<String> {
        let mut place: Vec<String> = self.module.clone();
        place.extend(self.inline.iter().map(|(name, _)| name.clone()));
        place.insert(0, "crate".to_owned());
        let mut relative = false;
        while self.text(1) == "::" && matches!(self.text(0), "super" | "self") {
            if self.text(0) == "super" && place.len() > 1 {
                place.pop();
            }
            relative = true;
            self.at += 2;
        }
        if relative { place } else { Vec::new() }
    }

    /// Reads a path, or a group of paths, that goes on from `before`.
    fn path(&mut self, before: Vec<String>) {
        let mut path = before;
        loop {
            let line = self.tokens.get(self.at).map_or(0, |token| token.line);
            match self.text(0) {
                "{" => return self.group(&path),
                "super" if path.len() > 1 => {
                    path.pop();
                }
                "self" | "super" => {}
                word => path.push(if word == "portoutd" { "crate" } else { word }.to_owned()),
            }
            self.at += 1;
            if self.text(0) != "::" || self.text(1) == "<" {
                let in_tests = self.inline.iter().any(|(name, _)| name == "tests");
                let passed_on = self.passing_on;
                self.found.push(Named {
                    path,
                    line,
                    in_tests,
                    passed_on,
                });
                return;
            }
            self.at += 1;
        }
    }

    fn group(&mut self, before: &[String]) {
        self.at += 1;
        while self.at < self.tokens.len() {
            match self.text(0) {
                "}" => {
                    self.at += 1;
                    return;
                }
                "," => self.at += 1,
                "as" => self.at += 2,
                _ => self.path(before.to_vec()),
            }
        }
    }
}
