//! What is asked of every command that judges files.

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use jiff::Timestamp;

use super::beside::{Beside, Elsewhere};
use super::now::now;
use super::trouble::Trouble;
use crate::api::Mode;
use crate::check::{Judged, Pattern, Selection, judge};
use crate::manifests::{Estate, Input, Reading, load};
use crate::values::Instant;

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
    /// Judge as of this instant instead of now
    #[arg(long, value_name = "INSTANT")]
    at: Option<Instant>,

    #[command(flatten)]
    elsewhere: Elsewhere,

    /// The namespace of objects that name none
    #[arg(short, long, value_name = "NAME", default_value = "default")]
    namespace: String,

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

    /// How many threads read and judge; as many as there are processors
    #[arg(long, value_name = "NUMBER")]
    threads: Option<usize>,
}

impl Asking {
    /// The instant to judge for.
    pub(super) fn at(&self) -> Timestamp {
        self.at.map_or_else(now, Instant::timestamp)
    }

    /// How files are read.
    pub(super) fn reading(&self) -> Reading {
        let processors = || std::thread::available_parallelism().map_or(1, usize::from);
        Reading { namespace: self.namespace.clone(), threads: self.threads.unwrap_or_else(processors) }
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

    /// What is known besides the files.
    pub(super) fn beside(&self, trouble: &mut Trouble) -> Beside {
        self.elsewhere.read(&self.reading(), trouble)
    }

    /// Reads, adds what is known besides, and judges.
    pub(super) fn look(
        &self,
        inputs: Vec<Input>,
        beside: &Beside,
        now: Timestamp,
        trouble: &mut Trouble,
    ) -> (Estate, Vec<Judged>) {
        let reading = self.reading();
        let mut estate = load(inputs, &reading);
        beside.add_to(&mut estate, trouble);
        trouble.unread(&estate);
        let objects: Vec<_> = estate.objects().cloned().collect();
        let judged = judge(&estate.world, &objects, now, reading.threads);
        (estate, judged)
    }
}
