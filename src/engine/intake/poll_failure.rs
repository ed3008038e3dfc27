//! How a poll fails, and how failures are counted, logged and turned into alarms.

use std::collections::BTreeMap;

use super::ingest::NotStored;
use super::poll_state::PollState;
use crate::domain::{AccountName, ErrorChain};
use crate::engine::alarm;
use crate::engine::alarm::Alarm;
use crate::store::StoreError;
use crate::telnyx::{ListBound, ListEnd, ReadError, SkippedElement, WireError};

/// Why a poll did not complete. What it had read before is stored.
#[derive(Debug, thiserror::Error)]
pub(super) enum PollError {
    #[error("could not read from Telnyx")]
    Read(#[from] ReadError),
    #[error("Telnyx's list does not end: stopped after {0}")]
    Endless(ListBound),
    #[error("cannot write to the database")]
    Store(#[from] StoreError),
    #[error("cannot store the events")]
    Ingest(#[from] NotStored),
}

/// Succeeds if a list was read to its end, even if Telnyx announced more elements than it returned.
pub(super) fn read_to_the_end(end: ListEnd) -> Result<(), PollError> {
    match end {
        ListEnd::Whole | ListEnd::Short { .. } => Ok(()),
        ListEnd::Endless(bound) => Err(PollError::Endless(bound)),
        ListEnd::Failed(error) => Err(error.into()),
    }
}

/// Reports elements without a usable ID, which cannot be stored as orders, once for as long as each is listed.
pub(super) fn report_unusable(
    account: &AccountName,
    errors: &BTreeMap<[u8; 32], WireError>,
    state: &mut PollState,
) {
    let new = state.new_unusable(errors.keys().copied().collect());
    for (digest, error) in errors.iter().filter(|(digest, _)| new.contains(*digest)) {
        let sentence = format!(
            "Telnyx lists a pending port-out that cannot be read ({}). Find it in the Telnyx portal; \
             it is stored as the event with digest {}",
            ErrorChain(error),
            hex::encode(digest)
        );
        alarm::raise_for_account(Alarm::OrderUnreadable, account, &sentence);
    }
}

/// Counts, logs and, if polls keep failing, raises an alarm.
pub(super) fn report_failure(account: &AccountName, error: &PollError, state: &mut PollState) {
    metrics::counter!("portoutd_polls_total", "outcome" => "failed").increment(1);
    let endless = matches!(error, PollError::Endless(_)) && state.found_no_end();
    let raise = state.failed() || endless;
    let failures = state.failures();
    tracing::warn!(account = %account, error = %ErrorChain(error), failures, "The poll failed");
    if let PollError::Read(ReadError::AccountTrouble { .. }) = error {
        let sentence =
            "Telnyx rejects the account's API key, so its orders cannot be polled. Set a valid key";
        alarm::raise_for_account(Alarm::AccountTrouble, account, sentence);
    }
    if raise {
        let sentence = format!(
            "{failures} polls in a row have failed, so new port-outs may be missed: {}",
            ErrorChain(error)
        );
        alarm::raise_for_account(Alarm::PollFailing, account, &sentence);
    }
}

/// Raises an alarm for each element of the list that cannot be read even alone, once for as long as it is listed.
pub(super) fn report_skipped(account: &AccountName, skipped: &[SkippedElement], state: &mut PollState) {
    let raise = state.skipped(skipped.len());
    for SkippedElement { offset, why } in skipped.iter().filter(|_| raise) {
        let sentence = format!(
            "the order after the first {offset} in Telnyx's list of pending orders cannot be read ({why}). \
             Find it in the Telnyx portal"
        );
        alarm::raise_for_account(Alarm::OrderUnreadable, account, &sentence);
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts and seconds far below 2^52")]
pub(super) fn gauge(name: &'static str, account: &AccountName, value: usize) {
    metrics::gauge!(name, "account" => account.to_string()).set(value as f64);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use metrics_exporter_prometheus::PrometheusBuilder;

    use super::*;

    #[test]
    fn a_list_without_an_end_raises_an_alarm_at_the_first_poll_and_other_failures_at_the_fifth() {
        let endless = read_to_the_end(ListEnd::Endless(ListBound::Requests(10_000)));
        let slow = PollError::Store(StoreError::TimedOut(Duration::from_secs(8)));
        for (error, polls) in [(endless.unwrap_err(), 1), (slow, 5)] {
            let recorder = PrometheusBuilder::new().build_recorder();
            let (handle, mut state) = (recorder.handle(), PollState::new());
            ::metrics::with_local_recorder(&recorder, || {
                for poll in 1..=polls {
                    assert!(!handle.render().contains("poll_failing"), "poll {poll}: {error}");
                    report_failure(&AccountName::default_account(), &error, &mut state);
                }
            });
            let raised = "portoutd_alarms_total{alarm=\"poll_failing\"} 1";
            assert!(handle.render().contains(raised), "{error}: {}", handle.render());
        }
    }
}
