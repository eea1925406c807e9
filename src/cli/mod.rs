//! The command line: one file per subcommand.

mod check;
mod clock;
mod files;
mod output;
mod print;
mod rules;
mod run;
mod trouble;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Enforces customer-experience data policies in Kubernetes: vendors, data flows, people and their access.
#[derive(Debug, Parser)]
#[command(name = "cxguard", version, propagate_version = true, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the operator: watch, judge, bind and revoke access, annotate workloads
    Run(run::Arguments),
    /// Judge manifests in files, as the operator would
    Check(check::Arguments),
    /// List every rule
    Rules(rules::ListArguments),
    /// Say what a rule checks, why, and what to do
    Explain(rules::ExplainArguments),
}

/// Reads the arguments and does what they say. 0: done. 2: usage, or something is unreadable or unreachable.
pub fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Run(arguments) => run::main(arguments),
        Command::Check(arguments) => check::main(&arguments),
        Command::Rules(arguments) => rules::list(&arguments),
        Command::Explain(arguments) => rules::explain(&arguments),
    }
}
