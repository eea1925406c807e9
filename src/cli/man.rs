//! `cxguard man`: manual pages.

use std::fmt::Write as _;
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
        pages.push((man.get_filename(), laid_out(&String::from_utf8_lossy(&page))));
    }
    for command in below {
        collect(command, pages);
    }
}

/// The page with what follows the options in sections of their own: examples, line by line as a terminal shows them, and
/// what else there is to say. As a paragraph they would be filled, and read as one long command.
fn laid_out(page: &str) -> String {
    let Some((before, rest)) = page.split_once(".SH EXTRA\n") else { return page.to_owned() };
    let (extra, after) = rest.split_once("\n.SH ").unwrap_or((rest, ""));
    let (examples, notes) = match extra.strip_prefix("Examples:\n") {
        Some(rest) => rest.split_once("\n\n").unwrap_or((rest, "")),
        None => ("", extra),
    };
    let mut page = before.to_owned();
    for (name, text) in [("EXAMPLES", examples), ("NOTES", notes)] {
        if !text.is_empty() {
            let _ = writeln!(page, ".SH {name}\n{}", unfilled(text));
        }
    }
    if !after.is_empty() {
        page.push_str(".SH ");
        page.push_str(after);
    }
    page
}

/// Lines that are indented, kept as they are.
fn unfilled(text: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    let mut is_kept = false;
    for line in text.trim_end().lines() {
        if line.starts_with(' ') != is_kept {
            is_kept = !is_kept;
            lines.push(if is_kept { ".nf" } else { ".fi" });
        }
        lines.push(line);
    }
    lines.extend(is_kept.then_some(".fi"));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_lines_in_a_section_of_their_own() {
        let page =
            ".SH OPTIONS\nx\n.SH EXTRA\nExamples:\n  a   b\n    c\n\nNotes:\n  d\nmore\n.SH VERSION\nv1\n";
        assert_eq!(
            laid_out(page),
            ".SH OPTIONS\nx\n.SH EXAMPLES\n.nf\n  a   b\n    c\n.fi\n.SH NOTES\nNotes:\n.nf\n  d\n.fi\nmore\n.SH VERSION\nv1\n"
        );
        assert_eq!(laid_out(".SH EXTRA\nonly notes\n"), ".SH NOTES\nonly notes\n");
        assert_eq!(laid_out(".SH OPTIONS\nx\n"), ".SH OPTIONS\nx\n");
        let mut pages = Vec::new();
        let mut command = crate::cli::command().disable_help_subcommand(true);
        command.build();
        collect(command, &mut pages);
        let check = pages.iter().find(|(name, _)| name == "cxguard-check.1").unwrap();
        assert!(check.1.contains(".SH EXAMPLES\n.nf\n  cxguard check  "), "{}", check.1);
        assert!(pages.iter().all(|(_, page)| !page.contains("EXTRA")));
    }
}
