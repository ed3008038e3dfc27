//! `portoutd completions`.

use std::process::ExitCode;

use anyhow::Context;
use clap_complete::Shell;

use super::failure::Ending;
use super::terminal::output::print_exactly;

/// Print the completion script for a shell
///
/// Bash: write it to `~/.local/share/bash-completion/completions/portoutd`. Zsh: write it to a file named `_portoutd` in a
/// directory of `fpath`. Fish: write it to `~/.config/fish/completions/portoutd.fish`. Then start a new shell.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The shell.
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

pub(crate) fn run(args: &Args) -> Ending {
    print_exactly(&script(args.shell)?)?;
    Ok(ExitCode::SUCCESS)
}

fn script(shell: Shell) -> anyhow::Result<String> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut super::command(), "portoutd", &mut script);
    String::from_utf8(script).context("writing the completion script")
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use clap::ValueEnum as _;

    use super::*;

    #[test]
    fn the_script_of_every_shell_completes_every_command() {
        let command = crate::cli::command();
        for shell in Shell::value_variants() {
            let script = script(*shell).unwrap();
            for verb in command.get_subcommands() {
                assert!(script.contains(verb.get_name()), "{shell}: {}", verb.get_name());
            }
            assert!(script.contains("rollback"), "{shell}: nested commands");
            assert!(!script.contains('\u{1b}'), "{shell}: a style in the script");
        }
    }

    #[test]
    fn bash_accepts_its_script() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("portoutd");
        std::fs::write(&file, script(Shell::Bash).unwrap()).unwrap();
        let checked = Command::new("bash").arg("-n").arg(&file).output().unwrap();
        assert!(
            checked.status.success() && checked.stderr.is_empty(),
            "{checked:?}"
        );
    }
}
