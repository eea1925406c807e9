//! What a judgement does at the door. The judgement is the same as everywhere; only here somebody waits for a word.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::said::Said;
use crate::api::{AdmissionAction, FindingOutcome, Mode};
use crate::engine::{Finding, Lacking, Verdict};
use crate::facts::ObjectRef;
use crate::rules::Code;

/// What the findings of a request can do at most.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    /// What is not known.
    pub(super) unknown: AdmissionAction,
    /// What is wrong with another object, and inherited.
    pub(super) inherited: AdmissionAction,
    /// What is wrong with the object itself.
    pub(super) own: AdmissionAction,
    /// A rule that an object which is yet to come may satisfy: what it finds is as good as not known.
    pub(super) pending: Option<Code>,
    /// A field that may name what is yet to come: that it is not known refuses nothing.
    pub(super) ahead: Option<&'static str>,
}

impl Scale {
    /// Everything that is enforced denies, also what is not known: for access.
    pub(super) const CLOSED: Self = Self::all(AdmissionAction::Deny);

    /// Nothing denies.
    pub(super) const OPEN: Self = Self::all(AdmissionAction::Warn);

    const fn all(action: AdmissionAction) -> Self {
        Self { unknown: action, inherited: action, own: action, pending: None, ahead: None }
    }

    fn of(self, subject: &ObjectRef, finding: &Finding) -> AdmissionAction {
        let is_certain = finding.outcome == FindingOutcome::Violating && self.pending != Some(finding.rule);
        let is_ahead = finding.subject == *subject && self.ahead == Some(&*finding.path);
        let unknown = if is_ahead { AdmissionAction::Warn } else { self.unknown };
        let certain = if is_certain { AdmissionAction::Deny } else { unknown };
        certain.min(if finding.subject == *subject { self.own } else { self.inherited })
    }
}

/// Says what a judgement of a subject means. What was so before denies nothing: who mends one thing need not mend all.
pub(super) fn weigh(
    said: &mut Said,
    subject: &ObjectRef,
    now: &Verdict,
    before: Option<&Verdict>,
    scale: Scale,
) {
    let findings = before.into_iter().flat_map(|before| &before.findings);
    // Counted: a second of the same kind is new.
    let mut old = BTreeMap::<_, usize>::new();
    for finding in findings.filter(|finding| is_enforced(finding)) {
        *old.entry(identity(finding)).or_default() += 1;
    }
    for finding in &now.findings {
        let speaks = !finding.exempted && finding.mode.0 != Mode::Audit;
        let mut denies = || {
            let before = old.get_mut(&identity(finding)).filter(|left| **left > 0 && is_enforced(finding));
            let is_old = before.map(|left| *left -= 1).is_some();
            is_enforced(finding) && scale.of(subject, finding) == AdmissionAction::Deny && !is_old
        };
        said.find(finding.clone(), speaks.then(|| (denies(), words(subject, finding))));
    }
    let known = before.map(|before| unjudged(&before.lacking)).unwrap_or_default();
    for (what, rules) in unjudged(&now.lacking) {
        let new = rules.iter().any(|rule| !known.get(what).is_some_and(|known| known.contains(rule)));
        said.lack(new && scale.unknown == AdmissionAction::Deny, cannot(what, &rules));
    }
}

/// Says what a finding means that no judgement made, and refuses at most where it may.
pub(super) fn tell(said: &mut Said, finding: Finding, may_deny: bool) {
    let speaks = !finding.exempted && finding.mode.0 >= Mode::Warn;
    let words = speaks.then(|| (may_deny && is_enforced(&finding), words(&finding.subject, &finding)));
    said.find(finding, words);
}

/// What is found of a request as a whole, and of no field of an object.
pub(super) fn alone(subject: &ObjectRef, rule: Code, mode: Mode, message: String, remedy: &str) -> Finding {
    Finding {
        exempted: false,
        mode: Reverse(mode),
        rule,
        subject: subject.clone(),
        path: String::new(),
        outcome: FindingOutcome::Violating,
        message,
        remedy: remedy.to_owned(),
        cause: None,
    }
}

/// Whether a finding can refuse.
pub(super) fn is_enforced(finding: &Finding) -> bool {
    finding.mode.0 == Mode::Enforce && !finding.exempted
}

/// By what a finding is known again after an edit: not by its place in a list.
fn identity(finding: &Finding) -> (Code, &ObjectRef, String, &str) {
    let is_place = |step: &str| !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit());
    let steps = finding.path.split('/').map(|step| if is_place(step) { "*" } else { step });
    (finding.rule, &finding.subject, steps.collect::<Vec<_>>().join("/"), &finding.message)
}

/// The code first, then where and what, then what to do. What is inherited says from where.
pub(super) fn words(subject: &ObjectRef, finding: &Finding) -> String {
    let Finding { rule, path, message, remedy, .. } = finding;
    let from = if finding.subject == *subject { String::new() } else { format!("{} ", finding.subject) };
    let at = format!("{from}{path}");
    let at = if at.is_empty() { at } else { format!("{}: ", at.trim_end()) };
    format!("{rule}: {at}{message}; {remedy}")
}

/// What is missing, and the enforced rules that cannot be judged without it. Of a person of whom nothing is known, the
/// finding of CX608 decides.
fn unjudged(lacking: &[Lacking]) -> BTreeMap<&str, BTreeSet<Code>> {
    let counting =
        lacking.iter().filter(|lack| lack.mode == Mode::Enforce && !lack.exempted && !lack.unknown_person);
    let mut missing: BTreeMap<&str, BTreeSet<Code>> = BTreeMap::new();
    for lack in counting {
        missing.entry(&lack.what).or_default().insert(lack.rule);
    }
    missing
}

fn cannot(what: &str, rules: &BTreeSet<Code>) -> String {
    let mut codes = rules.iter();
    let first = codes.next().map(ToString::to_string).unwrap_or_default();
    match codes.count() {
        0 => format!("{first}: cannot be judged: {what}"),
        more => format!("{first}, and {more} more rules: cannot be judged: {what}"),
    }
}
