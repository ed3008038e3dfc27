//! A count with the names of the first few.

/// How many orders, and the names of the first of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Tally {
    /// The total number.
    pub count: u64,
    /// The names of the first few, in the order of their arrival.
    pub orders: Vec<String>,
}

impl Tally {
    pub(super) fn add(&mut self, name: &str, most: usize) {
        self.count += 1;
        if self.orders.len() < most {
            self.orders.push(name.to_owned());
        }
    }

    /// `PO_1, PO_2 … and 17 more`, with `shown` names at most.
    #[must_use]
    pub fn listed(&self, shown: usize) -> String {
        let names: Vec<&str> = self.orders.iter().take(shown).map(String::as_str).collect();
        let more = self.count.saturating_sub(names.len() as u64);
        match more {
            0 => names.join(", "),
            more => format!("{} … and {more} more", names.join(", ")),
        }
    }
}
