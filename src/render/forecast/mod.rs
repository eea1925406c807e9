//! What will change by time alone, as people, programs and calendars read it.

pub mod ics;
pub mod json;
pub mod text;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Place, Subject};
use crate::api::{FindingOutcome, Mode, Phase};
use crate::engine::Outcome;
use crate::rules::Code;

/// The changes within a span of time.
#[derive(Clone, Debug)]
pub struct Forecast {
    /// The instant at which it begins.
    pub from: Timestamp,
    /// The last instant of it.
    pub until: Timestamp,
    /// The changes, in order, all of one instant together.
    pub entries: Vec<Entry>,
    /// From when on nothing is listed, because there were too many changes before.
    pub stopped: Option<Timestamp>,
    /// How many objects were judged.
    pub objects: usize,
    /// The resources of a cluster that could not be listed.
    pub unlisted: Vec<String>,
}

/// What changes at one instant.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The instant.
    pub at: Timestamp,
    /// A name that it keeps when its date moves.
    pub uid: String,
    /// The documents behind it.
    pub documents: Vec<Document>,
    /// What is found from then on.
    pub appears: Vec<Told>,
    /// What is no longer found.
    pub goes: Vec<Told>,
    /// The workloads whose outcome changes.
    pub workloads: Vec<WorkloadTurn>,
    /// The grants that begin, end, are suspended or come back.
    pub grants: Vec<GrantTurn>,
}

/// A field whose date, or what was counted from it, has come.
#[derive(Clone, Debug)]
pub struct Document {
    /// The object.
    pub subject: Subject,
    /// The field, as a JSON pointer.
    pub path: String,
    /// What it says, where it is one value.
    pub value: Option<String>,
    /// Where that is in the files, if it is.
    pub place: Option<Place>,
}

/// A finding.
#[derive(Clone, Debug)]
pub struct Told {
    /// The rule.
    pub rule: Code,
    /// What it means, after policy.
    pub mode: Mode,
    /// Violating, or Unknown for want of a fact.
    pub outcome: FindingOutcome,
    /// The object where the cause is.
    pub subject: Subject,
    /// The field, as a JSON pointer.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub remedy: String,
}

/// A workload whose outcome changes.
#[derive(Clone, Debug)]
pub struct WorkloadTurn {
    /// The workload.
    pub subject: Subject,
    /// Its outcome before.
    pub from: Outcome,
    /// And from then on.
    pub to: Outcome,
}

/// A grant that passes into another phase.
#[derive(Clone, Debug)]
pub struct GrantTurn {
    /// The grant.
    pub subject: Subject,
    /// Its phase before.
    pub from: Phase,
    /// And from then on.
    pub to: Phase,
    /// Why it has no access, each in a sentence.
    pub reasons: Vec<String>,
}

impl Entry {
    /// Everything that is said of it: a word, and what it is about.
    fn lines(&self) -> Vec<(&'static str, String)> {
        let documents = self.documents.iter().map(|document| ("because of", document.words()));
        let grants = self.grants.iter().map(|turn| {
            let reasons = if turn.reasons.is_empty() {
                String::new()
            } else {
                format!(": {}", turn.reasons.join("; "))
            };
            ("grant", format!("{}: {}, then {}{reasons}", turn.subject, turn.from, turn.to))
        });
        let workloads = self
            .workloads
            .iter()
            .map(|turn| ("workload", format!("{}: {}, then {}", turn.subject, turn.from, turn.to)));
        let appears = told(&self.appears).into_iter().map(|words| ("appears", words));
        let goes = told(&self.goes).into_iter().map(|words| ("goes", words));
        documents.chain(grants).chain(workloads).chain(appears).chain(goes).collect()
    }

    /// How much there is of what.
    fn summary(&self) -> String {
        let counts = [
            (self.grants.len(), "grant"),
            (self.workloads.len(), "workload"),
            (self.appears.len(), "new finding"),
            (self.goes.len(), "finding less"),
        ];
        let counts = counts.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| {
            let (first, rest) = what.split_once(" less").map_or((what, ""), |(first, _)| (first, " less"));
            format!("{count} {first}{}{rest}", if count == 1 { "" } else { "s" })
        });
        counts.collect::<Vec<_>>().join(", ")
    }
}

impl Document {
    /// The field, what it says, and where that is.
    fn words(&self) -> String {
        let Self { subject, path, value, place } = self;
        let value = value.as_ref().map(|value| format!(": {value}")).unwrap_or_default();
        let place = place.as_ref();
        let place = place
            .map(|place| format!(" ({}:{}:{})", place.file, place.line, place.column))
            .unwrap_or_default();
        let path = if path.is_empty() { String::new() } else { format!(" {path}") };
        format!("{subject}{path}{value}{place}")
    }
}

/// Findings in words; rules that say the same of an object, as for want of one fact, are one.
fn told(findings: &[Told]) -> Vec<String> {
    let mut alike: BTreeMap<(Mode, &Subject, &str, &str), usize> = BTreeMap::new();
    let mut lines: Vec<(String, &Told)> = Vec::new();
    for one in findings {
        let rule = one.rule.to_string();
        let nth = *alike.entry((one.mode, &one.subject, &one.path, &one.message)).or_insert(lines.len());
        match lines.get_mut(nth) {
            Some((rules, _)) => *rules = format!("{rules}, {rule}"),
            None => lines.push((rule, one)),
        }
    }
    let words = |(rules, told): (String, &Told)| {
        format!("{rules} ({}) {}: {}", told.mode, told.subject, told.message)
    };
    lines.into_iter().map(words).collect()
}
