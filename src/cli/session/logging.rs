//! The destination and format of log lines.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::cli::terminal::color::is_stderr_colored;
use crate::cli::terminal::output::{LogOutput, stderr_is_terminal};
use crate::settings::LogFormat;

/// The log filter if `RUST_LOG` is not set.
const DEFAULT_FILTER: &str = "info,hyper=warn,sqlx=warn";

/// Starts logging to standard error: text on a terminal and JSON elsewhere, unless configured.
pub(crate) fn start(format: LogFormat) {
    start_with(format, DEFAULT_FILTER);
}

fn start_with(format: LogFormat, filter: &str) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(filter));
    let json = match format {
        LogFormat::Auto => !stderr_is_terminal(),
        LogFormat::Json => true,
        LogFormat::Text => false,
    };
    let output = match (json, is_stderr_colored()) {
        (true, _) => LogOutput::Json,
        (false, true) => LogOutput::Styled,
        (false, false) => LogOutput::Plain,
    };
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_span_events(FmtSpan::NONE)
        .with_ansi(matches!(output, LogOutput::Styled))
        .with_writer(output);
    // A second start in one process keeps the first subscriber.
    let _ = if json {
        subscriber.json().flatten_event(true).try_init()
    } else {
        subscriber.with_target(false).try_init()
    };
}

/// Starts logging for the simulator: text with the source of each line.
pub(crate) fn start_simulator() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let output = if is_stderr_colored() {
        LogOutput::Styled
    } else {
        LogOutput::Plain
    };
    // Fails if a subscriber is already set, which then stays.
    let _ = tracing_subscriber::fmt()
        .with_writer(output)
        .with_ansi(is_stderr_colored())
        .with_env_filter(filter)
        .try_init();
}

/// Starts logging only errors, for a program whose own output matters to people.
pub(crate) fn start_quiet(format: LogFormat) {
    start_with(format, "error");
}
