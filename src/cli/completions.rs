//! `cxguard completions`: what a shell needs to complete our commands.

use std::process::ExitCode;

use clap::Args;
use clap_complete::Shell;

use super::print::print;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cxguard completions bash > /etc/bash_completion.d/cxguard
  cxguard completions zsh > \"${fpath[1]}/_cxguard\"
  cxguard completions fish > ~/.config/fish/completions/cxguard.fish
  source <(cxguard completions bash)     for this shell only")]
pub(super) struct Arguments {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the completions for a shell.
pub(super) fn main(arguments: &Arguments) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut super::command(), "cxguard", &mut script);
    print(&String::from_utf8_lossy(&script))
}
