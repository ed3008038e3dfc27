//! `portoutd` detects every port-out at Telnyx, evaluates it with the admins' rules, answers it, and records each step.
//!
//! The folders are listed in reading order, from the bottom up.

// The terms, the time, and the tasks.
pub mod clock; // time and IDs
pub mod domain; // the terms: orders, decisions, episodes, PINs
pub mod lifecycle; // how long tasks are started, watched and stopped

// Pure: texts and facts in, verdicts and findings out.
pub mod register; // the register of numbers, and its comparison with what a carrier gave
pub mod rules; // from text to validated rules, and from facts to a verdict and its trace

// The database and Telnyx.
pub mod store; // every SQL statement
pub mod telnyx; // the client of Telnyx's API, its wire formats, and signatures

// The use cases, and the ways to them.
pub mod engine; // intake, facts, decisions, answers, deadlines, changes of rules

pub mod http; // the public and the admin listeners

pub mod cli; // the commands, one file per verb

// What the commands start and read.
pub mod postgres; // a temporary Postgres for the demo and the tests
pub mod settings; // the operator's settings
pub mod simulator; // a stateful simulator of Telnyx for the demo, tests and rehearsals
