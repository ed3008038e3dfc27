//! The command line: one file per verb. Each verb has its arguments and a `run` function, which builds a runtime if it needs one.

mod answer;
mod atomic_file;
mod backtest;
mod check;
mod completions;
mod config;
mod decisions;
mod demo;
mod eval;
mod explain;
mod failure;
mod fmt;
mod help;
mod keygen;
mod man;
mod migrate;
mod numbers;
mod orders;
mod pending;
mod reload;
mod rules;
mod schema;
mod serve;
mod session;
mod simulate;
mod terminal;
mod test;
mod with_postgres;

use std::process::ExitCode;

use clap::{Command, CommandFactory, FromArgMatches, Parser, Subcommand};

use failure::Ending;
use terminal::color::ColorWhen;
use terminal::output::print_message;
use terminal::safe_text::SafeText;

/// Answer Telnyx port-outs with rules, and record every decision.
#[derive(Debug, Parser)]
#[command(name = "portoutd", version, about, max_term_width = 100)]
struct Cli {
    /// When to color the output.
    #[arg(long, value_enum, value_name = "WHEN", default_value_t, global = true)]
    color: ColorWhen,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Serve(serve::Args),
    Demo(demo::Args),
    Check(check::Args),
    Explain(explain::Args),
    Test(test::Args),
    Fmt(fmt::Args),
    Schema(schema::Args),
    Eval(eval::Args),
    Backtest(backtest::Args),
    Rules(rules::Args),
    Reload(reload::Args),
    Pending(pending::Args),
    Authorize(answer::authorize::Args),
    Reject(answer::reject::Args),
    Hold(answer::hold::Args),
    Orders(orders::Args),
    Decisions(decisions::Args),
    Numbers(numbers::Args),
    Keygen(keygen::Args),
    Config(config::Args),
    Migrate(migrate::Args),
    Simulate(simulate::Args),
    WithPostgres(with_postgres::Args),
    Completions(completions::Args),
    Man(man::Args),
}

/// Parses the arguments, runs the verb, and returns its exit code. Usage errors exit with 2.
#[must_use]
pub fn main() -> ExitCode {
    ColorWhen::in_arguments(std::env::args_os()).apply();
    let matches = command().try_get_matches();
    let cli = match matches.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => return print_usage(&error),
    };
    cli.color.apply();
    match dispatch(&cli.verb) {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}

/// Every command with its help.
fn command() -> Command {
    help::with_help(Cli::command())
}

/// Prints help, the version or a usage error, and returns the exit code. An error that quotes control characters from the
/// arguments is printed escaped and without styles.
fn print_usage(error: &clap::Error) -> ExitCode {
    let plain = error.render().to_string();
    let escaped = SafeText::from(&plain);
    if escaped.with_styles() == plain {
        let _ = error.print();
    } else {
        print_message(escaped);
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

fn dispatch(verb: &Verb) -> Ending {
    match verb {
        Verb::Serve(args) => serve::run(args),
        Verb::Demo(args) => demo::run(args),
        Verb::Check(args) => check::run(args),
        Verb::Explain(args) => explain::run(args),
        Verb::Test(args) => test::run(args),
        Verb::Fmt(args) => fmt::run(args),
        Verb::Schema(args) => schema::run(args),
        Verb::Eval(args) => eval::run(args),
        Verb::Backtest(args) => backtest::run(args),
        Verb::Rules(args) => rules::run(args),
        Verb::Reload(args) => reload::run(args),
        Verb::Pending(args) => pending::run(args),
        Verb::Authorize(args) => answer::authorize::run(args),
        Verb::Reject(args) => answer::reject::run(args),
        Verb::Hold(args) => answer::hold::run(args),
        Verb::Orders(args) => orders::run(args),
        Verb::Decisions(args) => decisions::run(args),
        Verb::Numbers(args) => numbers::run(args),
        Verb::Keygen(args) => keygen::run(args),
        Verb::Config(args) => config::run(args),
        Verb::Migrate(args) => migrate::run(args),
        Verb::Simulate(args) => simulate::run(args),
        Verb::WithPostgres(args) => with_postgres::run(args),
        Verb::Completions(args) => completions::run(args),
        Verb::Man(args) => man::run(args),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_arguments_of_all_verbs_fit_together() {
        super::command().debug_assert();
    }
}
