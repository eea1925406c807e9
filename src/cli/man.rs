//! `cxguard man`: manual pages.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Command};
use clap_mangen::Man;

use super::files::{Existing, write_all};
use super::print::{fail, print};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cxguard man | man -l -
  cxguard man --output ~/.local/share/man/man1")]
pub(super) struct Arguments {
    /// Write a page per command into this folder; without it, the page of cxguard itself is printed
    #[arg(long, short, value_name = "DIR")]
    output: Option<PathBuf>,
}

/// Prints or writes the pages.
pub(super) fn main(arguments: &Arguments) -> ExitCode {
    let mut command = super::command().disable_help_subcommand(true);
    command.build();
    let mut pages = Vec::new();
    collect(command, &mut pages);
    let Some(folder) = &arguments.output else {
        return print(pages.first().map_or("", |(_, page)| page));
    };
    let files = pages.iter().map(|(name, page)| (name.as_str(), page.as_str()));
    match write_all(folder, files, Existing::Replace) {
        Ok(_) => ExitCode::SUCCESS,
        Err(problem) => fail(&problem),
    }
}

/// The pages of a command and of the commands below it, by the names of their files.
fn collect(command: Command, pages: &mut Vec<(String, String)>) {
    let below: Vec<Command> =
        command.get_subcommands().filter(|below| !below.is_hide_set()).cloned().collect();
    let man = Man::new(command);
    let mut page = Vec::new();
    // A vector takes whatever is written to it.
    if man.render(&mut page).is_ok() {
        pages.push((man.get_filename(), String::from_utf8_lossy(&page).into_owned()));
    }
    for command in below {
        collect(command, pages);
    }
}
