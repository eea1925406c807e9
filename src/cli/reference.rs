//! docs/cli.md: the help of every command, on one page.

use std::fmt::Write as _;

use clap::Command;

/// How wide the help is on the page, whatever the terminal of who makes it.
const WIDTH: usize = 120;

/// The page, made from what `--help` prints.
pub fn reference() -> String {
    let mut page = String::from(
        "# Command line\n\nGenerated from `--help`; do not edit.\n\n\
        A command ends with 0 if it did what it was asked to, and with 2 if the usage is wrong or something is \
        unreadable or unreachable; one that ends in other ways says so in its help. That a reader such as `head` has \
        had enough is no error.\n",
    );
    let mut command = super::command().term_width(WIDTH).disable_help_subcommand(true);
    command.build();
    describe(&command, &mut page);
    page
}

fn describe(command: &Command, page: &mut String) {
    let name = command.get_bin_name().unwrap_or(command.get_name());
    // What this machine has set is of no interest elsewhere.
    let help = command.clone().mut_args(|argument| argument.hide_env_values(true)).render_long_help();
    let help: Vec<String> = help.to_string().lines().map(|line| line.trim_end().to_owned()).collect();
    let _ = write!(page, "\n## {name}\n\n```text\n{}\n```\n", help.join("\n").trim_end());
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        describe(below, page);
    }
}
