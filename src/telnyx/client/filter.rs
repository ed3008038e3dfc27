//! Filters of lists, as query parameters.

use jiff::Timestamp;

use crate::domain::{OrderId, OrderStatus, PhoneNumber};

/// The parameters of one query.
pub(super) type Query = Vec<(&'static str, String)>;

/// A range of times, with both ends included. A missing end is open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TimeRange {
    /// The earliest time.
    pub from: Option<Timestamp>,
    /// The latest time.
    pub to: Option<Timestamp>,
}

/// Which orders to list: every filter of Telnyx's list of port-outs. All given filters must match.
///
/// It is uncertain how Telnyx encodes lists, so several statuses or countries are queried separately.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderFilter {
    /// The gaining carrier's name.
    pub carrier_name: Option<String>,
    /// Two-letter country codes. Any of them may match.
    pub country_codes: Vec<String>,
    /// The date of the FOC.
    pub foc_date: Option<Timestamp>,
    /// When the order arrived at Telnyx.
    pub inserted_at: TimeRange,
    /// A number of the order.
    pub phone_number: Option<PhoneNumber>,
    /// The gaining carrier's port order number.
    pub pon: Option<String>,
    /// When the numbers left.
    pub ported_out_at: TimeRange,
    /// The gaining carrier's SPID, as Telnyx writes it.
    pub spid: Option<String>,
    /// Statuses. Any of them may match.
    pub statuses: Vec<OrderStatus>,
    /// The key for Telnyx's support desk, `PO_…`.
    pub support_key: Option<String>,
}

/// Which events to list. All given filters must match.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// The order they are about.
    pub order_id: Option<OrderId>,
    /// Their type, such as `portout.status_changed`.
    pub event_type: Option<String>,
    /// When Telnyx created them.
    pub created_at: TimeRange,
}

impl OrderFilter {
    /// Matches orders that wait for an answer.
    #[must_use]
    pub fn pending() -> Self {
        Self {
            statuses: vec![OrderStatus::Pending],
            ..Self::default()
        }
    }

    /// Returns the queries that together return what the filter matches.
    pub(super) fn queries(&self) -> Vec<Query> {
        let base = self.base();
        let statuses = self.statuses.iter().map(OrderStatus::as_str);
        let statuses = one_at_a_time("filter[status]", statuses);
        let countries = one_at_a_time(
            "filter[country_code]",
            self.country_codes.iter().map(String::as_str),
        );
        let combined = statuses
            .iter()
            .flat_map(|status| countries.iter().map(move |country| (status, country)));
        combined
            .map(|(status, country)| base.iter().chain(status).chain(country).cloned().collect())
            .collect()
    }

    fn base(&self) -> Query {
        let mut query = Query::new();
        let number = self.phone_number.map(|number| number.to_string());
        push(&mut query, "filter[carrier_name]", self.carrier_name.as_ref());
        push(&mut query, "filter[foc_date]", self.foc_date.as_ref());
        push(
            &mut query,
            "filter[inserted_at][gte]",
            self.inserted_at.from.as_ref(),
        );
        push(
            &mut query,
            "filter[inserted_at][lte]",
            self.inserted_at.to.as_ref(),
        );
        push(&mut query, "filter[phone_number]", number.as_ref());
        push(&mut query, "filter[pon]", self.pon.as_ref());
        push(
            &mut query,
            "filter[ported_out_at][gte]",
            self.ported_out_at.from.as_ref(),
        );
        push(
            &mut query,
            "filter[ported_out_at][lte]",
            self.ported_out_at.to.as_ref(),
        );
        push(&mut query, "filter[spid]", self.spid.as_ref());
        push(&mut query, "filter[support_key]", self.support_key.as_ref());
        query
    }
}

impl EventFilter {
    pub(super) fn query(&self) -> Query {
        let mut query = Query::new();
        push(&mut query, "filter[portout_id]", self.order_id.as_ref());
        push(&mut query, "filter[event_type]", self.event_type.as_ref());
        push(
            &mut query,
            "filter[created_at][gte]",
            self.created_at.from.as_ref(),
        );
        push(&mut query, "filter[created_at][lte]", self.created_at.to.as_ref());
        query
    }
}

/// Returns one query per distinct value, or one query without the parameter if there is no value.
fn one_at_a_time<'a>(name: &'static str, values: impl Iterator<Item = &'a str>) -> Vec<Query> {
    let mut queries: Vec<Query> = Vec::new();
    for value in values {
        let query = vec![(name, value.to_owned())];
        if !queries.contains(&query) {
            queries.push(query);
        }
    }
    if queries.is_empty() {
        vec![Query::new()]
    } else {
        queries
    }
}

fn push(query: &mut Query, name: &'static str, value: Option<&impl ToString>) {
    if let Some(value) = value {
        query.push((name, value.to_string()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_statuses_and_countries_are_asked_for_one_at_a_time() {
        let filter = OrderFilter {
            statuses: vec![OrderStatus::Pending, OrderStatus::Ported, OrderStatus::Pending],
            country_codes: vec!["US".to_owned(), "CA".to_owned()],
            pon: Some("PR-7731".to_owned()),
            ..OrderFilter::default()
        };
        let queries = filter.queries();
        assert_eq!(queries.len(), 4);
        let expected: Query = vec![
            ("filter[pon]", "PR-7731".to_owned()),
            ("filter[status]", "ported".to_owned()),
            ("filter[country_code]", "US".to_owned()),
        ];
        assert!(queries.contains(&expected), "{queries:?}");
    }

    #[test]
    fn an_empty_filter_asks_once_for_everything() {
        assert_eq!(OrderFilter::default().queries(), [Query::new()]);
        assert_eq!(EventFilter::default().query(), Query::new());
    }
}
