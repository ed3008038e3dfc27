//! Counts and rates in tables.

#[expect(clippy::cast_precision_loss, reason = "counts of orders are far below 2^52")]
pub(super) fn rate(part: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| part as f64 / of as f64)
}

pub(super) fn percent(rate: Option<f64>) -> String {
    rate.map(|rate| format!("{:.1}%", rate * 100.0))
        .unwrap_or_default()
}

/// `3 (12.5%)`; empty for zero.
pub(super) fn counted(count: u64, rate: Option<f64>) -> String {
    match (count, rate) {
        (0, _) | (_, None) => String::new(),
        (count, rate) => format!("{count} ({})", percent(rate)),
    }
}
