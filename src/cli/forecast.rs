//! `cxguard forecast`: what will change by time alone.

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use clap::{Args, ValueEnum};
use jiff::Timestamp;

use super::around::Around;
use super::connection::Connection;
use super::facts::{exported, read};
use super::given::Given;
use super::trouble::Trouble;
use super::when::When;
use crate::check::{Span, forecast};
use crate::cluster::index::STREAMS;
use crate::facts::{ObjectRef, Snapshot};
use crate::manifests::Estate;
use crate::render::forecast::{Forecast, ics, json, text};
use crate::values::Period;

/// A form of output.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs
    Json,
    /// For calendars: iCalendar
    Ics,
}

/// How far somebody looks ahead.
#[derive(Clone, Copy, Debug)]
enum Until {
    Period(Period),
    Instant(When),
}

impl FromStr for Until {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(period) = text.parse() {
            return Ok(Self::Period(period));
        }
        text.parse()
            .map(Self::Instant)
            .map_err(|problem: String| format!("{problem}, or a duration such as 180d"))
    }
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cxguard forecast deploy/                              the next 180 days
  cxguard forecast --until 730d --facts facts.json .    with what a cluster knows besides
  cxguard forecast --cluster --context production       everything in a cluster
  cxguard forecast --format ics . > compliance.ics      as a calendar

Every change is found at its instant; none is sampled. Nothing is edited meanwhile: papers are not renewed.

Exit codes: 0 whatever is foreseen, 2 wrong usage or something could not be read.")]
pub(super) struct Arguments {
    /// Files and folders; - is standard input. Without any, everything that --facts or --cluster knows is looked at, or
    /// the current folder
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// How far to look: a duration, or an instant; a date is its first instant, in UTC
    #[arg(long, value_name = "180d|INSTANT", default_value = "180d")]
    until: Until,

    #[command(flatten)]
    around: Around,

    /// Read what a cluster knows, instead of --facts
    #[arg(long, conflicts_with = "facts")]
    cluster: bool,

    #[command(flatten)]
    connection: Connection,

    /// The form of the output
    #[arg(long, value_enum, default_value = "text")]
    format: Format,

    /// Also list what is only recorded, such as reminders
    #[arg(short, long)]
    verbose: bool,
}

/// Looks ahead, prints, and says how it ended.
pub(super) fn main(arguments: &Arguments) -> ExitCode {
    let mut trouble = Trouble::default();
    if !arguments.cluster && arguments.connection.is_given() {
        trouble.say("--kubeconfig and --context need --cluster");
        return trouble.end();
    }
    if let Some(problem) = arguments.around.refuses(&arguments.paths) {
        trouble.say(&problem);
        return trouble.end();
    }
    let from = arguments.around.at();
    let until = match arguments.until {
        Until::Period(period) => period.after(from),
        Until::Instant(instant) => instant.timestamp(),
    };
    if until <= from {
        trouble.say(&format!("--until: {until} is not after {from}, where the forecast begins"));
        return trouble.end();
    }
    let Some(estate) = estate(arguments, from, &mut trouble) else { return trouble.end() };
    trouble.unread(&estate);
    let objects = subjects(arguments, &estate);
    if objects.is_empty() {
        trouble.nothing([&estate]);
        return trouble.end();
    }
    let foreseen = forecast(&estate, &objects, Span { from, until, audited: arguments.verbose });
    match write(&foreseen, arguments.format) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            trouble.say(&format!("failed to print: {error}"));
        }
        _ => {}
    }
    trouble.end()
}

fn write(forecast: &Forecast, format: Format) -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    match format {
        Format::Text => text::write(forecast, &mut out)?,
        Format::Json => json::write(forecast, &mut out)?,
        Format::Ics => ics::write(forecast, &mut out)?,
    }
    out.flush()
}

/// Whether everything that is known is looked at, and not the objects of files.
fn is_whole(arguments: &Arguments) -> bool {
    arguments.paths.is_empty() && (arguments.cluster || arguments.around.has_facts())
}

fn subjects(arguments: &Arguments, estate: &Estate) -> BTreeSet<ObjectRef> {
    if is_whole(arguments) {
        estate.world.objects().cloned().collect()
    } else {
        estate.objects().cloned().collect()
    }
}

/// What the files say, and what a cluster knows besides.
fn estate(arguments: &Arguments, from: Timestamp, trouble: &mut Trouble) -> Option<Estate> {
    let here = [PathBuf::from(".")];
    let mut estate = if is_whole(arguments) {
        Estate::default()
    } else {
        let paths = if arguments.paths.is_empty() { &here[..] } else { &arguments.paths };
        Given::some(paths, trouble)?.load(&arguments.around.reading())
    };
    if arguments.cluster {
        add_cluster(arguments, from, &mut estate, trouble)?;
    }
    arguments.around.besides().add_to(&mut estate);
    Some(estate)
}

/// Adds what a cluster knows. Of a cluster as a whole that is everything; under files, what a check would be given.
fn add_cluster(
    arguments: &Arguments,
    from: Timestamp,
    estate: &mut Estate,
    trouble: &mut Trouble,
) -> Option<()> {
    let kinds = if is_whole(arguments) { STREAMS.to_vec() } else { exported() };
    let known = match read(&arguments.connection, arguments.around.operator_namespace(), &kinds) {
        Ok(known) => known,
        Err(problem) => {
            trouble.say(&format!("{problem:#}"));
            return None;
        }
    };
    let missing: Vec<String> = known.listed.missing.into_iter().map(|missing| missing.resource).collect();
    if is_whole(arguments) {
        for (id, fact) in known.listed.facts {
            estate.world.set(&id, Some(fact));
        }
        estate.unlisted.extend(missing.into_iter().map(|resource| (known.server.clone(), resource)));
    } else {
        let mut snapshot = Snapshot::new(from, known.server.clone(), missing, known.listed.facts);
        snapshot.operator = arguments.around.operator_namespace().into();
        estate.lay_under(&snapshot, &known.server);
    }
    Some(())
}
