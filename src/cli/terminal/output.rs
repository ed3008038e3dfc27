//! The only way to standard output and standard error: what others wrote is escaped on the way, so that no verb can forget it.

use std::io::{self, IsTerminal as _, Write};

use anyhow::Context;
use tracing_subscriber::fmt::MakeWriter;

use super::color;
use super::escape::{escaped_json, escaped_lines, escaped_log_line};
use super::safe_text::SafeText;
use crate::rules::Findings;

/// The output format of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Output {
    /// Plain text.
    #[default]
    Text,
    /// One JSON document on standard output.
    Json,
}

/// Prints one JSON document on standard output. Invisible characters are written as JSON escapes: programs read the same
/// value, and a terminal does not act on them.
///
/// # Errors
/// The value cannot be written as JSON, or standard output cannot be written to.
pub(crate) fn print_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(value).context("writing JSON")?;
    write_stdout(&format!("{}\n", escaped_json(&text)))
}

/// Prints text for people on standard output. Everything invisible in it is escaped, except line breaks and tabs. A value
/// that must stay on its line is escaped before it is added to the text.
///
/// # Errors
/// Standard output cannot be written to.
pub(crate) fn print_text(text: impl Into<SafeText>) -> anyhow::Result<()> {
    let text = text.into();
    if color::is_stdout_colored() {
        write_stdout(text.with_styles())
    } else {
        write_stdout(&text.without_styles())
    }
}

/// Prints the text of a file unchanged, or escaped if standard output is a terminal.
///
/// # Errors
/// Standard output cannot be written to.
pub(crate) fn print_exactly(text: &str) -> anyhow::Result<()> {
    if io::stdout().is_terminal() {
        write_stdout(&escaped_lines(text))
    } else {
        write_stdout(text)
    }
}

/// A reader that closes the output early, such as `head`, is not an error.
fn write_stdout(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error).context("writing the output"),
        _ => Ok(()),
    }
}

/// Whether standard output is a terminal.
pub(crate) fn stdout_is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Whether standard error is a terminal.
pub(crate) fn stderr_is_terminal() -> bool {
    io::stderr().is_terminal()
}

/// Prints a message for people on standard error, as [`print_text`] does on standard output. Without a reader it is lost.
pub(crate) fn print_message(text: impl Into<SafeText>) {
    let text = text.into();
    let text = if color::is_stderr_colored() {
        text.with_styles().to_owned()
    } else {
        text.without_styles()
    };
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Prints findings on standard error.
pub(crate) fn print_findings(findings: &Findings) {
    let mut text = SafeText::new();
    text.push_findings(findings);
    print_message(text);
}

/// Prints a line on standard error, formatted like `eprintln!`. Everything invisible in it is escaped.
macro_rules! message {
    ($($argument:tt)*) => {
        $crate::cli::terminal::output::print_message(format!("{}\n", format_args!($($argument)*)))
    };
}
pub(crate) use message;

/// Text for programs on standard output, written piece by piece: unchanged in a pipe, escaped on a terminal.
pub(crate) struct ExactOutput<W = io::BufWriter<io::Stdout>> {
    out: W,
    is_terminal: bool,
}

impl ExactOutput {
    /// Standard output.
    pub(crate) fn open() -> Self {
        Self {
            out: io::BufWriter::new(io::stdout()),
            is_terminal: stdout_is_terminal(),
        }
    }
}

impl<W: Write> ExactOutput<W> {
    /// A pipe.
    #[cfg(test)]
    pub(crate) fn pipe(out: W) -> Self {
        Self {
            out,
            is_terminal: false,
        }
    }

    /// Writes a piece of text.
    ///
    /// # Errors
    /// The output cannot be written to.
    pub(crate) fn write(&mut self, text: &str) -> io::Result<()> {
        if self.is_terminal {
            self.out.write_all(escaped_lines(text).as_bytes())
        } else {
            self.out.write_all(text.as_bytes())
        }
    }

    /// Writes a piece of JSON, in which everything invisible is escaped.
    ///
    /// # Errors
    /// The output cannot be written to.
    pub(crate) fn write_json(&mut self, json: &str) -> io::Result<()> {
        self.out.write_all(escaped_json(json).as_bytes())
    }

    /// Flushes the output.
    ///
    /// # Errors
    /// The output cannot be written to.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Where log lines go: standard error, escaped.
#[derive(Debug, Clone, Copy)]
pub(crate) enum LogOutput {
    /// Lines for people, without styles.
    Plain,
    /// Lines for people, with the styles of the logger.
    Styled,
    /// One JSON object per line.
    Json,
}

/// Writes one log line.
#[derive(Debug)]
pub(crate) struct LogLine(LogOutput);

impl<'a> MakeWriter<'a> for LogOutput {
    type Writer = LogLine;

    fn make_writer(&'a self) -> LogLine {
        LogLine(*self)
    }
}

impl Write for LogLine {
    /// The logger writes each line with one call.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        let escaped = match self.0 {
            LogOutput::Plain => escaped_lines(&text).into_owned(),
            LogOutput::Styled => escaped_log_line(&text),
            LogOutput::Json => escaped_json(&text).into_owned(),
        };
        io::stderr().lock().write_all(escaped.as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().lock().flush()
    }
}
