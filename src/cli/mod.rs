//! The command line: a file per verb. Each verb has its arguments and `run`, which builds its own runtime if it needs one.

mod actor;
mod authorize;
mod check;
mod config;
mod database;
mod decisions;
mod demo;
mod eval;
mod failure;
mod hold;
mod keygen;
mod lifecycle;
mod logging;
mod migrate;
mod moment;
mod numbers;
mod orders;
mod output;
mod pending;
mod person;
mod reject;
mod reload;
mod rules_refused;
mod serve;
mod simulate;
mod table;
mod test;
mod with_postgres;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub(crate) use failure::Failure;
pub(crate) use output::Output;

/// How a verb ends: with an exit code, or a failure that has its own.
pub(crate) type Ending = Result<ExitCode, Failure>;

/// Answers Telnyx port-outs by rules, and records every decision.
#[derive(Debug, Parser)]
#[command(name = "portoutd", version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Run the service.
    Serve(serve::Args),
    /// See a port-out decided, with nothing prepared.
    Demo(demo::Args),
    /// Check a rule file and tell every problem.
    Check(check::Args),
    /// Run the tests that stand in a rule file.
    Test(test::Args),
    /// Judge one request and show why.
    Eval(eval::Args),
    /// Put the edited rules in force in the running service.
    Reload(reload::Args),
    /// Show what waits for a person, most urgent first.
    Pending(pending::Args),
    /// Let the numbers of an order go.
    Authorize(authorize::Args),
    /// Refuse an order.
    Reject(reject::Args),
    /// Keep an order for a person, out of the rules' hands.
    Hold(hold::Args),
    /// List and show orders.
    Orders(orders::Args),
    /// List and show decisions.
    Decisions(decisions::Args),
    /// Keep the register of numbers.
    Numbers(numbers::Args),
    /// Print a new key for PINs on file.
    ///
    /// Keep it in a file that only the service can read, and name that file in `pin_key_file`. PINs on file can only be
    /// compared under the key they were imported with.
    Keygen(keygen::Args),
    /// See the settings in force.
    Config(config::Args),
    /// Bring the database's schema up to date.
    Migrate(migrate::Args),
    /// Run a stateful stand-in for Telnyx.
    Simulate(simulate::Args),
    /// Run a command with a throw-away Postgres.
    WithPostgres(with_postgres::Args),
}

/// Reads the arguments, runs the verb, and turns its ending into an exit code. Usage errors exit with 2.
#[must_use]
pub fn main() -> ExitCode {
    match dispatch(&Cli::parse().verb) {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}

fn dispatch(verb: &Verb) -> Ending {
    match verb {
        Verb::Serve(args) => serve::run(args),
        Verb::Demo(args) => demo::run(args),
        Verb::Check(args) => check::run(args),
        Verb::Test(args) => test::run(args),
        Verb::Eval(args) => eval::run(args),
        Verb::Reload(args) => reload::run(args),
        Verb::Pending(args) => pending::run(args),
        Verb::Authorize(args) => authorize::run(args),
        Verb::Reject(args) => reject::run(args),
        Verb::Hold(args) => hold::run(args),
        Verb::Orders(args) => orders::run(args),
        Verb::Decisions(args) => decisions::run(args),
        Verb::Numbers(args) => numbers::run(args),
        Verb::Keygen(args) => keygen::run(args),
        Verb::Config(args) => config::run(args),
        Verb::Migrate(args) => migrate::run(args),
        Verb::Simulate(args) => simulate::run(args),
        Verb::WithPostgres(args) => with_postgres::run(args),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_arguments_of_all_verbs_fit_together() {
        super::Cli::command().debug_assert();
    }
}
