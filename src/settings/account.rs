//! The settings of one Telnyx account.

use secrecy::SecretString;

use crate::domain::AccountName;

/// The settings of one Telnyx account.
#[derive(Debug, Clone)]
pub struct AccountSettings {
    /// The operator's name for it.
    pub name: AccountName,
    /// The key that authorizes calls to Telnyx.
    pub api_key: SecretString,
    /// The key that verifies its webhooks: base64 of 32 bytes. `None` if no webhooks are accepted.
    pub public_key: Option<String>,
}
