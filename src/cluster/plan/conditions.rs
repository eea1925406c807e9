//! The part of a status that every kind has.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use serde_json::Value;

use crate::api::{MAX_FINDINGS, Mode, ReportedFinding, Status, conditions};
use crate::cluster::effect::Note;
use crate::cluster::seen::{Detail, Seen};
use crate::engine::{Finding, Outcome, Verdict};
use crate::facts::ObjectRef;
use crate::reference;
use crate::values::{Instant, whole_seconds};

/// The longest message of a condition or finding, in characters.
const LONGEST: usize = 1000;

/// What a status says beyond its findings.
pub(crate) struct Saying {
    pub(crate) kind: &'static str,
    /// Nothing: it is not known, or there is nothing of which to say it.
    pub(crate) status: Option<bool>,
    pub(crate) reason: &'static str,
    pub(crate) message: String,
}

impl Saying {
    /// As a condition has it.
    pub(crate) fn status(&self) -> &'static str {
        match self.status {
            Some(true) => "True",
            Some(false) => "False",
            None => "Unknown",
        }
    }
}

/// The common part of a status. A condition's time moves only when its status flips.
pub(crate) fn status(
    id: &ObjectRef,
    seen: &Seen,
    (verdict, horizon): (&Verdict, Timestamp),
    sayings: Vec<Saying>,
    now: Timestamp,
) -> Status {
    let old = conditions_of(seen);
    let (compliant, reason) = match verdict.outcome() {
        Outcome::Compliant => ("True", conditions::NO_FINDINGS),
        Outcome::Violating => ("False", conditions::VIOLATING),
        Outcome::Unknown => ("Unknown", conditions::FACTS_MISSING),
    };
    let condition = |kind: &str, status: &str, reason: &str, message: String| {
        let before = old.iter().find(|condition| condition.type_ == kind && condition.status == status);
        Condition {
            type_: kind.to_owned(),
            status: status.to_owned(),
            reason: reason.to_owned(),
            message: cut(message),
            observed_generation: Some(seen.generation),
            last_transition_time: before
                .map_or_else(|| Time(whole_seconds(now)), |condition| condition.last_transition_time.clone()),
        }
    };
    let mut all = vec![condition(conditions::COMPLIANT, compliant, reason, summary(verdict))];
    all.extend(
        sayings
            .into_iter()
            .map(|saying| condition(saying.kind, saying.status(), saying.reason, saying.message)),
    );
    Status {
        conditions: all,
        observed_generation: Some(seen.generation),
        findings: verdict.findings.iter().take(MAX_FINDINGS).map(|finding| reported(id, finding)).collect(),
        findings_total: i64::try_from(verdict.findings.len()).ok().filter(|total| *total > 0),
        compliant_until: Instant::bounded(horizon),
        judged_by: Some(judged_by()),
    }
}

/// The versions that judge: a status made by others is judged anew.
pub(crate) fn judged_by() -> String {
    format!("cxguard {}, reference data {}", env!("CARGO_PKG_VERSION"), reference::VERSION)
}

fn reported(id: &ObjectRef, finding: &Finding) -> ReportedFinding {
    ReportedFinding {
        rule: finding.rule.to_string(),
        mode: finding.mode.0,
        outcome: finding.outcome,
        exempted: finding.exempted.then_some(true),
        path: Some(finding.path.clone()).filter(|path| !path.is_empty()),
        message: cut(finding.message.clone()),
        remedy: Some(cut(finding.remedy.clone())).filter(|remedy| !remedy.is_empty()),
        object: (finding.subject != *id).then(|| finding.subject.to_string()),
    }
}

/// One or two sentences: the gravest finding that counts, and how many more there are.
fn summary(verdict: &Verdict) -> String {
    let counting = verdict.findings.iter().filter(|finding| !finding.exempted);
    let lacking = verdict.lacking.iter().find(|lack| !lack.exempted);
    let first = match (counting.clone().next(), lacking) {
        (Some(finding), _) => format!("{} on {}: {}", finding.rule, finding.subject, finding.message),
        (None, Some(lacking)) => format!("{} could not be judged: {}", lacking.rule, lacking.what),
        (None, None) if verdict.findings.is_empty() => return "no rule is violated".to_owned(),
        (None, None) => return "what is violated is exempted".to_owned(),
    };
    match counting.count() {
        0 | 1 => first,
        more => format!("{first} (and {} more)", more - 1),
    }
}

fn cut(text: String) -> String {
    if text.chars().count() <= LONGEST {
        text
    } else {
        text.chars().take(LONGEST - 1).chain(['…']).collect()
    }
}

/// The conditions of the status as it stands; none if it cannot be read.
pub(crate) fn conditions_of(seen: &Seen) -> Vec<Condition> {
    let Detail::Own { status, .. } = &seen.detail else { return Vec::new() };
    let conditions = status.get("conditions").cloned().unwrap_or(Value::Null);
    serde_json::from_value(conditions).unwrap_or_default()
}

/// An event when compliance flips. The first judgement of an object is news only if something is wrong.
pub(crate) fn flip(id: &ObjectRef, seen: &Seen, before: Option<&str>, verdict: &Verdict) -> Option<Note> {
    let outcome = verdict.outcome();
    let unchanged = before == Some(outcome.as_str());
    if unchanged || (before.is_none() && outcome == Outcome::Compliant) {
        return None;
    }
    Some(Note {
        regarding: id.clone(),
        uid: seen.uid.clone(),
        warning: outcome != Outcome::Compliant,
        reason: outcome.as_str(),
        action: "Judge",
        text: summary(verdict),
    })
}

/// The codes of what is at least a warning and not exempted, each once, in order.
pub(crate) fn codes(verdict: &Verdict) -> Vec<String> {
    let mut codes: Vec<_> = verdict
        .findings
        .iter()
        .filter(|finding| finding.mode.0 >= Mode::Warn && !finding.exempted)
        .map(|finding| finding.rule)
        .collect();
    codes.sort();
    codes.dedup();
    codes.iter().map(ToString::to_string).collect()
}
