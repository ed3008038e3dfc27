//! Simulated port-in orders.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::events::webhook_data;
use super::world::World;

/// A port-in order to open: numbers that are transferred to the simulated account.
#[derive(Debug, Clone, Default)]
pub struct NewPortIn {
    numbers: Vec<String>,
    webhook_url: Option<String>,
    customer_reference: Option<String>,
}

impl NewPortIn {
    /// Sets the numbers.
    #[must_use]
    pub fn numbers<T: Into<String>>(mut self, numbers: impl IntoIterator<Item = T>) -> Self {
        self.numbers = numbers.into_iter().map(Into::into).collect();
        self
    }

    /// Sets where its events are sent.
    #[must_use]
    pub fn webhook_url(mut self, url: &str) -> Self {
        self.webhook_url = Some(url.to_owned());
        self
    }

    /// Sets the owner's reference.
    #[must_use]
    pub fn customer_reference(mut self, reference: &str) -> Self {
        self.customer_reference = Some(reference.to_owned());
        self
    }
}

impl World {
    /// Opens a port-in and notifies its own webhook URL, if it has one.
    pub(super) fn open_port_in(&mut self, new: &NewPortIn, now: Timestamp) -> String {
        let id = self.chance.uuid().to_string();
        let support_key = format!("sr_{}", self.chance.digits(6));
        for number in &new.numbers {
            self.port_in_numbers.push(number_json(number, &id, &support_key));
        }
        let payload = json!({
            "id": id,
            "customer_reference": new.customer_reference,
            "status": { "value": "submitted", "details": [] },
            "support_key": support_key,
            "updated_at": now,
            "webhook_url": new.webhook_url,
        });
        let url = new.webhook_url.clone();
        let order = order_json(&id, &support_key, new, self.user_id, now);
        self.port_ins.push(order);
        if let Some(url) = url {
            let data = webhook_data("porting_order.status_changed", self.chance.uuid(), now, &payload);
            self.post_to(url, None, data, now);
        }
        id
    }
}

/// Returns `PortingPhoneNumber` of the API contract.
fn number_json(number: &str, order: &str, support_key: &str) -> Value {
    json!({
        "porting_order_id": order,
        "phone_number": number,
        "phone_number_type": "local",
        "support_key": support_key,
        "porting_order_status": "submitted",
        "requirements_status": "approved",
        "activation_status": "New",
        "portability_status": "confirmed",
        "record_type": "porting_phone_number",
    })
}

/// Returns `PortingOrder` of the API contract, without its numbers, which a read adds.
fn order_json(
    id: &str,
    support_key: &str,
    new: &NewPortIn,
    user_id: uuid::Uuid,
    now: Timestamp,
) -> Map<String, Value> {
    let order = json!({
        "id": id,
        "record_type": "porting_order",
        "customer_reference": new.customer_reference,
        "customer_group_reference": null,
        "support_key": support_key,
        "parent_support_key": null,
        "description": "",
        "status": { "value": "submitted", "details": [] },
        "additional_steps": [],
        "activation_settings": {
            "activation_status": null, "fast_port_eligible": false,
            "foc_datetime_actual": null, "foc_datetime_requested": null,
        },
        "end_user": nobody(),
        "documents": { "loa": null, "invoice": null },
        "misc": null,
        "messaging": {
            "enable_messaging": false, "messaging_capable": true, "messaging_port_completed": false,
            "messaging_port_status": "not_applicable",
        },
        "phone_number_configuration": {
            "billing_group_id": null, "connection_id": null, "emergency_address_id": null,
            "messaging_profile_id": null, "tags": [],
        },
        "phone_number_type": "local",
        "porting_phone_numbers_count": new.numbers.len(),
        "old_service_provider_ocn": "0000",
        "requirements": [],
        "requirements_met": true,
        "user_feedback": { "user_rating": null, "user_comment": null },
        "user_id": user_id,
        "webhook_url": new.webhook_url,
        "created_at": now,
        "updated_at": now,
    });
    match order {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

/// Returns an end user without any data.
fn nobody() -> Value {
    let admin = nulls(&[
        "entity_name",
        "auth_person_name",
        "billing_phone_number",
        "account_number",
        "tax_identifier",
        "pin_passcode",
        "business_identifier",
    ]);
    let location = nulls(&[
        "street_address",
        "extended_address",
        "locality",
        "administrative_area",
        "postal_code",
        "country_code",
    ]);
    json!({ "admin": admin, "location": location })
}

/// Returns an object with these fields, all null.
fn nulls(names: &[&str]) -> Value {
    names
        .iter()
        .map(|name| ((*name).to_owned(), Value::Null))
        .collect()
}
