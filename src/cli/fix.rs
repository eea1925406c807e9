//! `cxguard check --fix` and `--diff`: what a machine can put right.

use std::path::Path;

use clap::Args;
use jiff::Timestamp;
use similar::TextDiff;

use super::asking::Asking;
use super::files;
use super::print::print;
use super::trouble::{Trouble, remark};
use crate::check::{Judged, flaws};
use crate::manifests::{Estate, Fixed, Input, fix, text};
use crate::render::many;

#[derive(Debug, Args)]
pub(super) struct Fixing {
    /// Put right what a machine can: quote texts that are read in two ways, https in survey links, remove exemptions
    /// that have ended. Comments and layout stay
    #[arg(long)]
    fix: bool,

    /// Print what --fix would change and change nothing; ends with 1 if there is something
    #[arg(long, conflicts_with = "fix")]
    diff: bool,
}

/// Files in which something can be put right.
pub(super) struct Fixes {
    found: Vec<Fix>,
}

struct Fix {
    input: Input,
    before: String,
    fixed: Fixed,
}

impl Fixing {
    /// Whether either was asked for.
    pub(super) fn is_asked(&self) -> bool {
        self.fix || self.diff
    }

    /// Whether files are to be changed.
    pub(super) fn in_place(&self) -> bool {
        self.fix
    }

    /// What can be put right; what cannot, though it looked so, is said.
    pub(super) fn find(
        estate: &Estate,
        judged: &[Judged],
        asking: &Asking,
        now: Timestamp,
        trouble: &mut Trouble,
    ) -> Fixes {
        let mut found = Vec::new();
        for (input, flaws) in flaws(estate, judged, &asking.selection()) {
            let before = match text(input) {
                Ok(before) => before,
                Err(problem) => {
                    trouble.say(&format!("{}: {problem}", input.name()));
                    continue;
                }
            };
            let fixed = fix(&before, &asking.around().reading().namespace, now, &flaws);
            for left in &fixed.left {
                remark(&format!("{}: {left}", input.name()));
            }
            if fixed.done > 0 {
                found.push(Fix { input: input.clone(), before, fixed });
            }
        }
        Fixes { found }
    }
}

impl Fixes {
    /// Prints the changes as a patch, and says whether there are any.
    pub(super) fn show(&self, trouble: &mut Trouble) -> bool {
        let mut patch = String::new();
        for Fix { input, before, fixed } in &self.found {
            let name = input.name();
            let diff = TextDiff::from_lines(before.as_str(), fixed.text.as_str());
            let header = (format!("a/{name}"), format!("b/{name}"));
            patch.push_str(&diff.unified_diff().header(&header.0, &header.1).to_string());
        }
        if print(&patch) != std::process::ExitCode::SUCCESS {
            trouble.any = true;
        }
        if !self.found.is_empty() {
            let done = self.found.iter().map(|fix| fix.fixed.done).sum();
            let files = many(self.found.len(), "file");
            remark(&format!("{} in {files} would be fixed by --fix", many(done, "finding")));
        }
        !self.found.is_empty()
    }

    /// Writes the files, and says whether any was. One that is no longer what was read is left alone.
    pub(super) fn write(&self, trouble: &mut Trouble) -> bool {
        let mut written = Vec::new();
        for Fix { input, before, fixed } in &self.found {
            let Input::File { path, .. } = input else { continue };
            match replace(path, before, &fixed.text) {
                Ok(()) => written.push((input.name(), fixed.done)),
                Err(problem) => trouble.say(&format!("{}: {problem}", path.display())),
            }
        }
        for (name, done) in &written {
            remark(&format!("{name}: {} fixed", many(*done, "finding")));
        }
        !written.is_empty()
    }
}

/// Writes a text in place of another, unless something else is there by now. A byte order mark stays.
fn replace(file: &Path, before: &str, after: &str) -> Result<(), String> {
    let there = files::read(file).map_err(|error| format!("failed to read it again: {error}"))?;
    let (mark, there) = match there.strip_prefix(MARK) {
        Some(there) => (MARK, there),
        None => ("", there.as_str()),
    };
    if there != before {
        return Err("has changed since it was read, and is left alone: run it again".to_owned());
    }
    let written = files::write(file, format!("{mark}{after}").as_bytes());
    written.map_err(|problem| format!("failed to write it: {problem:#}"))
}

/// A byte order mark.
const MARK: &str = "\u{feff}";
