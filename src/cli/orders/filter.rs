//! The filters of `portoutd orders list`.

use jiff::Timestamp;

use crate::domain::{OrderStatus, PhoneNumber};
use crate::telnyx::{OrderFilter, TimeRange};

/// Every filter of Telnyx's list of port-outs.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Filters at Telnyx (with --live)")]
pub(crate) struct LiveFilter {
    /// The gaining carrier's name.
    #[arg(long, requires = "live")]
    carrier_name: Option<String>,
    /// An ISO country code, such as `US`.
    #[arg(long, requires = "live")]
    country_code: Option<String>,
    /// Several ISO country codes, separated by commas.
    #[arg(long, requires = "live", value_delimiter = ',')]
    country_code_in: Vec<String>,
    /// The FOC date (the date of the port), such as `2026-11-24T00:00:00Z`.
    #[arg(long, requires = "live")]
    foc_date: Option<Timestamp>,
    /// Arrived at Telnyx at or after this time.
    #[arg(long, requires = "live")]
    inserted_from: Option<Timestamp>,
    /// Arrived at Telnyx at or before this time.
    #[arg(long, requires = "live")]
    inserted_to: Option<Timestamp>,
    /// One of the requested numbers.
    #[arg(long, requires = "live")]
    phone_number: Option<PhoneNumber>,
    /// The gaining carrier's purchase order number (PON).
    #[arg(long, requires = "live")]
    pon: Option<String>,
    /// Ported at or after this time.
    #[arg(long, requires = "live")]
    ported_out_from: Option<Timestamp>,
    /// Ported at or before this time.
    #[arg(long, requires = "live")]
    ported_out_to: Option<Timestamp>,
    /// The gaining carrier's SPID (service provider identifier).
    #[arg(long, requires = "live")]
    spid: Option<String>,
    /// Several statuses, separated by commas, with one request to Telnyx for each.
    #[arg(long, requires = "live", value_delimiter = ',')]
    status_in: Vec<String>,
    /// The order's `PO_…` key.
    #[arg(long, requires = "live")]
    support_key: Option<String>,
}

impl LiveFilter {
    /// The filter for the client.
    pub(super) fn filter(&self, status: Option<&str>) -> OrderFilter {
        let statuses = status
            .into_iter()
            .chain(self.status_in.iter().map(String::as_str))
            .map(OrderStatus::from);
        let countries = self.country_code.iter().chain(&self.country_code_in).cloned();
        OrderFilter {
            carrier_name: self.carrier_name.clone(),
            country_codes: countries.collect(),
            foc_date: self.foc_date,
            inserted_at: TimeRange {
                from: self.inserted_from,
                to: self.inserted_to,
            },
            phone_number: self.phone_number,
            pon: self.pon.clone(),
            ported_out_at: TimeRange {
                from: self.ported_out_from,
                to: self.ported_out_to,
            },
            spid: self.spid.clone(),
            statuses: statuses.collect(),
            support_key: self.support_key.clone(),
        }
    }
}
