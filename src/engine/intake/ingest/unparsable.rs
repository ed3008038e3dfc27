//! What is stored of a body that could not be parsed: its length and a keyed digest. No redaction rule reliably finds a
//! PIN in bytes of an unknown form.

use std::sync::{Arc, LazyLock};

use crate::domain::{Event, EventKind, PinKey};
use crate::engine::intake::pin_key::PinKeyInUse;

/// What is stored of a body that could not be parsed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum UnparsableBodies {
    /// Its length and a keyed digest are stored.
    #[default]
    Digested,
    /// The redacted body is stored.
    Kept,
}

/// Creates the note that is stored in place of an unparsable body.
#[derive(Debug, Clone)]
pub(super) struct Notes {
    bodies: UnparsableBodies,
    pin_key: Option<Arc<PinKeyInUse>>,
}

/// Used if there is no PIN key. It lasts as long as the process, so the same body has another digest after a restart
/// and is stored twice.
static PROCESS_KEY: LazyLock<PinKey> = LazyLock::new(|| {
    let mut key = [0; 32];
    let Ok(()) = getrandom::fill(&mut key) else {
        unreachable!("every supported system provides random bytes")
    };
    PinKey::from_bytes(key)
});

impl Notes {
    pub(super) fn new(bodies: UnparsableBodies, pin_key: Option<Arc<PinKeyInUse>>) -> Self {
        // Created now so that a failure shows at the start and not at a webhook.
        if pin_key.is_none() {
            LazyLock::force(&PROCESS_KEY);
        }
        Self { bodies, pin_key }
    }

    /// Returns the event as it is stored. It keeps the order ID. The length is that of the redacted body.
    pub(super) fn stored(&self, mut event: Event) -> Event {
        if event.kind != EventKind::Unparsable || self.bodies == UnparsableBodies::Kept {
            return event;
        }
        let key = self.pin_key.as_deref().map_or(&*PROCESS_KEY, PinKeyInUse::key);
        event.digest = key.digest_of_unparsable(&event.body);
        let digest = hex::encode(event.digest);
        event.dedupe_key = match &event.order_id {
            Some(order) => format!("listed:{order}:{digest}"),
            None => format!("digest:{digest}"),
        };
        event.body = format!(
            r#"{{"unparsable":{{"bytes":{},"digest":"hmac-sha256:{digest}"}}}}"#,
            event.body.len()
        )
        .into_bytes();
        event
    }
}
