//! For code scanning: SARIF 2.1.0, with the documentation of every rule.

mod descriptor;
mod location;

use std::collections::BTreeMap;
use std::io;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use self::descriptor::Descriptor;
use self::location::{ROOT, Spot};
use super::report::{Diagnostic, Gap, NotJudged, Report, Severity, Subject, Unjudged, Unread};
use super::visible::visible;
use crate::api::{FindingOutcome, Mode};
use crate::rules::{Code, RULES};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The most results of a run: GitHub refuses a file with more as a whole.
const MOST_RESULTS: usize = 25_000;

/// How many places are listed at which the same could not be judged.
const MOST_PLACES: usize = 100;

/// Writes the report as one JSON object, one result after the other.
pub fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let root = match report.checkout {
        Some(_) => "The top of the repository in which cxguard was run.",
        None => "The folder in which cxguard was run.",
    };
    let described = Base { description: Text::new(root) };
    let skipped = report.not_judged.iter().map(|entry| Notification::new(entry, report));
    let unread = report.unread.iter().map(|unread| Notification::unread(unread, report));
    let left_out = report.findings.len().checked_sub(MOST_RESULTS).filter(|count| *count > 0);
    let run = Run {
        tool: Tool { driver: Driver::new() },
        original_uri_base_ids: BTreeMap::from([(ROOT, described)]),
        column_kind: "unicodeCodePoints",
        invocations: [Invocation {
            execution_successful: report.unread.is_empty(),
            tool_execution_notifications: skipped
                .chain(Notification::lacking(report))
                .chain(unread)
                .chain(left_out.map(Notification::left_out))
                .collect(),
        }],
        results: report,
        properties: RunProperties {
            at: report.at,
            horizon: report.horizon,
            outcome: report.outcome.as_str(),
            objects: report.objects,
            ignored: &report.ignored,
        },
    };
    let document = Document { schema: SCHEMA, version: "2.1.0", runs: [run] };
    document.serialize(&mut serde_json::Serializer::pretty(&mut *out))?;
    writeln!(out)
}

#[derive(Serialize)]
struct Document<'r> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'r>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'r> {
    tool: Tool,
    original_uri_base_ids: BTreeMap<&'static str, Base>,
    column_kind: &'static str,
    invocations: [Invocation<'r>; 1],
    #[serde(serialize_with = "results")]
    results: &'r Report,
    properties: RunProperties<'r>,
}

/// Each result is made when it is its turn: there may be very many. Of too many, the gravest are kept, in their order.
fn results<S: Serializer>(report: &Report, serializer: S) -> Result<S::Ok, S::Error> {
    let compared = report.findings.iter().any(|finding| finding.baselined);
    let mut kept: Vec<(usize, &Diagnostic)> = report.findings.iter().enumerate().collect();
    if kept.len() > MOST_RESULTS {
        kept.sort_by_key(|(nth, finding)| (finding.severity(), *nth));
        kept.truncate(MOST_RESULTS);
        kept.sort_by_key(|(nth, _)| *nth);
    }
    serializer.collect_seq(kept.into_iter().map(|(_, finding)| Outcome::new(finding, report, compared)))
}

#[derive(Serialize)]
struct Base {
    description: Text,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RunProperties<'r> {
    at: Timestamp,
    horizon: Option<Timestamp>,
    outcome: &'static str,
    objects: usize,
    ignored: &'r BTreeMap<String, usize>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation<'r> {
    execution_successful: bool,
    tool_execution_notifications: Vec<Notification<'r>>,
}

/// That something was not judged, or not even read.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Notification<'r> {
    level: &'static str,
    message: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    associated_rule: Option<RuleRef>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    locations: Vec<Spot<'r>>,
}

impl<'r> Notification<'r> {
    fn new(entry: &'r NotJudged, report: &Report) -> Self {
        let (rule, locations) = match &entry.what {
            Unjudged::Rule(code) => (Some(RuleRef::new(*code)), Vec::new()),
            Unjudged::File(file) => (None, vec![Spot::file(file, None, report)]),
        };
        let level = Severity::Note.as_str();
        Self { level, message: Text::plain(&entry.reason), associated_rule: rule, locations }
    }

    /// What could not be judged for want of a fact: one for each rule and fact, at the first objects that lack it. What
    /// a baseline knows is nowhere.
    fn lacking(report: &'r Report) -> impl Iterator<Item = Self> {
        let mut alike: BTreeMap<(Code, &str, bool), Vec<&Gap>> = BTreeMap::new();
        for gap in &report.gaps {
            for (code, lack) in &gap.rules {
                alike.entry((*code, &gap.reason, lack.baselined)).or_default().push(gap);
            }
        }
        alike.into_iter().map(|((code, reason, known), gaps)| {
            let modes = gaps.iter().filter_map(|gap| gap.rules.get(&code)).map(|lack| lack.mode);
            let level = if known { Severity::Note } else { modes.max().map_or(Severity::Note, Severity::of) };
            let shown = if known { 0 } else { MOST_PLACES };
            let spots = gaps.iter().take(shown);
            let spots = spots.map(|gap| Spot::new(&gap.subject, gap.place.as_ref(), report));
            let left_out = gaps.len().saturating_sub(MOST_PLACES);
            let left_out = if left_out > 0 { format!(" (and of {left_out} more)") } else { String::new() };
            Self {
                level: level.as_str(),
                message: Text::plain(&format!("{reason}{left_out}")),
                associated_rule: Some(RuleRef::new(code)),
                locations: spots.collect(),
            }
        })
    }

    /// That there are more results than a file may have.
    fn left_out(count: usize) -> Self {
        let text =
            format!("{count} more results, none graver than these, are left out: the format json has all");
        Self {
            level: Severity::Error.as_str(),
            message: Text::new(&text),
            associated_rule: None,
            locations: Vec::new(),
        }
    }

    fn unread(unread: &Unread, report: &Report) -> Self {
        Self {
            level: Severity::Error.as_str(),
            message: Text::plain(&unread.problem),
            associated_rule: None,
            locations: vec![Spot::file(&unread.file, unread.at, report)],
        }
    }
}

#[derive(Serialize)]
struct RuleRef {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<usize>,
}

impl RuleRef {
    fn new(code: Code) -> Self {
        Self { id: code.to_string(), index: index(code) }
    }
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    semantic_version: &'static str,
    rules: Vec<Descriptor>,
}

impl Driver {
    fn new() -> Self {
        Self {
            name: "cxguard",
            semantic_version: env!("CARGO_PKG_VERSION"),
            rules: RULES.iter().map(|rule| Descriptor::new(rule)).collect(),
        }
    }
}

/// The place of a rule among the descriptors.
fn index(code: Code) -> Option<usize> {
    RULES.binary_search_by_key(&code, |rule| rule.code).ok()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome<'r> {
    rule_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    level: &'static str,
    message: Text,
    locations: [Spot<'r>; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Spot<'r>>,
    partial_fingerprints: BTreeMap<&'static str, &'r str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<Suppression>,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline_state: Option<&'static str>,
    properties: Properties<'r>,
}

#[derive(Serialize)]
struct Properties<'r> {
    mode: Mode,
    outcome: FindingOutcome,
    path: &'r str,
    affects: Vec<String>,
}

#[derive(Serialize)]
struct Suppression {
    kind: &'static str,
    status: &'static str,
    justification: &'static str,
}

impl<'r> Outcome<'r> {
    /// A result, of a run that was compared with a baseline or not.
    fn new(finding: &'r Diagnostic, report: &Report, compared: bool) -> Self {
        let suppression = Suppression {
            kind: "external",
            status: "accepted",
            justification: "An Exemption sets the rule aside for this object.",
        };
        let state = if finding.baselined { "unchanged" } else { "new" };
        Self {
            rule_id: finding.rule.to_string(),
            rule_index: index(finding.rule),
            level: finding.severity().as_str(),
            message: sentence(finding),
            locations: [Spot::new(&finding.subject, finding.place.as_ref(), report)],
            related_locations: finding.cause.iter().map(|cause| Spot::because(cause, report)).collect(),
            partial_fingerprints: BTreeMap::from([("cxguard/v1", finding.fingerprint.as_str())]),
            suppressions: finding.exempted.then_some(suppression).into_iter().collect(),
            baseline_state: compared.then_some(state),
            properties: Properties {
                mode: finding.mode,
                outcome: finding.outcome,
                path: &finding.path,
                affects: finding.affects.iter().map(Subject::to_string).collect(),
            },
        }
    }
}

/// Where it is, what it is, and what to do.
fn sentence(finding: &Diagnostic) -> Text {
    let mut lines = vec![format!("{}: {}", finding.whereabouts(), finding.message)];
    if !finding.remedy.is_empty() {
        lines.push(format!("Fix: {}", finding.remedy));
    }
    lines.extend(finding.standing().map(str::to_owned));
    let lines: Vec<String> = lines.iter().map(|line| Text::plain(line).text).collect();
    Text { text: lines.join("\n") }
}

#[derive(Serialize)]
struct Text {
    text: String,
}

impl Text {
    fn new(text: &str) -> Self {
        Self { text: text.to_owned() }
    }

    /// A line of other people's words: nothing in it steers, and none of it is a link, which `[text](address)` would be
    /// also in plain text.
    fn plain(text: &str) -> Self {
        Self { text: visible(text).replace("](", "]\u{2060}(") }
    }
}
