//! Whether output is colored: `--color`, then the environment, then whether the stream is a terminal.

use std::ffi::{OsStr, OsString};
use std::io;

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};

/// When to color the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum ColorWhen {
    /// On a terminal, unless `NO_COLOR` is set. `CLICOLOR_FORCE` colors pipes too.
    #[default]
    Auto,
    /// Always, even in a pipe.
    Always,
    /// Never.
    Never,
}

impl ColorWhen {
    /// Reads `--color` from the raw arguments, because help and usage errors are printed before the arguments are parsed.
    /// An invalid value is left for the parser to refuse.
    pub(crate) fn in_arguments(arguments: impl IntoIterator<Item = OsString>) -> Self {
        let arguments: Vec<OsString> = arguments.into_iter().collect();
        // What follows `--` belongs to another command.
        let own = arguments.split(|word| word == "--").next().unwrap_or_default();
        let pairs = own.iter().zip(own.iter().skip(1).map(Some).chain([None]));
        let values = pairs.filter_map(|(word, next)| {
            if word == "--color" {
                return next.map(OsString::as_os_str);
            }
            word.to_str()?.strip_prefix("--color=").map(OsStr::new)
        });
        let named = values.last().and_then(OsStr::to_str);
        named
            .and_then(|name| <Self as clap::ValueEnum>::from_str(name, false).ok())
            .unwrap_or_default()
    }

    /// Applies the choice to everything that this process prints from now on.
    pub(crate) fn apply(self) {
        let choice = match self {
            Self::Auto => ColorChoice::Auto,
            Self::Always => ColorChoice::Always,
            Self::Never => ColorChoice::Never,
        };
        choice.write_global();
    }
}

/// Whether standard output is colored. JSON and CSV never are.
pub(crate) fn is_stdout_colored() -> bool {
    AutoStream::choice(&io::stdout()) != ColorChoice::Never
}

/// Whether standard error is colored.
pub(crate) fn is_stderr_colored() -> bool {
    AutoStream::choice(&io::stderr()) != ColorChoice::Never
}

/// The meaning of a colored word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Tone {
    /// No color.
    #[default]
    Plain,
    /// A success, or an authorization.
    Good,
    /// A failure, or a rejection.
    Bad,
    /// Something that waits for a person.
    Waiting,
}

impl Tone {
    /// The tone of a word for an outcome, such as `authorize` or `failed`; plain for every other word.
    pub(crate) fn of(word: &str) -> Self {
        match word {
            "authorize" | "authorized" | "ok" | "confirmed" | "ported" | "active" => Self::Good,
            "reject" | "rejected" | "rejected-pending" | "FAILED" | "refused" | "conflict" | "OVERDUE" => {
                Self::Bad
            }
            "hold" | "held" | "unknown" | "proposed" => Self::Waiting,
            _ => Self::Plain,
        }
    }

    /// The style of the tone, for terminals with a light and a dark background.
    pub(crate) fn style(self) -> Style {
        match self {
            Self::Plain => Style::new(),
            Self::Good => AnsiColor::Green.on_default(),
            Self::Bad => AnsiColor::Red.on_default().bold(),
            Self::Waiting => AnsiColor::Yellow.on_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_color_option_before_two_dashes_counts() {
        for (line, expected) in [
            ("portoutd pending", ColorWhen::Auto),
            ("portoutd --color never pending", ColorWhen::Never),
            ("portoutd pending --color=always", ColorWhen::Always),
            ("portoutd --color never pending --color always", ColorWhen::Always),
            ("portoutd with-postgres -- ls --color=always", ColorWhen::Auto),
            ("portoutd --color", ColorWhen::Auto),
            ("portoutd --color=purple", ColorWhen::Auto),
        ] {
            let found = ColorWhen::in_arguments(line.split(' ').map(OsString::from));
            assert_eq!(found, expected, "{line}");
        }
    }

    #[test]
    fn outcomes_have_a_tone_and_other_words_have_none() {
        assert_eq!(Tone::of("authorize"), Tone::Good);
        assert_eq!(Tone::of("reject"), Tone::Bad);
        assert_eq!(Tone::of("hold"), Tone::Waiting);
        assert_eq!(Tone::of("Authorize Inc."), Tone::Plain);
        assert_eq!(Tone::Plain.style(), Style::new());
    }
}
