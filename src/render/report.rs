//! What every format shows: one run over some files.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::path::Path;

use jiff::Timestamp;

use super::checkout::Checkout;
use crate::api::{FindingOutcome, Mode};
use crate::engine::Outcome;
use crate::rules::Code;

/// One run: what was judged, for when, and what was found. Data only; the formats read it and nothing else.
#[derive(Clone, Debug)]
pub struct Report {
    /// The instant for which everything was judged.
    pub at: Timestamp,
    /// The gravest outcome of all that counts, neither exempted nor known from a baseline: what was found, what could not
    /// be judged, and what could not be read.
    pub outcome: Outcome,
    /// What was found, each once, in the order of files and lines; what has no place comes last.
    pub findings: Vec<Diagnostic>,
    /// What was not judged and why: rules that need a cluster, files that are no manifests yet.
    pub not_judged: Vec<NotJudged>,
    /// What could not be judged for want of a fact, by object and by what it lacks.
    pub gaps: Vec<Gap>,
    /// What could not be read. While there is any, nothing is said to be Compliant.
    pub unread: Vec<Unread>,
    /// How many objects there were of kinds that no rule reads, by kind.
    pub ignored: BTreeMap<String, usize>,
    /// The next instant at which something could change with nothing edited, if there is one.
    pub horizon: Option<Timestamp>,
    /// How many files were read.
    pub files: usize,
    /// How many objects were judged.
    pub objects: usize,
    /// The mode from which on a finding fails the run, if any does.
    pub fails_on: Option<Mode>,
    /// Where the run was in a repository, if it was in one.
    pub checkout: Option<Checkout>,
}

impl Report {
    /// Whether the run fails: something that counts is as grave as was asked for. What could not be judged counts as
    /// much as its rule, and what could not be read may be anything.
    pub fn fails(&self) -> bool {
        let counting = self.findings.iter().filter(|finding| finding.counts());
        let gravest = counting.map(|finding| finding.mode).chain(self.lacks()).max();
        !self.unread.is_empty() || self.fails_on.is_some_and(|fails_on| gravest >= Some(fails_on))
    }

    /// The gravest mode of a rule that could not be judged for want of a fact and counts, if there is one.
    pub fn lacks(&self) -> Option<Mode> {
        let lacks = self.gaps.iter().flat_map(|gap| gap.rules.values());
        lacks.filter(|lack| !lack.baselined).map(|lack| lack.mode).max()
    }

    /// A file as tools look for it that show it in a repository.
    pub(super) fn in_repository(&self, file: &str) -> String {
        let file = relative(file);
        let below_top = self.checkout.as_ref().and_then(|checkout| checkout.below_top(file));
        below_top.unwrap_or_else(|| file.to_owned())
    }

    /// How many of the findings that count there are of each severity.
    pub(super) fn counts(&self) -> BTreeMap<Severity, usize> {
        let mut counts = BTreeMap::new();
        for finding in self.findings.iter().filter(|finding| finding.counts()) {
            *counts.entry(finding.severity()).or_default() += 1;
        }
        counts
    }
}

/// Something that was not judged, of whatever object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NotJudged {
    /// The rule, or the file.
    pub what: Unjudged,
    /// Why, and what to do.
    pub reason: String,
}

/// What could not be judged of an object for want of one fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The object.
    pub subject: Subject,
    /// Where it is in the files.
    pub place: Option<Place>,
    /// What it lacks.
    pub reason: String,
    /// The rules that need it.
    pub rules: BTreeMap<Code, Lack>,
}

/// How much it counts that a rule could not be judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lack {
    /// How much it counts: the mode of the rule, or that of CX608 where it is a person of whom nothing is known.
    pub mode: Mode,
    /// As that of a finding.
    pub fingerprint: String,
    /// Whether a baseline knows it: shown, and counted for nothing.
    pub baselined: bool,
}

/// What was not judged.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unjudged {
    /// A rule.
    Rule(Code),
    /// A file or folder.
    File(String),
}

/// A file, or a document in one, that could not be read: whatever it says was not judged.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unread {
    /// The file as it was named or found.
    pub file: String,
    /// The line and the column, from 1, where they are known.
    pub at: Option<(usize, usize)>,
    /// What is wrong, and what to do.
    pub problem: String,
}

impl Unread {
    /// A file of which nothing could be read.
    pub fn whole(file: &Path, problem: impl fmt::Display) -> Self {
        Self { file: file.display().to_string(), at: None, problem: problem.to_string() }
    }
}

/// `a.yaml:3:7: what is wrong`.
impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some((line, column)) = self.at {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.problem)
    }
}

/// One finding, with its place in the files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The rule.
    pub rule: Code,
    /// What it means, after policy.
    pub mode: Mode,
    /// Violating, or Unknown for want of a fact.
    pub outcome: FindingOutcome,
    /// The object where the cause is.
    pub subject: Subject,
    /// Where the field is in the files; nothing if the object is in none of them.
    pub place: Option<Place>,
    /// The field, as a JSON pointer.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub remedy: String,
    /// Whether an exemption sets it aside.
    pub exempted: bool,
    /// Whether a baseline knows it: shown, and counted for nothing.
    pub baselined: bool,
    /// What makes it wrong, where that is in another object: the vendor's paper, the person's, the policy's demand.
    pub cause: Option<Cause>,
    /// The first objects that inherit it, in order.
    pub affects: Vec<Subject>,
    /// How many inherit it in all.
    pub affected: usize,
    /// Sixteen hexadecimal digits that stay the same when lines move, other objects change, or time passes.
    pub fingerprint: String,
}

impl Diagnostic {
    /// Whether it counts: it is neither exempted nor known from a baseline.
    pub fn counts(&self) -> bool {
        !self.exempted && !self.baselined
    }

    /// How grave it is to tools that know no modes. What is set aside is never more than a note.
    pub fn severity(&self) -> Severity {
        if self.counts() { Severity::of(self.mode) } else { Severity::Note }
    }

    /// What else there is to say of how much it counts.
    pub(super) fn standing(&self) -> impl Iterator<Item = &'static str> + use<> {
        let unknown = self.outcome == FindingOutcome::Unknown;
        [
            unknown.then_some("unknown: a fact is missing, so the rule is neither kept nor violated"),
            self.exempted.then_some("exempted: an Exemption sets the rule aside, so it counts for nothing"),
            self.baselined.then_some("known from the baseline, so it counts for nothing"),
        ]
        .into_iter()
        .flatten()
    }

    /// What it is because of, and what else there is to say: for formats that show no second place.
    pub(super) fn remarks(&self) -> Vec<String> {
        let because = self.cause.iter().map(|cause| format!("because of {}", cause.whereabouts()));
        because.chain(self.standing().map(str::to_owned)).collect()
    }

    /// The object and the field.
    pub(super) fn whereabouts(&self) -> String {
        whereabouts(&self.subject, &self.path)
    }
}

/// How grave a finding is, to tools that know no modes. The gravest comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// An enforced rule.
    Error,
    /// A rule that warns.
    Warning,
    /// What is only recorded, or set aside.
    Note,
}

impl Severity {
    /// That of what counts.
    pub(super) const fn of(mode: Mode) -> Self {
        match mode {
            Mode::Enforce => Self::Error,
            Mode::Warn => Self::Warning,
            Mode::Audit => Self::Note,
        }
    }

    /// As most tools spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// An object as manifests name it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    /// Such as `cxguard.dev/v1alpha1`.
    pub api_version: String,
    /// Such as `Vendor`.
    pub kind: String,
    /// Empty for kinds without namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

/// `Vendor/feedbackhub`, `AccessGrant/cx-feedback/analyst-7-churn`.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/", self.kind)?;
        if !self.namespace.is_empty() {
            write!(f, "{}/", self.namespace)?;
        }
        f.write_str(&self.name)
    }
}

fn whereabouts(subject: &Subject, path: &str) -> String {
    if path.is_empty() { subject.to_string() } else { format!("{subject} {path}") }
}

/// Where else the reason lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// The object.
    pub subject: Subject,
    /// Its field, as a JSON pointer; empty for the object as a whole.
    pub path: String,
    /// Where that is in the files, if it is.
    pub place: Option<Place>,
}

impl Cause {
    /// The object and the field.
    pub(super) fn whereabouts(&self) -> String {
        whereabouts(&self.subject, &self.path)
    }
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file as it was named or found, with `/` between folders; `-` for standard input.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// The last line, from 1.
    pub end_line: usize,
    /// The column after the last character, from 1.
    pub end_column: usize,
    /// The line on which it begins, as people are shown it: control characters are made visible, personal data in
    /// links is hidden, and what is too long is cut.
    pub source: String,
    /// What is meant in `source`, in bytes. Within its bounds and between characters.
    pub marked: Range<usize>,
}

impl Place {
    /// The file, relative to where the run was, as tools compare it with the paths of a repository.
    pub(super) fn relative(&self) -> &str {
        relative(&self.file)
    }
}

fn relative(file: &str) -> &str {
    file.trim_start_matches("./")
}
