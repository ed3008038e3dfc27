//! How verbs print: tables, times, differences and JSON, without characters that control a terminal.

pub(super) mod color;
pub(super) mod confirm;
mod escape;
pub(super) mod free_text;
pub(super) mod output;
pub(super) mod pin_key;
pub(super) mod reasons;
pub(super) mod rows;
pub(super) mod rules_refused;
pub(super) mod safe_text;
pub(super) mod table;
pub(super) mod text_diff;
pub(super) mod time;
