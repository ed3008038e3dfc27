//! Integration tests: the service talks to the simulator over real HTTP and to a real Postgres, and the real binary is
//! run as users run it.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    unreachable_pub,
    reason = "a test that cannot go on has failed, and nobody reaches into a test binary"
)]

mod alarms;
mod answers;
mod approving;
mod arrivals;
mod backtests;
mod bounces;
mod canaries;
mod changing_files;
mod clocks;
mod competing_orders;
mod database_errors;
mod deadlines;
mod faults;
mod grounds;
mod pin_keys;
mod polling;
mod processes;
mod readme;
mod rule_files;
mod rule_versions;
mod safety;
mod service_records;
mod session_limits;
mod spellings;
mod stored_orders;
mod stuck_workers;
mod test_service;
mod throwaway_postgres;
