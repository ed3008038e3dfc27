//! Recording what people did at the command line.

use serde_json::Value;
use sqlx::PgConnection;

use super::database;
use crate::cli::failure::Failure;
use crate::clock::{Clock as _, SystemClock};
use crate::store;

/// Records what a person did to the register, in the transaction that does it and as its last statement.
pub(crate) async fn note_admin_action(
    transaction: &mut PgConnection,
    actor: &str,
    action: &str,
    detail: &Value,
) -> Result<(), Failure> {
    store::record_admin_action(transaction, actor, action, detail, SystemClock.now())
        .await
        .map_err(database::failed)?;
    Ok(())
}
