//! Output for whoever reads it, to its end or not.

use std::io::{ErrorKind, Write};
use std::process::ExitCode;

use crate::render::visible::visible;

/// Prints a text on standard output. That a reader such as `head` has had enough is no error.
pub(super) fn print(text: &str) -> ExitCode {
    let mut output = std::io::stdout().lock();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: failed to print: {error}");
            ExitCode::from(2)
        }
    }
}

/// Says why a command could not do what it was asked to.
pub(super) fn fail(problem: &anyhow::Error) -> ExitCode {
    let problem = format!("{problem:#}");
    // An API server may say more than a line.
    let lines: Vec<_> = problem.lines().map(visible).collect();
    let _ = writeln!(std::io::stderr(), "error: {}", lines.join("\n"));
    ExitCode::from(2)
}
