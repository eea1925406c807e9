//! What `cxguard check` says of some files, in the words of statuses and annotations.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cxguard::api::{MAX_FINDINGS, Mode, ReportedFinding};
use cxguard::check::{Asked, Judged, judge, report};
use cxguard::engine::{Finding, Memos, Outcome, Query, Verdict};
use cxguard::facts::{Kind, ObjectRef};
use cxguard::manifests::{Estate, Reading, discover, load, read_facts};
use cxguard::values::Instant;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::support::documents;

/// The instant for which the examples and the fixtures are written.
pub(crate) const NOW: Timestamp = Timestamp::constant(1_795_435_200, 0);

/// What is said of an object, without what is no judgement: the names of objects, each with its lines.
pub(crate) type Said = BTreeMap<String, BTreeSet<String>>;

/// Some files, judged.
pub(crate) struct Offline {
    estate: Estate,
    judged: Vec<Judged>,
}

impl Offline {
    pub(crate) fn new(paths: &[PathBuf]) -> Self {
        Self::over(paths, None)
    }

    /// The same over what a cluster knows, as it was exported.
    pub(crate) fn over(paths: &[PathBuf], facts: Option<&Path>) -> Self {
        let (inputs, errors) = discover(paths);
        assert!(errors.is_empty(), "{errors:?}");
        let mut estate = load(inputs, &Reading { namespace: "default".to_owned(), threads: 1 });
        if let Some(file) = facts {
            estate.lay_under(&read_facts(file).unwrap(), "facts.json");
        }
        assert!(estate.unread.is_empty(), "{:?}", estate.unread);
        let objects: Vec<ObjectRef> = estate.objects().cloned().collect();
        let judged = judge(&estate.world, &objects, NOW, 1);
        Self { estate, judged }
    }

    /// What the operator is to say: a status of each object of ours, and annotations of each workload.
    pub(crate) fn said(&self) -> Said {
        let memos = Memos::new();
        let query = Query::once(&self.estate.world, &memos, NOW);
        let mut said = Said::new();
        for Judged { id, verdict, until } in &self.judged {
            if id.kind.is_own() {
                said.insert(id.to_string(), status(id, verdict, *until));
            } else if id.kind.is_workload() {
                said.insert(id.to_string(), BTreeSet::from([annotations(verdict, &query.covers(id))]));
            }
        }
        said
    }

    /// What the report lists is what statuses tell, each once. What is found about a workload, its annotations tell
    /// without words; what is found about other kinds, only a policy can tell.
    pub(crate) fn is_reported_as_told(&self, told: &BTreeSet<String>) -> Result<(), String> {
        let report = report(&self.estate, &self.judged, NOW, &Asked::default());
        let has_policy = self.estate.objects().any(|id| id.kind == Kind::CompliancePolicy);
        let (mut listed, mut untold) = (BTreeSet::new(), Vec::new());
        for found in &report.findings {
            let of = &found.subject;
            let place = [&of.kind, &of.namespace, &of.name].into_iter().filter(|part| !part.is_empty());
            let place = place.map(String::as_str).collect::<Vec<_>>().join("/");
            let line = format!("{} {place} {}: {}", found.rule, found.path, found.message);
            let kind = Kind::named(&of.kind).unwrap();
            if !told.contains(&line) && (kind.is_own() || (has_policy && !kind.is_workload())) {
                untold.push(line.clone());
            }
            if !listed.insert(line.clone()) {
                return Err(format!("listed twice: {line}"));
            }
        }
        let unlisted: Vec<_> = told.difference(&listed).collect();
        if unlisted.is_empty() && untold.is_empty() {
            Ok(())
        } else {
            Err(format!("statuses only: {unlisted:#?}, the report only: {untold:#?}"))
        }
    }

    /// What is found of an object by itself and by what it inherits.
    pub(crate) fn found(&self, name: &str) -> &[Finding] {
        let mut judged = self.judged.iter().filter(|judged| judged.id.to_string() == name);
        judged.next().map(|judged| &*judged.verdict.findings).unwrap_or_default()
    }

    /// Whether nothing that is found does more than tell.
    pub(crate) fn only_audits(&self) -> bool {
        let audits = |finding: &Finding| finding.mode.0 == Mode::Audit;
        let of = |verdict: &Verdict| {
            verdict.findings.iter().all(audits) && verdict.outcome() == Outcome::Compliant
        };
        self.judged.iter().all(|judged| of(&judged.verdict))
    }

    /// The codes of what is found.
    pub(crate) fn codes(&self) -> BTreeSet<String> {
        let findings = self.judged.iter().flat_map(|judged| &judged.verdict.findings);
        findings.map(|finding| finding.rule.to_string()).collect()
    }
}

fn status(id: &ObjectRef, verdict: &Verdict, until: Timestamp) -> BTreeSet<String> {
    let listed = verdict.findings.iter().take(MAX_FINDINGS);
    let findings = listed.map(|finding| serde_json::to_value(reported(id, finding)).unwrap());
    let compliant = match verdict.outcome() {
        Outcome::Compliant => "True",
        Outcome::Violating => "False",
        Outcome::Unknown => "Unknown",
    };
    let total = Some(verdict.findings.len()).filter(|total| *total > 0);
    let until = Instant::bounded(until).map(|until| until.to_string());
    lines(id.kind, compliant, &json!(total), &json!(until), findings)
}

/// The lines of a status. Until when it holds depends on more than files say in two cases: for a plan, on when backups
/// last ran, and where it matters that a grant is in force, on when its owner is warned of its end.
pub(crate) fn lines(
    kind: Kind,
    compliant: &str,
    total: &Value,
    until: &Value,
    findings: impl Iterator<Item = Value>,
) -> BTreeSet<String> {
    let mut lines: BTreeSet<String> = findings.map(|finding| finding.to_string()).collect();
    let by_grants = lines.iter().any(|line| line.contains("it is bound by AccessGrant/"));
    lines.insert(format!("Compliant {compliant}, {total} findings"));
    if kind != Kind::IncidentPlan && !by_grants {
        lines.insert(format!("until {until}"));
    }
    lines
}

fn reported(id: &ObjectRef, finding: &Finding) -> ReportedFinding {
    ReportedFinding {
        rule: finding.rule.to_string(),
        mode: finding.mode.0,
        outcome: finding.outcome,
        exempted: finding.exempted.then_some(true),
        path: Some(finding.path.clone()).filter(|path| !path.is_empty()),
        message: finding.message.clone(),
        remedy: Some(finding.remedy.clone()).filter(|remedy| !remedy.is_empty()),
        object: (finding.subject != *id).then(|| finding.subject.to_string()),
    }
}

fn annotations(verdict: &Verdict, coverage: &[ObjectRef]) -> String {
    if coverage.is_empty() {
        return annotated([None, None, None]);
    }
    let counting = verdict.findings.iter().filter(|found| found.mode.0 >= Mode::Warn && !found.exempted);
    let codes: BTreeSet<String> = counting.map(|finding| finding.rule.to_string()).collect();
    let codes = codes.into_iter().collect::<Vec<_>>().join(",");
    let flows = coverage.iter().filter(|covering| covering.kind == Kind::DataFlow);
    let flows = flows.map(|flow| flow.name.to_string()).collect::<Vec<_>>().join(",");
    let some = |list: &str| Some(list.to_owned()).filter(|list| !list.is_empty());
    annotated([some(verdict.outcome().as_str()), some(&codes), some(&flows)].each_ref().map(Option::as_deref))
}

/// The line of annotations: compliance, findings, data flows.
pub(crate) fn annotated([compliance, findings, flows]: [Option<&str>; 3]) -> String {
    format!("annotations {compliance:?} {findings:?} {flows:?}")
}

/// The same without until when it holds.
pub(crate) fn undated(mut said: Said) -> Said {
    for lines in said.values_mut() {
        lines.retain(|line| !line.starts_with("until "));
    }
    said
}

/// The files of a folder, in order.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// What some files and folders hold.
pub(crate) fn objects(paths: &[PathBuf]) -> Vec<Value> {
    let files_of = |path: &PathBuf| if path.is_dir() { files(path) } else { vec![path.clone()] };
    paths.iter().flat_map(files_of).flat_map(|file| documents(&read(&file))).collect()
}

#[expect(clippy::disallowed_methods, reason = "a test may read its files")]
pub(crate) fn read(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap()
}
