//! What a check reports.

use std::cmp::Reverse;

use crate::api::{FindingOutcome, Mode};
use crate::engine::{Cause, Finding, Lacking};
use crate::facts::{Kind, ObjectRef};

use super::rule::Code;

/// Gathers what the checks of one subject find.
pub struct Report<'r> {
    subject: &'r ObjectRef,
    rule: Code,
    mode: Mode,
    findings: Vec<Finding>,
    lacking: Vec<Lacking>,
}

impl<'r> Report<'r> {
    /// An empty report on a subject.
    pub(crate) fn new(subject: &'r ObjectRef) -> Self {
        Self { subject, rule: Code(0), mode: Mode::Audit, findings: Vec::new(), lacking: Vec::new() }
    }

    /// From here on, a rule reports.
    pub(crate) fn enter(&mut self, rule: Code, mode: Mode) {
        self.rule = rule;
        self.mode = mode;
    }

    /// What was found.
    pub(crate) fn finish(self) -> (Vec<Finding>, Vec<Lacking>) {
        (self.findings, self.lacking)
    }

    /// The rule is violated at `path` of the subject. The message says what is wrong, with absolute dates; the
    /// remedy what to do.
    pub fn violation(
        &mut self,
        path: impl Into<String>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.because(None).violation(path, message, remedy);
    }

    /// The rule reports a missing fact: neither compliant nor violating.
    pub fn unknown(
        &mut self,
        path: impl Into<String>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.because(None).unknown(path, message, remedy);
    }

    /// The same where the reason lies in another object: `report.because(cause).violation(…)`.
    pub fn because(&mut self, cause: impl Into<Option<Cause>>) -> Because<'_, 'r> {
        Because { report: self, cause: cause.into() }
    }

    /// The rule cannot be judged for want of something that another finding reports. No finding, but never passed.
    pub fn lacks(&mut self, what: impl Into<String>) {
        self.lack(self.subject.clone(), what.into(), false);
    }

    /// The rule cannot be judged because a policy cannot be read. That is told of the policy: it is so of everything that
    /// the policy speaks of.
    pub fn lacks_policy(&mut self, name: &str) {
        let policy = ObjectRef::cluster(Kind::CompliancePolicy, name);
        let what = format!("{policy} cannot be read");
        self.lack(policy, what, false);
    }

    /// The rule cannot be judged because no Person claims this name of a user or group, which CX608 reports.
    pub fn lacks_person(&mut self, name: &str) {
        self.lack(self.subject.clone(), format!("no Person claims {name}"), true);
    }

    fn lack(&mut self, subject: ObjectRef, what: String, unknown_person: bool) {
        self.lacking.push(Lacking {
            exempted: false,
            mode: self.mode,
            rule: self.rule,
            what,
            unknown_person,
            subject,
        });
    }
}

/// A report on what has its reason in another object.
pub struct Because<'b, 'r> {
    report: &'b mut Report<'r>,
    cause: Option<Cause>,
}

impl Because<'_, '_> {
    /// The rule is violated at `path` of the subject.
    pub fn violation(self, path: impl Into<String>, message: impl Into<String>, remedy: impl Into<String>) {
        self.add(FindingOutcome::Violating, path.into(), message.into(), remedy.into());
    }

    /// The rule reports a missing fact.
    pub fn unknown(self, path: impl Into<String>, message: impl Into<String>, remedy: impl Into<String>) {
        self.add(FindingOutcome::Unknown, path.into(), message.into(), remedy.into());
    }

    fn add(self, outcome: FindingOutcome, path: String, message: String, remedy: String) {
        self.report.findings.push(Finding {
            exempted: false,
            mode: Reverse(self.report.mode),
            rule: self.report.rule,
            subject: self.report.subject.clone(),
            path,
            outcome,
            message,
            remedy,
            cause: self.cause,
        });
    }
}
