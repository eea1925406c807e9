//! The command line: one file per subcommand.

mod access;
mod admission;
mod around;
mod asking;
mod baseline;
mod check;
mod checkout;
mod clock;
mod completions;
mod connection;
mod diff;
mod discover;
mod facts;
mod files;
mod fix;
mod forecast;
mod form;
mod given;
mod grant;
mod init;
mod login;
mod man;
mod output;
mod print;
mod program;
mod reference;
mod rules;
mod run;
mod schemas;
mod session;
mod trouble;
mod warnings;
mod when;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

pub use reference::reference;

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
    /// Hold two states of the same manifests against each other: what is new, fixed, touched
    Diff(diff::Arguments),
    /// Say what will change by time alone, when, and because of which document
    Forecast(forecast::Arguments),
    /// What a cluster knows, for checks that cannot reach it
    Facts(facts::Arguments),
    /// Ask for access, approve, revoke and extend it
    Grant(grant::Arguments),
    /// Write a kubeconfig for the service account that was issued for a grant to you
    Login(login::Arguments),
    /// Fetch a token of an issued service account; kubectl does so after `cxguard login`
    Token(login::TokenArguments),
    /// Say who gets at a namespace, by which way and until when
    Access(access::Arguments),
    /// List every rule
    Rules(rules::ListArguments),
    /// Say what a rule checks, why, and what to do
    Explain(rules::ExplainArguments),
    /// Write a policy, a vendor, a flow and an incident plan to start from
    Init(init::Arguments),
    /// Print or write JSON Schemas of cxguard's kinds, for editors and kubeconform
    Schemas(schemas::Arguments),
    /// Print what a shell needs to complete commands
    Completions(completions::Arguments),
    /// Print or write manual pages
    Man(man::Arguments),
}

/// Reads the arguments and does what they say. 0: done. 2: usage, or something is unreadable or unreachable.
pub fn main() -> ExitCode {
    let arguments = match Cli::from_arg_matches(&program::called(command()).get_matches()) {
        Ok(arguments) => arguments,
        Err(error) => error.exit(),
    };
    match arguments.command {
        Command::Run(arguments) => run::main(arguments),
        Command::Check(arguments) => check::main(&arguments),
        Command::Diff(arguments) => diff::main(&arguments),
        Command::Forecast(arguments) => forecast::main(&arguments),
        Command::Facts(arguments) => facts::main(&arguments),
        Command::Grant(arguments) => grant::main(&arguments),
        Command::Login(arguments) => login::main(&arguments),
        Command::Token(arguments) => login::token(&arguments),
        Command::Access(arguments) => access::main(&arguments),
        Command::Rules(arguments) => rules::list(&arguments),
        Command::Explain(arguments) => rules::explain(&arguments),
        Command::Init(arguments) => init::main(&arguments),
        Command::Schemas(arguments) => schemas::main(&arguments),
        Command::Completions(arguments) => completions::main(&arguments),
        Command::Man(arguments) => man::main(&arguments),
    }
}

/// The whole command line, for what is made from it.
fn command() -> clap::Command {
    Cli::command()
}
