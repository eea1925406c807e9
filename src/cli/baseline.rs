//! `cxguard check --baseline`: what is known already.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::files;
use super::trouble::{Trouble, remark};
use crate::check::{Baseline, Selection};
use crate::render::Report;
use crate::render::many;

#[derive(Debug, Args)]
pub(super) struct Known {
    /// Findings that are known already and count for nothing, as --write-baseline has written them
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,

    /// Write everything that counts now into the file that --baseline names, and end with 0. What the file knows of
    /// rules that --select and --ignore leave out stays in it
    #[arg(long, requires = "baseline", conflicts_with_all = ["fix", "diff", "format", "output"])]
    write_baseline: bool,
}

impl Known {
    /// What the file knows: nothing if there is none, or if it is about to be written.
    pub(super) fn read(&self, trouble: &mut Trouble) -> Baseline {
        let Some(file) = self.source() else { return Baseline::default() };
        match files::read(file) {
            Err(error) => {
                let remedy = "--write-baseline writes it";
                trouble.say(&format!("failed to read the baseline {}: {error}; {remedy}", file.display()));
                Baseline::default()
            }
            Ok(text) => Baseline::parse(&text).unwrap_or_else(|problem| {
                trouble.say(&format!("{} {problem}", file.display()));
                Baseline::default()
            }),
        }
    }

    /// The file to read, if there is one.
    pub(super) fn source(&self) -> Option<&Path> {
        self.baseline.as_deref().filter(|_| !self.write_baseline)
    }

    /// The file to write, if that was asked for.
    pub(super) fn target(&self) -> Option<&Path> {
        self.baseline.as_deref().filter(|_| self.write_baseline)
    }

    /// Writes what counts now. Nothing is written after trouble: what could not be read would look as if it were new
    /// the next time.
    pub(super) fn write(
        file: &Path,
        report: &Report,
        selection: &Selection,
        trouble: &mut Trouble,
    ) -> ExitCode {
        if trouble.any {
            trouble.say("the baseline is not written: put right first what could not be read");
            return trouble.end();
        }
        let kept = match unasked(file, selection) {
            Ok(kept) => kept,
            Err(problem) => {
                trouble.say(&format!("{} {problem}", file.display()));
                return trouble.end();
            }
        };
        let found = Baseline::of(report);
        let (written, more) = (many(found.len(), "finding"), kept.len());
        let more = if more > 0 { format!(", {more} of other rules kept") } else { String::new() };
        match files::write(file, found.and(kept).text().as_bytes()) {
            Ok(()) => remark(&format!("{written} written into {}{more}", file.display())),
            Err(problem) => trouble.say(&format!("failed to write {}: {problem:#}", file.display())),
        }
        trouble.end()
    }

    /// Says how much of what is known is no longer found.
    pub(super) fn remember(baseline: &Baseline, report: &Report, selection: &Selection) {
        let gone = baseline.gone(report, selection);
        if gone > 0 {
            let (are, them) = if gone == 1 { ("is", "it") } else { ("are", "them") };
            let findings = many(gone, "finding");
            remark(&format!("{findings} of the baseline {are} gone: write it again to forget {them}"));
        }
    }
}

/// What a file knows of rules that nobody asked for now: it was not looked for, so it is not gone.
fn unasked(file: &Path, selection: &Selection) -> Result<Baseline, String> {
    if selection.is_all() {
        return Ok(Baseline::default());
    }
    match files::read(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Baseline::default()),
        Err(error) => Err(format!("is to keep what other rules found, and cannot be read: {error}")),
        Ok(text) => Ok(Baseline::parse(&text)?.without(selection)),
    }
}
