//! The admin listener's pages: is it alive, is it ready, its numbers, and new rules.

mod asking;
mod desk;
mod health;
mod readiness;
mod rules;
mod state;
#[cfg(test)]
mod tests;

use axum::Router;
use axum::routing::post;

pub use state::Admin;

pub use asking::Asking;
pub use desk::{ApproveAnswer, Desk, ReloadAnswer};
pub use health::Health;
pub use readiness::{Part, Readiness};

impl Admin {
    /// The pages; other rooms merge theirs into the router.
    pub fn router(self) -> Router {
        let health = Health {
            readiness: self.readiness.clone(),
            metrics: self.metrics.clone(),
        };
        Router::new()
            .route("/reload", post(rules::reload))
            .route("/rules/approve", post(rules::approve))
            .with_state(self)
            .merge(health.router())
    }
}
