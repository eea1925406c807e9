//! Findings that are known already: an estate with old ones adopts the rules, and only new ones fail.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::fingerprint::lack;
use super::selection::Selection;
use crate::render::{Diagnostic, NotJudged, Report, Unjudged};
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
        let lacks = report.not_judged.iter().filter_map(Entry::of_lack);
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
        let lacks = report.not_judged.iter().filter_map(Entry::of_lack).map(|entry| entry.fingerprint);
        let found: BTreeSet<String> = findings.chain(lacks).collect();
        let wanted = |entry: &&Entry| entry.rule.parse::<Code>().is_ok_and(|code| selection.wants(code));
        self.entries.values().filter(wanted).filter(|entry| !found.contains(&entry.fingerprint)).count()
    }
}

impl Entry {
    fn of_finding(finding: &Diagnostic) -> Self {
        Self {
            rule: finding.rule.to_string(),
            subject: finding.subject.to_string(),
            path: finding.path.clone(),
            message: finding.message.clone(),
            fingerprint: finding.fingerprint.clone(),
        }
    }

    fn of_lack(entry: &NotJudged) -> Option<Self> {
        let (Unjudged::Rule(code), Some(subject)) = (&entry.what, &entry.subject) else { return None };
        Some(Self {
            rule: code.to_string(),
            subject: subject.to_string(),
            path: String::new(),
            message: format!("could not be judged: {}", entry.reason),
            fingerprint: lack(*code, &entry.reason),
        })
    }
}
