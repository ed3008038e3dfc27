//! Records the numbers of an order that cannot be read, from the event that announced it.

use crate::domain::{AccountName, ErrorChain, EventSource, OrderId, PhoneNumber};
use crate::engine::Engine;
use crate::store::claims::Claim;
use crate::store::{StoreError, events, in_time, orders};
use crate::telnyx;

impl Engine {
    /// Stores the numbers of an order that was never read, so that another carrier's order for one of them is held.
    pub(crate) async fn record_announced_numbers(&self, claim: &Claim) {
        let kept = in_time(self.keep_announced(claim)).await;
        if let Err(error) = kept {
            tracing::warn!(error = %ErrorChain(&error), "Failed to record the order's numbers from the event");
        }
    }

    async fn keep_announced(&self, claim: &Claim) -> Result<(), StoreError> {
        let numbers = self.announced(&claim.account, &claim.order_id).await?;
        if numbers.is_empty() {
            return Ok(());
        }
        orders::record_announced_numbers(&self.pool, claim, &numbers).await
    }

    async fn announced(
        &self,
        account: &AccountName,
        order: &OrderId,
    ) -> Result<Vec<PhoneNumber>, StoreError> {
        let event = events::latest_event_body(&self.pool, account, order).await?;
        let event = event.map(|(source, body)| match source {
            EventSource::List => telnyx::listed_order_event(&body),
            EventSource::Webhook | EventSource::EventsApi => telnyx::parse_webhook(&body),
        });
        Ok(event.map(|event| event.numbers.readable).unwrap_or_default())
    }
}
