//! What verbs need: the database, the running service, logging, and the name of the user.

pub(super) mod actor;
pub(super) mod admin_client;
pub(super) mod database;
pub(super) mod logging;
