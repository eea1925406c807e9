//! How the program is called: `cxguard`, or `kubectl cxguard` where kubectl finds it as a plugin.

use std::path::Path;

const NAME: &str = "cxguard";

/// The name under which kubectl looks for the plugin.
const PLUGIN: &str = "kubectl-cxguard";

/// What to type to call this program, for texts that tell people what to type.
pub(super) fn program() -> &'static str {
    called_as(std::env::args_os().next().as_deref().map(Path::new))
}

fn called_as(path: Option<&Path>) -> &'static str {
    let stem = path.and_then(Path::file_stem).and_then(|stem| stem.to_str());
    if stem == Some(PLUGIN) { "kubectl cxguard" } else { NAME }
}

/// The command line with the name by which it was called, in the usage and in every example.
pub(super) fn called(command: clap::Command) -> clap::Command {
    match program() {
        NAME => command,
        name => renamed(command.bin_name(name), name),
    }
}

fn renamed(mut command: clap::Command, name: &str) -> clap::Command {
    if let Some(help) = command.get_after_help() {
        let help = help.to_string().replace(&format!("{NAME} "), &format!("{name} "));
        command = command.after_help(help);
    }
    command.mut_subcommands(|below| renamed(below, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_the_file_decides() {
        for (path, expected) in [
            ("/usr/local/bin/cxguard", "cxguard"),
            ("kubectl-cxguard", "kubectl cxguard"),
            ("/opt/bin/kubectl-cxguard", "kubectl cxguard"),
            ("kubectl-cxguard/other", "cxguard"),
        ] {
            assert_eq!(called_as(Some(Path::new(path))), expected, "{path}");
        }
        assert_eq!(called_as(None), "cxguard");
    }
}
