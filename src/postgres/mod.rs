//! A temporary Postgres without any preparation: found on this machine, started for one process, and removed with it.
//!
//! The demo and the tests share this implementation. A [`Cluster`] has its own directory and listens only on a Unix
//! socket. Three things make sure that it ends: [`Cluster::stop`], a supervisor that acts when its owner has ended
//! (even after kill -9), and a sweep at every start for what both left behind.

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
