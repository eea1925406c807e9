//! What is asked of every command that judges files.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use jiff::Timestamp;

use super::around::{Around, Besides};
use super::given::Given;
use super::trouble::Trouble;
use crate::api::Mode;
use crate::check::{Judged, Pattern, Selection, judge};
use crate::manifests::Estate;
use crate::rules::RULES;

/// From which mode on a finding fails the run.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Threshold {
    /// What admission denies
    Enforce,
    /// That, and warnings
    Warn,
    /// Everything
    Audit,
}

#[derive(Debug, Args)]
pub(super) struct Asking {
    #[command(flatten)]
    around: Around,

    /// Findings of this mode or a graver one end with exit code 1
    #[arg(long, value_enum, default_value = "enforce")]
    fail_on: Threshold,

    /// Only these rules, or all whose codes begin so: CX1
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    select: Vec<Pattern>,

    /// Not these rules
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    ignore: Vec<Pattern>,

    /// End with exit code 0 whatever is found
    #[arg(long)]
    exit_zero: bool,
}

impl Asking {
    /// What the files are judged with.
    pub(super) fn around(&self) -> &Around {
        &self.around
    }

    /// Which rules are wanted.
    pub(super) fn selection(&self) -> Selection {
        Selection { select: self.select.clone(), ignore: self.ignore.clone() }
    }

    /// Why nothing can come of what is asked: an answer would look as if all were well.
    pub(super) fn refuses(&self, paths: &[PathBuf]) -> Option<String> {
        let selection = self.selection();
        if RULES.iter().any(|rule| selection.wants(rule.code)) {
            return self.around.refuses(paths);
        }
        Some("--select and --ignore leave no rule: nothing would be judged".to_owned())
    }

    /// The mode from which on a finding fails the run.
    pub(super) fn fails_on(&self) -> Mode {
        match self.fail_on {
            Threshold::Enforce => Mode::Enforce,
            Threshold::Warn => Mode::Warn,
            Threshold::Audit => Mode::Audit,
        }
    }

    /// How the run ends: trouble comes first.
    pub(super) fn end(&self, fails: bool, trouble: &Trouble) -> ExitCode {
        if fails && !trouble.any && !self.exit_zero { ExitCode::from(1) } else { trouble.end() }
    }

    /// Reads, adds what is known besides, and judges.
    pub(super) fn look(&self, given: &Given, besides: &Besides, now: Timestamp) -> (Estate, Vec<Judged>) {
        let reading = self.around.reading();
        let mut estate = given.load(&reading);
        besides.add_to(&mut estate);
        let objects: Vec<_> = estate.objects().collect();
        let judged = judge(&estate.world, &objects, now, reading.threads);
        (estate, judged)
    }
}
