//! `portoutd` detects every port-out at Telnyx, evaluates it with the admins' rules, answers it, and records each step.
//!
//! To read the code from the bottom up: `clock` and `domain`, then `rules`, `register`, `store` and `telnyx`, then `engine`,
//! `http` and `cli`.

pub mod cli; // the commands, one file per verb
pub mod clock; // time and IDs
pub mod domain; // the terms: orders, decisions, episodes, PINs
pub mod engine; // the use cases: intake, facts, decisions, answers, deadlines
pub mod http; // the public and the admin listeners
pub mod lifecycle; // how long tasks are started, watched and stopped
pub mod postgres; // a temporary Postgres for the demo and the tests
pub mod register; // the register of numbers, and its comparison with what a carrier gave
pub mod rules; // from text to validated rules, and from facts to a verdict and its trace
pub mod settings; // the operator's settings
pub mod simulator; // a stateful simulator of Telnyx for the demo, tests and rehearsals
pub mod store; // every SQL statement
pub mod telnyx; // the client of Telnyx's API, its wire formats, and signatures
