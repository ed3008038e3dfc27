//! Conversations with the simulator through the real HTTP client, over a real Postgres.

mod answers;
mod bounces;
mod faults;
mod office;
mod processes;
mod readme;
mod safety;
mod throwaway_postgres;
