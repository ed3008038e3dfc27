//! Reports when webhooks of an account fail verification repeatedly.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering};

use jiff::Timestamp;
use metrics::Gauge;

use crate::domain::AccountName;

/// The number of failures in a row before an alarm. An occasional scan sends fewer.
const ENOUGH_FAILURES: u32 = 20;
/// In seconds. Failures next to recent successes are forgeries and do not mean that our key is wrong.
const QUIET_AFTER_SUCCESS: i64 = 3600;

/// Detects that every signature of an account fails: its key is wrong, or a proxy changes bodies or removes headers.
#[derive(Debug)]
pub(super) struct SignatureWatch {
    account: AccountName,
    failures: AtomicU32,
    last_success: AtomicI64,
    alarmed: AtomicBool,
    alarm: Gauge,
}

impl SignatureWatch {
    pub(super) fn new(account: &AccountName) -> Self {
        let alarm = metrics::gauge!("portoutd_webhook_signature_alarm", "account" => account.to_string());
        alarm.set(0.0);
        Self {
            account: account.clone(),
            failures: AtomicU32::new(0),
            last_success: AtomicI64::new(i64::MIN),
            alarmed: AtomicBool::new(false),
            alarm,
        }
    }

    pub(super) fn held(&self, now: Timestamp) {
        self.last_success.store(now.as_second(), Ordering::Relaxed);
        self.failures.store(0, Ordering::Relaxed);
        if self.alarmed.load(Ordering::Relaxed) && self.alarmed.swap(false, Ordering::Relaxed) {
            self.alarm.set(0.0);
            tracing::info!(account = %self.account, "Webhook signatures are valid again");
        }
    }

    pub(super) fn failed(&self, now: Timestamp) {
        let failures = self.failures.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        let silence = now
            .as_second()
            .saturating_sub(self.last_success.load(Ordering::Relaxed));
        if failures < ENOUGH_FAILURES || silence < QUIET_AFTER_SUCCESS {
            return;
        }
        if !self.alarmed.swap(true, Ordering::Relaxed) {
            self.alarm.set(1.0);
            tracing::error!(
                account = %self.account,
                failures,
                "Every webhook signature is invalid; orders are still found by polling. Compare the account's public key with the \
                 one in Telnyx's portal, and check that no proxy changes bodies or removes headers",
            );
        }
    }

    #[cfg(test)]
    pub(super) fn is_alarmed(&self) -> bool {
        self.alarmed.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn watch() -> (SignatureWatch, Timestamp) {
        let watch = SignatureWatch::new(&AccountName::default_account());
        (watch, "2026-11-21T12:00:00Z".parse().unwrap())
    }

    #[test]
    fn twenty_failures_and_no_success_raise_the_alarm() {
        let (watch, now) = watch();
        for _ in 0..19 {
            watch.failed(now);
        }
        assert!(!watch.is_alarmed());
        watch.failed(now);
        assert!(watch.is_alarmed());
    }

    #[test]
    fn forgeries_beside_good_webhooks_raise_no_alarm_until_an_hour_without_a_good_one() {
        let (watch, now) = watch();
        watch.held(now);
        for _ in 0..100 {
            watch.failed(now + SignedDuration::from_secs(3599));
        }
        assert!(!watch.is_alarmed());
        watch.failed(now + SignedDuration::from_secs(3600));
        assert!(watch.is_alarmed());
    }

    #[test]
    fn one_good_signature_ends_the_alarm() {
        let (watch, now) = watch();
        for _ in 0..20 {
            watch.failed(now);
        }
        watch.held(now);
        assert!(!watch.is_alarmed());
        watch.failed(now + SignedDuration::from_hours(2));
        assert!(!watch.is_alarmed(), "one failure is not twenty");
    }
}
