//! What is asked of every command that judges files.

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use jiff::Timestamp;

use super::around::{Around, Besides};
use super::trouble::Trouble;
use crate::api::Mode;
use crate::check::{Judged, Pattern, Selection, judge};
use crate::manifests::{Estate, Input, load};

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
    pub(super) fn look(
        &self,
        inputs: Vec<Input>,
        besides: &Besides,
        now: Timestamp,
        trouble: &mut Trouble,
    ) -> (Estate, Vec<Judged>) {
        let reading = self.around.reading();
        let mut estate = load(inputs, &reading);
        besides.add_to(&mut estate, trouble);
        trouble.unread(&estate);
        let objects: Vec<_> = estate.objects().cloned().collect();
        let judged = judge(&estate.world, &objects, now, reading.threads);
        (estate, judged)
    }
}
