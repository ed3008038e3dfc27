//! Watches the rule files: a change on disk takes effect when the files have stopped changing.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio_util::sync::CancellationToken;

use super::files_on_disk::FilesOnDisk;
use super::reload::{AskedBy, ReloadRefused, Reloaded};
use super::report::report;
use super::settled_read::look_at;
use crate::domain::ErrorChain;
use crate::engine::Engine;
use crate::engine::alarm;
use crate::engine::alarm::Alarm;
use crate::lifecycle::{Heartbeat, Lifecycle};
use crate::rules::RuleSet;

/// The name that the database records for a reload that no person requested.
const FILE_CHANGE: &str = "file change";

/// How long files may differ from what was read before an alarm is raised.
const ALARM_AFTER: SignedDuration = SignedDuration::from_secs(60);

/// How often the files are checked. A change takes effect after several checks that find the same state.
const INTERVAL: Duration = Duration::from_secs(1);

/// How long one turn may take before the watcher counts as stalled.
const PATIENCE: Duration = Duration::from_mins(2);

impl Engine {
    /// Watches the rule file, its lists and the candidate. Counts and logs the outcome of each reload.
    pub fn start_rule_file_watch(self: &Arc<Self>, lifecycle: &Lifecycle) {
        let (engine, stop) = (self.clone(), lifecycle.stop().clone());
        lifecycle.spawn("rule file watcher", PATIENCE, |heartbeat| async move {
            engine.watch_rule_files(&stop, &heartbeat).await;
        });
    }

    async fn watch_rule_files(&self, stop: &CancellationToken, heartbeat: &Heartbeat) {
        let turns = async {
            loop {
                heartbeat.while_waiting(self.clock.sleep(INTERVAL)).await;
                if let Some(ended) = self.follow_rule_files().await {
                    report(FILE_CHANGE, &ended);
                }
                if let Some(ended) = self.follow_candidate().await {
                    self.report_candidate(FILE_CHANGE, &ended);
                }
            }
        };
        // Cancelled between any two steps, so that a stop does not wait for files that cannot be read.
        stop.run_until_cancelled(Box::pin(turns)).await;
    }

    /// Checks the rule file and its lists. Reads them if they have changed and then stopped changing, or if another
    /// replica approved the waiting rule set. Returns the outcome of the reload, if there was one.
    pub async fn follow_rule_files(&self) -> Option<Result<Reloaded, ReloadRefused>> {
        let files = self.rules.on_disk();
        let changed = self.has_settled_change(files).await;
        self.report_difference(files);
        // If the database cannot be reached, other tasks report it.
        if !changed && !self.is_approved_elsewhere().await.unwrap_or(false) {
            return None;
        }
        // Another reload that is reading the files now sees the change too.
        if self.rules.is_changing() {
            return None;
        }
        Some(self.reload_when_quiet(AskedBy::Machine(FILE_CHANGE)).await)
    }

    /// Like [`Self::follow_rule_files`], for the candidate in shadow mode.
    pub async fn follow_candidate(&self) -> Option<Result<Option<RuleSet>, ReloadRefused>> {
        let files = self.rules.candidate_on_disk()?;
        if !self.has_settled_change(files).await || self.rules.is_changing() {
            return None;
        }
        Some(self.reload_candidate_when_quiet(FILE_CHANGE).await)
    }

    async fn has_settled_change(&self, files: &FilesOnDisk) -> bool {
        let now = self.clock.now();
        if files.threads().are_blocked() && files.waits(now) {
            return false;
        }
        match look_at(files, now).await {
            Ok(standing) => standing.differs.is_some() && standing.is_quiet && !standing.waits,
            Err(error) => {
                files.note_unreachable(now);
                tracing::error!(
                    error = %ErrorChain(&error),
                    "Failed to check the rule files"
                );
                false
            }
        }
    }

    /// Raises an alarm if no order has been authorized for too long because of the files.
    fn report_difference(&self, files: &FilesOnDisk) {
        let now = self.clock.now();
        let since = files.differs_since();
        metrics::gauge!("portoutd_rule_files_unread").set(if since.is_some() { 1.0 } else { 0.0 });
        let Some(since) = since else { return };
        let is_blocked = files.threads().are_blocked();
        let is_long = since.duration_until(now) >= ALARM_AFTER;
        if (is_blocked || is_long) && files.takes_alarm(now) {
            let sentence = if is_blocked {
                "the file system of the rule files does not respond, so the rules authorize no order until it does. Check the mount"
            } else {
                "the rule files keep changing or cannot be read, so the rules authorize no order until they are read. Check the files"
            };
            alarm::raise_for_service(Alarm::RuleFilesUnread, sentence);
        }
    }
}
