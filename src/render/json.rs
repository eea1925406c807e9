//! For programs: everything, in a shape that only grows within its version.

use std::collections::BTreeMap;
use std::io;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use super::report::{Cause, Diagnostic, Lack, NotJudged, Place, Report, Subject, Unjudged, Unread};
use crate::api::{FindingOutcome, Mode};
use crate::rules::Code;

/// The version of the shape. Members may be added within it; none is removed or changes its meaning.
pub(super) const VERSION: u32 = 1;

/// Writes the report as one JSON object, one finding after the other.
pub fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let document = Document {
        version: VERSION,
        at: report.at,
        outcome: report.outcome.as_str(),
        findings: &report.findings,
        not_judged: Skipped::all(report),
        unread: report.unread.iter().map(Missed::new).collect(),
        ignored: &report.ignored,
        horizon: report.horizon,
        files: report.files,
        objects: report.objects,
    };
    whole(&document, out)
}

/// Writes a whole document, for people to read too.
pub(super) fn whole(document: &impl Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    document.serialize(&mut serde_json::Serializer::pretty(&mut *out))?;
    writeln!(out)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'r> {
    version: u32,
    at: Timestamp,
    outcome: &'static str,
    #[serde(serialize_with = "findings")]
    findings: &'r [Diagnostic],
    not_judged: Vec<Skipped<'r>>,
    unread: Vec<Missed<'r>>,
    ignored: &'r BTreeMap<String, usize>,
    horizon: Option<Timestamp>,
    files: usize,
    objects: usize,
}

/// Each finding is made when it is its turn: there may be very many.
fn findings<S: Serializer>(findings: &[Diagnostic], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(findings.iter().map(Entry::new))
}

#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Skipped<'r> {
    Rule {
        rule: String,
        subject: Option<Object<'r>>,
        reason: &'r str,
        /// Of what counts as a finding does.
        #[serde(skip_serializing_if = "Option::is_none")]
        mode: Option<Mode>,
    },
    File {
        file: &'r str,
        reason: &'r str,
    },
}

impl<'r> Skipped<'r> {
    /// Rules first, each with every object of which it could not be judged; then files.
    pub(super) fn all(report: &'r Report) -> Vec<Self> {
        let mut rules: Vec<(Code, Option<&Subject>, &str, Option<Mode>)> = Vec::new();
        let mut files = Vec::new();
        for NotJudged { what, reason } in &report.not_judged {
            match what {
                Unjudged::Rule(code) => rules.push((*code, None, reason, None)),
                Unjudged::File(file) => files.push(Self::File { file, reason }),
            }
        }
        for gap in &report.gaps {
            let entry = |(code, lack): (&Code, &Lack)| {
                (*code, Some(&gap.subject), gap.reason.as_str(), Some(lack.mode).filter(|_| !lack.baselined))
            };
            rules.extend(gap.rules.iter().map(entry));
        }
        rules.sort();
        let rules = rules.into_iter().map(|(code, subject, reason, mode)| Self::Rule {
            rule: code.to_string(),
            subject: subject.map(Object::new),
            reason,
            mode,
        });
        rules.chain(files).collect()
    }
}

/// What could not be read; nulls where the line is not known.
#[derive(Serialize)]
struct Missed<'r> {
    file: &'r str,
    line: Option<usize>,
    column: Option<usize>,
    why: &'r str,
}

impl<'r> Missed<'r> {
    fn new(unread: &'r Unread) -> Self {
        let (line, column) = unread.at.unzip();
        Self { file: &unread.file, line, column, why: &unread.problem }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry<'r> {
    rule: String,
    mode: Mode,
    outcome: FindingOutcome,
    subject: Object<'r>,
    #[serde(flatten)]
    at: Spot<'r>,
    path: &'r str,
    message: &'r str,
    remedy: &'r str,
    exempted: bool,
    cause: Option<Reason<'r>>,
    end_line: Option<usize>,
    end_column: Option<usize>,
    fingerprint: &'r str,
    affects: Vec<Object<'r>>,
    /// How many are affected in all; `affects` lists the first of them.
    affected: usize,
    baselined: bool,
}

impl<'r> Entry<'r> {
    pub(super) fn new(finding: &'r Diagnostic) -> Self {
        let place = finding.place.as_ref();
        Self {
            rule: finding.rule.to_string(),
            mode: finding.mode,
            outcome: finding.outcome,
            subject: Object::new(&finding.subject),
            at: Spot::new(place),
            path: &finding.path,
            message: &finding.message,
            remedy: &finding.remedy,
            exempted: finding.exempted,
            cause: finding.cause.as_ref().map(Reason::new),
            end_line: place.map(|place| place.end_line),
            end_column: place.map(|place| place.end_column),
            fingerprint: &finding.fingerprint,
            affects: Object::list(&finding.affects),
            affected: finding.affected,
            baselined: finding.baselined,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Object<'r> {
    api_version: &'r str,
    kind: &'r str,
    /// Null for kinds without namespace.
    namespace: Option<&'r str>,
    name: &'r str,
}

impl<'r> Object<'r> {
    pub(super) fn new(subject: &'r Subject) -> Self {
        Self {
            api_version: &subject.api_version,
            kind: &subject.kind,
            namespace: Some(subject.namespace.as_str()).filter(|namespace| !namespace.is_empty()),
            name: &subject.name,
        }
    }

    pub(super) fn list(subjects: &'r [Subject]) -> Vec<Self> {
        subjects.iter().map(Self::new).collect()
    }
}

/// Where something begins in a file; nulls for what is in none.
#[derive(Serialize)]
pub(super) struct Spot<'r> {
    file: Option<&'r str>,
    line: Option<usize>,
    column: Option<usize>,
}

impl<'r> Spot<'r> {
    pub(super) fn new(place: Option<&'r Place>) -> Self {
        Self {
            file: place.map(|place| place.file.as_str()),
            line: place.map(|place| place.line),
            column: place.map(|place| place.column),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Reason<'r> {
    subject: Object<'r>,
    path: &'r str,
    #[serde(flatten)]
    at: Spot<'r>,
}

impl<'r> Reason<'r> {
    fn new(cause: &'r Cause) -> Self {
        Self { subject: Object::new(&cause.subject), path: &cause.path, at: Spot::new(cause.place.as_ref()) }
    }
}
