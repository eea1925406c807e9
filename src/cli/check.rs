//! `cxguard check`: manifests in files, before they are merged.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::asking::Asking;
use super::baseline::Known;
use super::fix::Fixing;
use super::output::Output;
use super::trouble::Trouble;
use crate::check::{Asked, report};
use crate::manifests::{Input, discover};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cxguard check                                  everything below this folder
  cxguard check deploy/ policies/gdpr.yaml       folders and files, as one world
  helm template chart | cxguard check -          what was rendered
  cxguard check --facts facts.json deploy/       with what a cluster knows besides
  cxguard check --at 2027-01-01T00:00:00Z .      what is wrong on that day
  cxguard check --output sarif=cxguard.sarif .   further formats in the same run
  cxguard check --baseline known.json .          only what is new; --write-baseline first
  cxguard check --diff .                         what --fix would change

Exit codes: 0 nothing found, 1 findings at or above --fail-on, 2 wrong usage or something could not be read. With \
--diff: 1 if there is something to fix.")]
pub(super) struct Arguments {
    /// Files and folders; - is standard input
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,

    #[command(flatten)]
    asking: Asking,

    #[command(flatten)]
    known: Known,

    #[command(flatten)]
    fixing: Fixing,

    #[command(flatten)]
    output: Output,
}

/// Checks, prints, and says how it ended.
pub(super) fn main(arguments: &Arguments) -> ExitCode {
    let Arguments { paths, asking, known, fixing, output } = arguments;
    let mut trouble = Trouble::default();
    if fixing.in_place() && paths.iter().any(|path| is_stdin(path)) {
        trouble.say("--fix changes files, and standard input is none: --diff shows what it would change");
        return trouble.end();
    }
    let Some(inputs) = inputs(paths, &mut trouble) else { return trouble.end() };
    let (besides, now) = (asking.around().besides(&mut trouble), asking.around().at());
    let baseline = known.read(&mut trouble);
    let look = |trouble: &mut Trouble| asking.look(inputs.clone(), &besides, now, trouble);
    let (mut estate, mut judged) = look(&mut trouble);
    if estate.objects().next().is_none() {
        trouble.nothing([&estate]);
        return trouble.end();
    }
    if fixing.is_asked() {
        let fixes = Fixing::find(&estate, &judged, asking, now, &mut trouble);
        if !fixing.in_place() {
            return asking.end(fixes.show(&mut trouble), &trouble);
        }
        if fixes.write(&mut trouble) {
            (estate, judged) = look(&mut trouble);
        }
    }
    let selection = asking.selection();
    let fails_on = Some(asking.fails_on());
    let threads = asking.around().reading().threads;
    let asked = Asked { selection: selection.clone(), fails_on, baseline: baseline.fingerprints(), threads };
    let report = report(&estate, &judged, now, &asked);
    if let Some(file) = known.target() {
        return Known::write(file, &report, &mut trouble);
    }
    Known::remember(&baseline, &report, &selection);
    if let Err(problem) = output.write(&report) {
        trouble.say(&problem);
    }
    // The process ends here: to give back what so many objects hold, piece by piece, would only make somebody wait.
    std::mem::forget((estate, judged));
    asking.end(report.fails(), &trouble)
}

fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

/// What the paths name, standard input read; nothing if that failed.
pub(super) fn inputs(paths: &[PathBuf], trouble: &mut Trouble) -> Option<Vec<Input>> {
    let files: Vec<PathBuf> = paths.iter().filter(|path| !is_stdin(path)).cloned().collect();
    let (mut inputs, errors) = discover(&files);
    for error in errors {
        trouble.say(&error.to_string());
    }
    if files.len() < paths.len() {
        let mut bytes = Vec::new();
        let read = std::io::stdin().lock().read_to_end(&mut bytes).map_err(|error| error.to_string());
        match read.and_then(|_| Input::text("-".to_owned(), true, bytes)) {
            Ok(input) => inputs.push(input),
            Err(problem) => trouble.say(&format!("standard input: {problem}")),
        }
    }
    if inputs.is_empty() && !trouble.any {
        trouble.say("there is nothing to judge: no file of YAML or JSON was found");
    }
    (!inputs.is_empty()).then_some(inputs)
}
