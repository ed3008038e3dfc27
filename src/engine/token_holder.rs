//! Finds the person who holds a bearer token.

use super::Engine;
use crate::store::{StoreError, api_tokens, in_time};

/// Why a bearer token does not identify a person.
#[derive(Debug, thiserror::Error)]
pub enum TokenRefused {
    /// Nobody holds the token now.
    #[error("the token is unknown, expired or revoked. Send a valid one")]
    Unknown,
    /// The database could not be read.
    #[error("cannot look up the token")]
    Store(#[from] StoreError),
}

impl Engine {
    /// Returns the name of the person who holds a bearer token.
    ///
    /// # Errors
    /// Nobody holds the token now, or it could not be looked up.
    pub async fn token_holder(&self, token: &str) -> Result<String, TokenRefused> {
        let holder = in_time(api_tokens::token_name(&self.pool, token)).await?;
        holder.ok_or(TokenRefused::Unknown)
    }
}
