//! Where log lines go and how they look.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::settings::LogFormat;

/// What is logged when `RUST_LOG` does not say.
const DEFAULT_FILTER: &str = "info,hyper=warn,sqlx=warn";

/// Starts logging to standard error: for people on a terminal, JSON elsewhere, unless configured.
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
    // A second start in one process keeps the first: there is nothing to lose.
    let _ = if json {
        subscriber.json().flatten_event(true).try_init()
    } else {
        subscriber.with_target(false).try_init()
    };
}

/// Starts logging for a program whose own output is what people look at: errors only.
pub(crate) fn start_quiet(format: LogFormat) {
    start_with(format, "error");
}
