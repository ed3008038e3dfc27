//! A handbook in Markdown, taken apart into what is told and what is done.

use std::fmt::Write as _;

/// A handbook, part by part.
pub(super) struct Document(pub(super) Vec<Part>);

pub(super) enum Part {
    /// What is only read.
    Prose(String),
    /// `<!-- handbook: WORD REST -->`: what happens meanwhile, unseen by the reader.
    Meanwhile { word: String, rest: String },
    /// A fenced block.
    Block(Block),
}

pub(super) struct Block {
    fence: String,
    /// The language behind the fence.
    pub(super) language: String,
    /// What else stands there, such as `file=rules.toml`.
    pub(super) notes: Vec<(String, String)>,
    /// The text, each line with its end.
    pub(super) text: String,
    /// The line of the fence, from 1.
    pub(super) line: usize,
}

/// A command of a `console` block, and what it printed.
pub(super) struct Exchange {
    pub(super) command: String,
    pub(super) printed: String,
}

const FENCE: &str = "```";

impl Document {
    pub(super) fn read(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut lines = text.lines().enumerate();
        while let Some((at, line)) = lines.next() {
            if line.starts_with(FENCE) {
                // A block that shows fences itself has longer ones around it.
                let info = line.trim_start_matches('`');
                let fence = &line[..line.len() - info.len()];
                let mut body = String::new();
                for (_, line) in lines.by_ref().take_while(|(_, line)| *line != fence) {
                    let _ = writeln!(body, "{line}");
                }
                parts.push(Part::Block(Block::of((fence, info), body, at + 1)));
            } else if let Some(told) = meanwhile(line) {
                parts.push(told);
            } else {
                parts.push(Part::Prose(format!("{line}\n")));
            }
        }
        Self(parts)
    }

    pub(super) fn blocks(&self) -> impl Iterator<Item = &Block> {
        self.0.iter().filter_map(|part| match part {
            Part::Block(block) => Some(block),
            Part::Prose(_) | Part::Meanwhile { .. } => None,
        })
    }
}

fn meanwhile(line: &str) -> Option<Part> {
    let told = line.strip_prefix("<!-- handbook: ")?.strip_suffix(" -->")?;
    let (word, rest) = told.split_once(' ').unwrap_or((told, ""));
    Some(Part::Meanwhile {
        word: word.to_owned(),
        rest: rest.to_owned(),
    })
}

impl Block {
    fn of((fence, info): (&str, &str), text: String, line: usize) -> Self {
        let mut words = info.split_whitespace();
        let language = words.next().unwrap_or_default().to_owned();
        let notes = words
            .filter_map(|word| word.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Self {
            fence: fence.to_owned(),
            language,
            notes,
            text,
            line,
        }
    }

    pub(super) fn note(&self, name: &str) -> Option<&str> {
        let found = self.notes.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The commands, each behind `$ ` and perhaps going on behind `> `, with what they print.
    pub(super) fn exchanges(&self) -> Vec<Exchange> {
        let mut exchanges: Vec<Exchange> = Vec::new();
        for line in self.text.lines() {
            if let Some(command) = line.strip_prefix("$ ") {
                exchanges.push(Exchange {
                    command: command.to_owned(),
                    printed: String::new(),
                });
                continue;
            }
            let last = exchanges.last_mut().expect("a block begins with a command");
            match line.strip_prefix('>').filter(|_| last.printed.is_empty()) {
                Some(more) => {
                    let _ = write!(last.command, "\n{}", more.strip_prefix(' ').unwrap_or(more));
                }
                None => {
                    let _ = writeln!(last.printed, "{line}");
                }
            }
        }
        exchanges
    }
}

/// A `console` block's text again.
pub(super) fn written(exchanges: &[Exchange]) -> String {
    let mut text = String::new();
    for exchange in exchanges {
        let command = exchange.command.replace('\n', "\n> ").replace("\n> \n", "\n>\n");
        let _ = write!(text, "$ {command}\n{}", exchange.printed);
    }
    text
}

impl std::fmt::Display for Document {
    /// The Markdown it was read from.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for part in &self.0 {
            match part {
                Part::Prose(line) => f.write_str(line)?,
                Part::Meanwhile { word, rest } if rest.is_empty() => {
                    writeln!(f, "<!-- handbook: {word} -->")?;
                }
                Part::Meanwhile { word, rest } => writeln!(f, "<!-- handbook: {word} {rest} -->")?,
                Part::Block(block) => {
                    write!(f, "{}{}", block.fence, block.language)?;
                    for (name, value) in &block.notes {
                        write!(f, " {name}={value}")?;
                    }
                    write!(f, "\n{}{}\n", block.text, block.fence)?;
                }
            }
        }
        Ok(())
    }
}

/// Whether what was printed is what the handbook shows: `…` stands for the rest or a part of a line, and alone for
/// any number of lines.
pub(super) fn shows(expected: &str, printed: &str) -> bool {
    let mut pattern = String::from("^");
    for line in expected.lines() {
        if line == "…" {
            pattern.push_str("(?s:.*?)");
            continue;
        }
        let parts: Vec<String> = line.split('…').map(regex::escape).collect();
        let _ = writeln!(pattern, "{}", parts.join("[^\n]*?"));
    }
    pattern.push('$');
    regex::Regex::new(&pattern).unwrap().is_match(printed)
}

#[test]
fn dots_stand_for_what_differs_from_time_to_time() {
    assert!(shows("at … done\n", "at 12:03 done\n"));
    assert!(shows("…\nlast\n", "one\ntwo\nlast\n"));
    assert!(!shows("at … done\n", "at 12:03\ndone\n"));
    assert!(!shows("one\n", "one\ntwo\n"));
    assert!(!shows("1.5\n", "1x5\n"));
}

#[test]
fn a_handbook_is_written_as_it_was_read() {
    let text = "# A\n\n<!-- handbook: serve -->\n```console\n$ cat > x <<'END'\n> one\n>\n> END\n$ cat x\none\n\n```\nend\n";
    let document = Document::read(text);
    assert_eq!(document.to_string(), text);
    let block = document.blocks().next().unwrap();
    let exchanges = block.exchanges();
    assert_eq!(exchanges[0].command, "cat > x <<'END'\none\n\nEND");
    assert_eq!(exchanges[1].printed, "one\n\n");
    assert_eq!(written(&exchanges), block.text);
}
