//! Code quality of GitLab: what a merge request adds and resolves.

use std::fmt::Write as _;
use std::io;

use serde::{Serialize, Serializer};

use super::report::{Diagnostic, Report};
use crate::api::{FindingOutcome, Mode};

/// Writes the report as one JSON array.
pub fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::pretty(&mut *out);
    serializer.collect_seq(report.findings.iter().map(Entry::new))?;
    writeln!(out)
}

#[derive(Serialize)]
struct Entry<'r> {
    description: String,
    check_name: String,
    fingerprint: &'r str,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
}

impl<'r> Entry<'r> {
    fn new(finding: &'r Diagnostic) -> Self {
        let mut description = format!("{}: {}", finding.whereabouts(), finding.message);
        for said in finding.remarks() {
            let _ = write!(description, " ({said})");
        }
        let (path, begin) = match &finding.place {
            Some(place) => (place.relative().to_owned(), place.line),
            // An entry without a location makes the whole file invalid. What is in no file is listed by its name.
            None => (finding.subject.to_string(), 1),
        };
        Self {
            description,
            check_name: finding.rule.to_string(),
            fingerprint: &finding.fingerprint,
            severity: severity(finding),
            location: Location { path, lines: Lines { begin } },
        }
    }
}

/// Of GitLab's five, the gravest is left to what nobody may merge.
fn severity(finding: &Diagnostic) -> &'static str {
    if !finding.counts() {
        return "info";
    }
    match (finding.mode, finding.outcome) {
        (Mode::Enforce, FindingOutcome::Violating) => "critical",
        (Mode::Enforce, FindingOutcome::Unknown) => "major",
        (Mode::Warn, _) => "minor",
        (Mode::Audit, _) => "info",
    }
}
