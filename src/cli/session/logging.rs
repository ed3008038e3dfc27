//! The destination and format of log lines.

use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::cli::terminal::color::is_stderr_colored;
use crate::cli::terminal::output::{LogOutput, stderr_is_terminal};
use crate::settings::LogFormat;

/// The log filter if `RUST_LOG` is not set.
const DEFAULT_FILTER: &str = "info,hyper=warn,sqlx=warn";

/// Starts logging to standard error: text on a terminal and JSON elsewhere, unless configured.
pub(crate) fn start(format: LogFormat) {
    start_with(format, DEFAULT_FILTER);
}

/// Starts logging only errors, for a program whose own output matters to people.
pub(crate) fn start_quiet(format: LogFormat) {
    start_with(format, "error");
}

fn start_with(format: LogFormat, filter: &str) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(filter));
    let is_json = match format {
        LogFormat::Auto => !stderr_is_terminal(),
        LogFormat::Json => true,
        LogFormat::Text => false,
    };
    // A second start in one process keeps the first subscriber.
    let _ = if is_json {
        json(filter, LogOutput::Json).try_init()
    } else {
        let lines = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(text_output());
        lines
            .with_ansi(is_stderr_colored())
            .with_target(false)
            .finish()
            .try_init()
    };
}

/// Starts logging for the simulator: text with the source of each line.
pub(crate) fn start_simulator() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    // Fails if a subscriber is already set, which then stays.
    let _ = tracing_subscriber::fmt()
        .with_writer(text_output())
        .with_ansi(is_stderr_colored())
        .with_env_filter(filter)
        .try_init();
}

fn text_output() -> LogOutput {
    if is_stderr_colored() {
        LogOutput::Styled
    } else {
        LogOutput::Plain
    }
}

/// One object per line: the event's fields at the top, those of the order or request that it is about in `span`.
fn json<W>(filter: EnvFilter, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer)
        .json();
    // The list of spans would print the fields of the current one again.
    lines.flatten_event(true).with_span_list(false).finish()
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::sync::Mutex;

    use serde_json::Value;

    use super::*;
    use crate::domain::ErrorChain;
    use crate::store::StoreError;

    /// What one line of the JSON format says.
    fn line(filter: &str, log: impl FnOnce()) -> Value {
        let file = tempfile::NamedTempFile::new().unwrap();
        let writer = Mutex::new(File::create(file.path()).unwrap());
        tracing::subscriber::with_default(json(EnvFilter::new(filter), writer), log);
        serde_json::from_str(&std::fs::read_to_string(file.path()).unwrap()).unwrap()
    }

    #[test]
    fn a_json_line_has_every_cause_of_an_error() {
        let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        let error = StoreError::Away(sqlx::Error::Io(refused));
        let line = line("info", || {
            tracing::error!(error = %ErrorChain(&error), "Failed to read the queue");
        });
        let said = line["error"].as_str().unwrap();
        assert!(said.starts_with("the database is unavailable: "), "{said}");
        assert!(said.ends_with("connection refused"), "{said}");
        assert_eq!(line["message"], "Failed to read the queue");
    }

    #[test]
    fn a_json_line_carries_the_fields_of_its_span_once_even_where_only_errors_are_logged() {
        let line = line("error", || {
            let span = tracing::error_span!("order", order.id = "o-1", episode = tracing::field::Empty);
            let _entered = span.enter();
            span.record("episode", 2);
            tracing::error!("Failed to read order from Telnyx");
        });
        assert_eq!(line["span"]["order.id"], "o-1");
        assert_eq!(line["span"]["episode"], 2);
        assert_eq!(line["spans"], Value::Null);
    }
}
