//! What went wrong, said on standard error: a line each, in which no name steers the terminal or the log.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::ExitCode;

use crate::manifests::Estate;
use crate::render::visible::visible;

/// The most troubles that are said one by one.
const MOST: usize = 50;

/// Says what goes wrong as it comes, each once, and remembers that something did.
#[derive(Debug, Default)]
pub(super) struct Trouble {
    /// Whether anything went wrong.
    pub(super) any: bool,
    said: BTreeSet<String>,
}

impl Trouble {
    /// Says a problem.
    pub(super) fn say(&mut self, problem: &str) {
        self.any = true;
        if !self.said.insert(problem.to_owned()) {
            return;
        }
        // Where standard error is closed too, the exit code still tells.
        let _ = writeln!(std::io::stderr(), "error: {}", visible(problem));
    }

    /// Says what could not be read.
    pub(super) fn unread(&mut self, estate: &Estate) {
        for unread in estate.unread.iter().take(MOST) {
            self.say(&unread.to_string());
        }
        if let Some(more) = estate.unread.len().checked_sub(MOST).filter(|more| *more > 0) {
            self.say(&format!("{more} more files or documents could not be read"));
        }
    }

    /// Says that there is nothing to judge, if nothing else explains it; and what is not rendered, for there will be no
    /// report that names it: one that says "no findings" would look like an answer.
    pub(super) fn nothing<'e>(&mut self, estates: impl IntoIterator<Item = &'e Estate>) {
        if !self.any {
            self.say("there is nothing to judge: no manifest of a kind that rules read was found");
        }
        for (file, reason) in estates.into_iter().flat_map(|estate| &estate.unrendered) {
            self.say(&format!("{file}: {reason}"));
        }
    }

    /// 2 if anything went wrong, else 0.
    pub(super) fn end(&self) -> ExitCode {
        ExitCode::from(if self.any { 2 } else { 0 })
    }
}

/// Says something that is no problem, beside the report and not in it.
pub(super) fn remark(text: &str) {
    let _ = writeln!(std::io::stderr(), "{}", visible(text));
}
