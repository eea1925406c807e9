//! `cxguard check --baseline`: what is known already.

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

    /// Write everything that counts now into the file that --baseline names, and end with 0
    #[arg(long, requires = "baseline", conflicts_with_all = ["fix", "diff"])]
    write_baseline: bool,
}

impl Known {
    /// What the file knows: nothing if there is none, or if it is about to be written.
    pub(super) fn read(&self, trouble: &mut Trouble) -> Baseline {
        let Some(file) = self.baseline.as_ref().filter(|_| !self.write_baseline) else {
            return Baseline::default();
        };
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

    /// The file to write, if that was asked for.
    pub(super) fn target(&self) -> Option<&Path> {
        self.baseline.as_deref().filter(|_| self.write_baseline)
    }

    /// Writes what counts now. Nothing is written after trouble: what could not be read would look as if it were new
    /// the next time.
    pub(super) fn write(file: &Path, report: &Report, trouble: &mut Trouble) -> ExitCode {
        if trouble.any {
            trouble.say("the baseline is not written: put right first what could not be read");
            return trouble.end();
        }
        let baseline = Baseline::of(report);
        match files::write(file, baseline.text().as_bytes()) {
            Ok(()) => {
                remark(&format!("{} written into {}", many(baseline.len(), "finding"), file.display()));
            }
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
