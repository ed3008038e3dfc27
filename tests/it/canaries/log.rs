//! The log of the whole test process.

use std::io::Write;
use std::sync::{Arc, Mutex};

use tracing_subscriber::fmt::MakeWriter;

/// Everything that the process logs until it is read, as lines.
#[derive(Clone)]
pub(super) struct Log(Arc<Mutex<Option<Vec<u8>>>>);

impl Log {
    /// For the whole process: what one thread alone captures depends on what other tests have logged before.
    pub(super) fn capture() -> Self {
        let log = Self(Arc::new(Mutex::new(Some(Vec::new()))));
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(log.clone())
            .with_ansi(false)
            .without_time()
            .finish();
        tracing::subscriber::set_global_default(subscriber).expect("no other test captures the log");
        log
    }

    pub(super) fn read(&self) -> String {
        let bytes = self.0.lock().unwrap().take().unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if let Some(captured) = &mut *self.0.lock().unwrap() {
            captured.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}
