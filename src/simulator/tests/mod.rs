//! Tests of the simulator over real HTTP, with a clock that is moved manually.

mod control;
mod faults;
mod orders;
mod port_ins;
mod scenes;
mod shapes;
mod stage;
mod time;
mod update_status;
mod webhooks;
