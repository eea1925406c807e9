//! `cxguard check`: manifests in files, before they are merged.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::now::now;
use super::output::Output;
use super::trouble::Trouble;
use crate::api::Mode;
use crate::check::{Asked, Pattern, Selection, judge, report};
use crate::manifests::{Estate, Input, Reading, discover, load, read_facts};
use crate::values::Instant;
use clap::{Args, ValueEnum};

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

impl Threshold {
    const fn mode(self) -> Mode {
        match self {
            Self::Enforce => Mode::Enforce,
            Self::Warn => Mode::Warn,
            Self::Audit => Mode::Audit,
        }
    }
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cxguard check                                  everything below this folder
  cxguard check deploy/ policies/gdpr.yaml       folders and files, as one world
  helm template chart | cxguard check -          what was rendered
  cxguard check --facts facts.json deploy/       with what a cluster knows besides
  cxguard check --at 2027-01-01T00:00:00Z .      what is wrong on that day
  cxguard check --output sarif=cxguard.sarif .   further formats in the same run

Exit codes: 0 nothing found, 1 findings at or above --fail-on, 2 wrong usage or something could not be read.")]
pub(super) struct Arguments {
    /// Files and folders; - is standard input
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,

    /// Judge as of this instant instead of now
    #[arg(long, value_name = "INSTANT")]
    at: Option<Instant>,

    /// A file with policies that are kept elsewhere
    #[arg(long, value_name = "FILE")]
    policy: Vec<PathBuf>,

    /// What a cluster knows, as `cxguard facts export` writes it: what the files say wins, and what they refer to is
    /// found there
    #[arg(long, value_name = "FILE")]
    facts: Option<PathBuf>,

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

    #[command(flatten)]
    output: Output,
}

/// Checks, prints, and says how it ended.
pub(super) fn main(arguments: &Arguments) -> ExitCode {
    let threads =
        arguments.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let reading = Reading { namespace: arguments.namespace.clone(), threads };
    let mut trouble = Trouble::default();
    let Some(inputs) = inputs(&arguments.paths, &mut trouble) else { return trouble.end() };
    let mut estate = load(inputs, &reading);
    if let Some(file) = &arguments.facts {
        lay_under(&mut estate, file, &mut trouble);
    }
    add_policies(&mut estate, &arguments.policy, &reading, &mut trouble);
    trouble.unread(&estate);
    let objects: Vec<_> = estate.objects().cloned().collect();
    if objects.is_empty() && !trouble.any {
        trouble.say("there is nothing to judge: no manifest of a kind that rules read was found");
    }
    let now = arguments.at.map_or_else(now, Instant::timestamp);
    let asked = Asked {
        selection: Selection { select: arguments.select.clone(), ignore: arguments.ignore.clone() },
        fails_on: Some(arguments.fail_on.mode()),
        ..Asked::default()
    };
    let judged = judge(&estate.world, &objects, now, threads);
    let report = report(&estate, &judged, now, &asked);
    if let Err(problem) = arguments.output.write(&report) {
        trouble.say(&problem);
    }
    match trouble.end() {
        code if trouble.any => code,
        _ if report.fails() && !arguments.exit_zero => ExitCode::from(1),
        code => code,
    }
}

/// What the paths name, standard input read; nothing if that failed.
pub(super) fn inputs(paths: &[PathBuf], trouble: &mut Trouble) -> Option<Vec<Input>> {
    let is_stdin = |path: &&PathBuf| path.as_path() == Path::new("-");
    let (mut inputs, errors) =
        discover(&paths.iter().filter(|path| !is_stdin(path)).cloned().collect::<Vec<_>>());
    for error in errors {
        trouble.say(&error.to_string());
    }
    if paths.iter().any(|path| is_stdin(&path)) {
        let mut bytes = Vec::new();
        let read = std::io::stdin().lock().read_to_end(&mut bytes).map_err(|error| error.to_string());
        match read.and_then(|_| Input::text(bytes)) {
            Ok(input) => inputs.push(input),
            Err(problem) => trouble.say(&format!("standard input: {problem}")),
        }
    }
    (!inputs.is_empty()).then_some(inputs)
}

/// Adds what a file says that a cluster knows.
pub(super) fn lay_under(estate: &mut Estate, file: &Path, trouble: &mut Trouble) {
    match read_facts(file) {
        Ok(snapshot) => estate.lay_under(snapshot, &file.display().to_string()),
        Err(problem) => trouble.say(&format!("--facts: {}: {problem}", file.display())),
    }
}

/// Adds policies that are kept elsewhere; one of the same name that is checked itself counts for less.
pub(super) fn add_policies(estate: &mut Estate, files: &[PathBuf], reading: &Reading, trouble: &mut Trouble) {
    let (inputs, errors) = discover(files);
    for error in errors {
        trouble.say(&error.to_string());
    }
    let elsewhere = load(inputs, reading);
    trouble.unread(&elsewhere);
    if elsewhere.objects().next().is_none() && !files.is_empty() {
        trouble.say("--policy: there is no policy in it");
    }
    for other in estate.add_policies(elsewhere) {
        trouble.say(&format!("--policy: {other} is no policy"));
    }
}
