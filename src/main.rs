//! The `portoutd` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    portoutd::cli::main()
}
