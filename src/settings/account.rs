//! One Telnyx account as configured.

use secrecy::SecretString;

use crate::domain::AccountName;

/// One Telnyx account.
#[derive(Debug, Clone)]
pub struct AccountSettings {
    /// Our name for it.
    pub name: AccountName,
    /// The key that authorizes our calls.
    pub api_key: SecretString,
    /// The key that its webhooks are signed for: base64 of 32 bytes. `None` where no webhooks are taken.
    pub public_key: Option<String>,
}
