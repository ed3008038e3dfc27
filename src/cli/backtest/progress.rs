//! The progress of a backtest, shown on a terminal.

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};

use crate::cli::terminal::output::stderr_is_terminal;
use crate::engine::backtest::Progress;

/// A progress bar on standard error, if that is a terminal. It is removed when dropped, so that a new line follows.
pub(super) struct Bar(ProgressBar);

impl Bar {
    pub(super) fn new() -> Self {
        if !stderr_is_terminal() {
            return Self(ProgressBar::hidden());
        }
        let style = ProgressStyle::with_template("{msg} {bar:40} {human_pos} of {human_len}, {eta} left")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::new(1).with_style(style);
        Self(bar.with_finish(ProgressFinish::AndClear))
    }

    pub(super) fn show(&self, progress: &Progress) {
        let (what, done, total) = match progress {
            Progress::Reading {
                account,
                pages,
                total,
            } => (format!("reading {account}, pages"), pages, total),
            Progress::Judging { done, total } => ("evaluating, orders".to_owned(), done, total),
        };
        if self.0.message() != what {
            self.0.set_message(what);
            self.0.reset();
        }
        self.0.set_length(*total);
        self.0.set_position(*done);
    }
}
