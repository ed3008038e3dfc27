//! Where log lines go and how they look.

use std::io::IsTerminal;

use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::settings::LogFormat;

/// What is logged when `RUST_LOG` does not say.
const DEFAULT_FILTER: &str = "info,hyper=warn,sqlx=warn";

/// Starts logging to standard error: for people on a terminal, JSON elsewhere, unless configured.
pub(crate) fn start(format: LogFormat) {
    start_with(format, DEFAULT_FILTER);
}

/// Starts logging for a program whose own output is what people look at: errors only.
pub(crate) fn start_quiet(format: LogFormat) {
    start_with(format, "error");
}

fn start_with(format: LogFormat, filter: &str) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(filter));
    let on_terminal = std::io::stderr().is_terminal();
    let is_json = match format {
        LogFormat::Auto => !on_terminal,
        LogFormat::Json => true,
        LogFormat::Text => false,
    };
    // A second start in one process keeps the first: there is nothing to lose.
    let _ = if is_json {
        json(filter, std::io::stderr).try_init()
    } else {
        let lines = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(std::io::stderr);
        lines
            .with_ansi(on_terminal)
            .with_target(false)
            .finish()
            .try_init()
    };
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
        let error = StoreError::Unavailable(sqlx::Error::Io(refused));
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
