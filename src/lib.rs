//! `portoutd` hears of every port-out at Telnyx, judges it by the admins' rules, answers it, and records each step.
//!
//! The modules, in reading order.

pub mod cli;
pub mod clock; // time and ids
pub mod domain; // the words of the trade
pub mod engine; // the use cases: intake, facts, decide, answer, reconcile, deadline
pub mod http; // the public and the admin listener
pub mod lifecycle; // how long tasks are started, watched and stopped
pub mod postgres; // a real Postgres with nothing prepared, thrown away at exit
pub mod register; // our own record of numbers, and how what a carrier gave compares with it
pub mod rules; // text to checked rules; facts to a verdict and its trace
pub mod settings; // what an operator configures
pub mod simulator; // a stateful Telnyx for demo, tests and rehearsals
pub mod store; // every SQL statement
pub mod telnyx; // the outside: client, wire types, signature // a file per verb
