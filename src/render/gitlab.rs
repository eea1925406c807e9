//! Code quality of GitLab: what a merge request adds and resolves.

use std::fmt::Write as _;
use std::io;

use serde::{Serialize, Serializer};

use super::report::{Diagnostic, Place, Report, Subject, Unread};
use super::summary::{self, Lacking};
use super::visible::visible;
use crate::api::{FindingOutcome, Mode};
use crate::fingerprint::fingerprint;

/// Writes the report as one JSON array.
pub fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::pretty(&mut *out);
    let findings = report.findings.iter().map(|finding| Entry::new(finding, report));
    let lacking = summary::lacking(report).into_iter().map(|lack| Entry::lacking(&lack, report));
    let unread = report.unread.iter().map(|unread| Entry::unread(unread, report));
    serializer.collect_seq(findings.chain(lacking).chain(unread))?;
    writeln!(out)
}

#[derive(Serialize)]
struct Entry {
    description: String,
    check_name: String,
    fingerprint: String,
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

impl Entry {
    fn new(finding: &Diagnostic, report: &Report) -> Self {
        let mut description = format!("{}: {}", finding.whereabouts(), finding.message);
        for said in finding.remarks() {
            let _ = write!(description, " ({said})");
        }
        Self {
            description: visible(&description).into_owned(),
            check_name: finding.rule.to_string(),
            fingerprint: finding.fingerprint.clone(),
            severity: severity(finding),
            location: Location::new(finding.place.as_ref(), &finding.subject, report),
        }
    }

    fn lacking(lack: &Lacking<'_>, report: &Report) -> Self {
        Self {
            description: visible(&format!("{}: {}", lack.title(), lack.message())).into_owned(),
            check_name: lack.codes.first().map(ToString::to_string).unwrap_or_default(),
            fingerprint: lack.fingerprint.to_owned(),
            severity: graded(lack.mode, FindingOutcome::Unknown),
            location: Location::new(lack.place, lack.subject, report),
        }
    }

    fn unread(unread: &Unread, report: &Report) -> Self {
        let begin = unread.at.map_or(1, |(line, _)| line);
        Self {
            description: format!(
                "could not be read, so nothing in it was judged: {}",
                visible(&unread.problem)
            ),
            check_name: "unread".to_owned(),
            fingerprint: format!("{:016x}", fingerprint(&["unread", &unread.file, &unread.problem])),
            severity: "critical",
            location: Location { path: report.in_repository(&unread.file), lines: Lines { begin } },
        }
    }
}

impl Location {
    fn new(place: Option<&Place>, subject: &Subject, report: &Report) -> Self {
        let (path, begin) = match place {
            Some(place) => (report.in_repository(&place.file), place.line),
            // An entry without a location makes the whole file invalid. What is in no file is listed by its name.
            None => (subject.to_string(), 1),
        };
        Self { path, lines: Lines { begin } }
    }
}

fn severity(finding: &Diagnostic) -> &'static str {
    if finding.counts() { graded(finding.mode, finding.outcome) } else { "info" }
}

/// Of GitLab's five, the gravest is left to what nobody may merge.
const fn graded(mode: Mode, outcome: FindingOutcome) -> &'static str {
    match (mode, outcome) {
        (Mode::Enforce, FindingOutcome::Violating) => "critical",
        (Mode::Enforce, FindingOutcome::Unknown) => "major",
        (Mode::Warn, _) => "minor",
        (Mode::Audit, _) => "info",
    }
}
