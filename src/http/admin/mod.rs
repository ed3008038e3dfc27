//! The admin listener's pages: liveness, readiness, metrics, and new rules.
//!
//! | response | when |
//! |---|---|
//! | 200 | the rules are in effect: [`ReloadResponse`](crate::http::api::ReloadResponse), [`ApprovalResponse`](crate::http::api::ApprovalResponse) |
//! | 202 | the rules wait for another person's approval |
//! | 409 | the approval is refused |
//! | 422 | the rule file is refused |
//! | other | [`ErrorBody`](crate::http::problem::ErrorBody) with the code of the problem |

mod health;
mod limits;
mod readiness;
mod refusal;
mod request;
mod rules;
mod state;
#[cfg(test)]
mod tests;

use axum::Router;
use axum::routing::post;

use super::api;

pub use state::Admin;

pub use health::Health;
pub use readiness::{Part, Readiness};

impl Admin {
    /// Returns the pages. Other modules merge their pages into the router.
    pub fn router(self) -> Router {
        let health = self.health.clone();
        Router::new()
            .route(api::RELOAD, post(rules::reload))
            .route(api::APPROVE, post(rules::approve))
            .with_state(self)
            .merge(health.router())
    }
}
