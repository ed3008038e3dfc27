//! The use cases: where store, telnyx and rules meet.

pub mod ingest;
