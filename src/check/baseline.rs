//! Findings that are known already: an estate with old ones adopts the rules, and only new ones fail.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::selection::Selection;
use crate::render::{Diagnostic, Gap, Report};
use crate::rules::Code;

/// The version of the file. Within it, members may be added.
const VERSION: u32 = 1;

/// What is known already, by fingerprint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    entries: BTreeMap<String, Entry>,
}

/// One finding. Only the fingerprint counts; the rest is for whoever reviews the file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Entry {
    rule: String,
    subject: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    path: String,
    message: String,
    fingerprint: String,
}

#[derive(Deserialize)]
struct File {
    version: u32,
    #[serde(default)]
    findings: Vec<Entry>,
}

impl Baseline {
    /// What counts in a report, whatever its mode; what is exempted already needs no second reason to be set aside.
    /// What could not be judged for want of a fact is known too: it counts as much as a finding.
    pub fn of(report: &Report) -> Self {
        let findings = report.findings.iter().filter(|finding| finding.counts()).map(Entry::of_finding);
        let lacks = report.gaps.iter().flat_map(Entry::of_gap);
        Self { entries: findings.chain(lacks).map(|entry| (entry.fingerprint.clone(), entry)).collect() }
    }

    /// Reads a file, or says why it is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: File =
            serde_json::from_str(text).map_err(|error| format!("is no baseline of cxguard: {error}"))?;
        if file.version != VERSION {
            return Err(format!("is a baseline of version {}; this cxguard reads {VERSION}", file.version));
        }
        Ok(Self {
            entries: file.findings.into_iter().map(|entry| (entry.fingerprint.clone(), entry)).collect(),
        })
    }

    /// The file: one finding a line, by rule and object, so that a review shows which ones came and went.
    pub fn text(&self) -> String {
        let mut entries: Vec<&Entry> = self.entries.values().collect();
        entries.sort();
        let lines: Vec<String> =
            entries.iter().filter_map(|entry| serde_json::to_string(entry).ok()).collect();
        let findings =
            if lines.is_empty() { "[]".to_owned() } else { format!("[\n    {}\n  ]", lines.join(",\n    ")) };
        format!("{{\n  \"version\": {VERSION},\n  \"findings\": {findings}\n}}\n")
    }

    /// What it knows of rules that are not selected.
    #[must_use]
    pub fn without(mut self, selection: &Selection) -> Self {
        self.entries.retain(|_, entry| !entry.is_wanted(selection));
        self
    }

    /// With what another knows.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.entries.extend(other.entries);
        self
    }

    /// The fingerprints.
    pub fn fingerprints(&self) -> BTreeSet<String> {
        self.entries.keys().cloned().collect()
    }

    /// How many findings it knows.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it knows none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many of the findings that it knows are no longer found. What nobody asked for was not looked for.
    pub fn gone(&self, report: &Report, selection: &Selection) -> usize {
        let findings = report.findings.iter().map(|finding| finding.fingerprint.clone());
        let lacks = report.gaps.iter().flat_map(|gap| gap.rules.values());
        let lacks = lacks.map(|lack| lack.fingerprint.clone());
        let found: BTreeSet<String> = findings.chain(lacks).collect();
        let wanted = self.entries.values().filter(|entry| entry.is_wanted(selection));
        wanted.filter(|entry| !found.contains(&entry.fingerprint)).count()
    }
}

impl Entry {
    fn is_wanted(&self, selection: &Selection) -> bool {
        self.rule.parse::<Code>().is_ok_and(|code| selection.wants(code))
    }

    fn of_finding(finding: &Diagnostic) -> Self {
        Self {
            rule: finding.rule.to_string(),
            subject: finding.subject.to_string(),
            path: finding.path.clone(),
            message: finding.message.clone(),
            fingerprint: finding.fingerprint.clone(),
        }
    }

    fn of_gap(gap: &Gap) -> impl Iterator<Item = Self> {
        gap.rules.iter().map(|(code, lack)| Self {
            rule: code.to_string(),
            subject: gap.subject.to_string(),
            path: String::new(),
            message: format!("could not be judged: {}", gap.reason),
            fingerprint: lack.fingerprint.clone(),
        })
    }
}
