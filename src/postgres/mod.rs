//! A real Postgres with nothing prepared: found on this machine, started for one process, gone with it.
//!
//! The demo and the tests share this one implementation. A [`Cluster`] lives in a directory of its own and listens on a
//! Unix socket only. Three things see to its end: [`Cluster::stop`], a supervisor that wakes when its owner is gone
//! (kill -9 included), and a sweep at every start for whatever both left behind.

mod binaries;
mod cluster;
mod durability;
mod error;
mod leftovers;
mod place;
mod run_as;
mod server;
mod supervisor;

pub use binaries::{Binaries, NoBinaries};
pub use cluster::Cluster;
pub use durability::Durability;
pub use error::ClusterError;
pub use server::DATABASE;
