//! Where a report goes: one format to standard output, further ones to files.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::files;
use super::trouble::Trouble;
use crate::render::{Format, Look, Report, write};

#[derive(Debug, Args)]
pub(super) struct Output {
    /// The form of what is printed
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = formats())]
    format: Format,

    /// Also write this format into a file; may be given again
    #[arg(id = "output", long, value_name = "FORMAT=FILE")]
    files: Vec<Target>,

    /// Print no report
    #[arg(short, long)]
    quiet: bool,
}

/// By their names, which shells complete.
fn formats() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::ALL.iter().map(|format| format.as_str()))
        .try_map(|name| name.parse::<Format>())
}

/// A format and the file for it.
#[derive(Clone, Debug)]
struct Target {
    format: Format,
    file: PathBuf,
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (format, file) =
            text.split_once('=').filter(|(_, file)| !file.is_empty()).ok_or("expected FORMAT=FILE")?;
        if file == "-" {
            return Err("- is no file: --format says what is printed".to_owned());
        }
        Ok(Self { format: format.parse()?, file: file.into() })
    }
}

impl Output {
    /// Why it cannot be done as asked: of two reports in one file, one would be lost.
    pub(super) fn refuses(&self) -> Option<String> {
        let mut seen = BTreeSet::new();
        let twice = self.files.iter().find(|target| !seen.insert(files::canonical(&target.file)))?;
        Some(format!("--output names {} twice", twice.file.display()))
    }

    /// The files that are written.
    pub(super) fn files(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|target| target.file.as_path())
    }

    /// Writes the report everywhere: where it cannot be written, it is still written to the others. That a reader of
    /// standard output has had enough is no error.
    pub(super) fn write(&self, report: &Report, trouble: &mut Trouble) {
        for target in &self.files {
            let mut bytes = Vec::new();
            let written = write(target.format, report, Look::default(), &mut bytes);
            if let Err(problem) =
                written.map_err(Into::into).and_then(|()| files::write(&target.file, &bytes))
            {
                trouble.say(&format!("failed to write {}: {problem}", target.file.display()));
            }
        }
        if !self.quiet
            && let Err(problem) = to_stdout(|look, out| write(self.format, report, look, out))
        {
            trouble.say(&problem);
        }
    }
}

/// Writes to standard output. That its reader has had enough is no error.
pub(super) fn to_stdout(write: impl FnOnce(Look, &mut dyn Write) -> io::Result<()>) -> Result<(), String> {
    let stdout = io::stdout();
    let colour =
        stdout.is_terminal() && anstream::AutoStream::choice(&stdout) != anstream::ColorChoice::Never;
    let mut out = io::BufWriter::new(stdout.lock());
    let written = write(Look { colour, ..Look::default() }, &mut out).and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(format!("failed to print: {error}")),
        _ => Ok(()),
    }
}
