//! What verbs need before they can work: settings, the database, the running service, and who is acting.

pub(super) mod actor;
pub(super) mod admin_actions;
pub(super) mod admin_client;
pub(super) mod database;
pub(super) mod logging;
