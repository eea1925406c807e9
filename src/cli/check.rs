//! `cxguard check`: manifests in files, before they are merged.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::asking::Asking;
use super::baseline::Known;
use super::checkout::checkout;
use super::files;
use super::fix::{Fixing, Looking};
use super::given::{Given, is_stdin, sources};
use super::output::Output;
use super::trouble::Trouble;
use crate::check::{Asked, report};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cxguard check                                  everything below this folder
  cxguard check deploy/ policies/gdpr.yaml       folders and files, as one world
  helm template chart | cxguard check -          what was rendered
  cxguard check --facts facts.json deploy/       with what a cluster knows besides
  cxguard check --at 2027-01-01 .                what is wrong on that day
  cxguard check --output sarif=cxguard.sarif .   further formats in the same run
  cxguard check --baseline known.json .          only what is new; --write-baseline first
  cxguard check --diff .                         what --fix would change

Folders are searched for .yaml, .yml and .json. Not read in them: what is hidden (its name begins with a dot), and what \
.gitignore, .ignore and .cxguardignore name, whether or not Git is used. A file that is named itself is always read.

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

/// Why a file is not written over, and what to do.
fn read_already(file: &Path) -> String {
    format!(
        "{} is read, and is not to be written over: name another file, or, if it is a report that a pattern such as \
         *.json found, the folder in place of the pattern",
        file.display()
    )
}

/// Checks, prints, and says how it ended.
pub(super) fn main(arguments: &Arguments) -> ExitCode {
    let Arguments { paths, asking, known, fixing, output } = arguments;
    let mut trouble = Trouble::default();
    if fixing.in_place() && paths.iter().any(|path| is_stdin(path)) {
        trouble.say("--fix changes files, and standard input is none: --diff shows what it would change");
        return trouble.end();
    }
    if let Some(problem) = asking.refuses(paths).or_else(|| output.refuses()) {
        trouble.say(&problem);
        return trouble.end();
    }
    let Some(given) = Given::some(paths, &mut trouble) else { return trouble.end() };
    let (besides, now) = (asking.around().besides(), asking.around().at());
    let baseline = known.read(&mut trouble);
    let look = |given: &Given| asking.look(given, &besides, now);
    let (mut estate, mut judged) = look(&given);
    trouble.unread(&estate);
    if estate.objects().next().is_none() {
        trouble.nothing([&estate]);
        return trouble.end();
    }
    let read = given.named().chain(sources(&estate)).chain(besides.files());
    let written = output.files().chain(known.target());
    if let Some(file) = files::overwritten(written, read.chain(known.source())) {
        trouble.say(&read_already(file));
        return trouble.end();
    }
    if fixing.is_asked() {
        let (selection, reading) = (asking.selection(), asking.around().reading());
        let looking = Looking {
            selection: &selection,
            namespace: &reading.namespace,
            now,
            again: |texts| look(&given.instead(texts)),
        };
        let fixes = looking.find(&estate, &judged, &mut trouble);
        if !fixing.in_place() {
            return asking.end(fixes.show(&mut trouble), &trouble);
        }
        if fixes.write(&mut trouble) {
            (estate, judged) = look(&given);
            trouble.unread(&estate);
        }
    }
    let selection = asking.selection();
    let fails_on = Some(asking.fails_on());
    let threads = asking.around().reading().threads;
    let (baselined, checkout) = (baseline.fingerprints(), checkout(paths));
    let asked = Asked { selection: selection.clone(), fails_on, baseline: baselined, threads, checkout };
    let report = report(&estate, &judged, now, &asked);
    if let Some(file) = known.target() {
        return Known::write(file, &report, &selection, &mut trouble);
    }
    Known::remember(&baseline, &report, &selection);
    output.write(&report, &mut trouble);
    // The process ends here: to give back what so many objects hold, piece by piece, would only make somebody wait.
    std::mem::forget((estate, judged));
    asking.end(report.fails(), &trouble)
}
