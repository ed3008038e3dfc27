//! The destination and format of log lines.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::settings::LogFormat;

/// The log filter if `RUST_LOG` is not set.
const DEFAULT_FILTER: &str = "info,hyper=warn,sqlx=warn";

/// Starts logging to standard error: text on a terminal and JSON elsewhere, unless configured.
pub(crate) fn start(format: LogFormat) {
    start_with(format, DEFAULT_FILTER);
}

fn start_with(format: LogFormat, filter: &str) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(filter));
    let on_terminal = std::io::stderr().is_terminal();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_span_events(FmtSpan::NONE)
        .with_ansi(on_terminal)
        .with_writer(std::io::stderr);
    let json = match format {
        LogFormat::Auto => !on_terminal,
        LogFormat::Json => true,
        LogFormat::Text => false,
    };
    // A second start in one process keeps the first subscriber.
    let _ = if json {
        subscriber.json().flatten_event(true).try_init()
    } else {
        subscriber.with_target(false).try_init()
    };
}

/// Starts logging only errors, for a program whose own output matters to people.
pub(crate) fn start_quiet(format: LogFormat) {
    start_with(format, "error");
}
