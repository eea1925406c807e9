//! The judgement of one object: every rule that applies to its kind, and what it inherits.

use std::sync::Arc;

use super::access::members;
use super::exemptions::set_aside;
use super::inherited::inherited;
use super::policy::Policy;
use super::query::{Found, Query};
use super::scope::Scope;
use super::verdict::{Finding, Lacking, Verdict};
use crate::api::{
    CompliancePolicySpec, DataFlowSpec, ExemptionSpec, IncidentPlanSpec, IncidentSpec, PersonSpec,
    SurveySpec, VendorSpec,
};
use crate::facts::{Binding, Claim, GrantFact, Kind, Mentions, Namespace, ObjectRef, Role, Workload};
use crate::rules::{Case, Check, RULES, Report};

/// What the rules say of a subject, in a scope.
pub(super) fn verdict(query: &Query<'_>, subject: &ObjectRef, scope: &Scope) -> Verdict {
    let policy = query.policy(scope);
    let own = Own::look_up(query, subject, &policy);
    own_verdict(query, subject, &policy, &own)
}

/// What the rules say of a subject, given its own fact.
pub(super) fn own_verdict(query: &Query<'_>, subject: &ObjectRef, policy: &Policy, own: &Own) -> Verdict {
    let (mut findings, mut lacking) = of_itself(query, subject, policy, own);
    for inherited in inherited(query, subject, own) {
        findings.extend(inherited.findings.iter().cloned());
        lacking.extend(inherited.lacking.iter().cloned());
    }
    if let Own::Grant(grant) = own
        && members::are_named(grant, policy)
    {
        let mut verdict = tidy(findings, lacking);
        members::relieve(query, subject, grant, policy, &mut verdict);
        (findings, lacking) = (verdict.findings, verdict.lacking);
    }
    tidy(findings, lacking)
}

/// What several judgements say, each finding once.
pub(super) fn together(verdicts: &[Arc<Verdict>]) -> Verdict {
    let findings = verdicts.iter().flat_map(|verdict| verdict.findings.iter().cloned()).collect();
    let lacking = verdicts.iter().flat_map(|verdict| verdict.lacking.iter().cloned()).collect();
    tidy(findings, lacking)
}

impl Query<'_> {
    /// What the rules say of an object itself, without what it inherits.
    pub(crate) fn judge_itself(&self, subject: &ObjectRef) -> Verdict {
        let policy = self.policy(&Scope::of(subject));
        let own = Own::look_up(self, subject, &policy);
        let (findings, lacking) = of_itself(self, subject, &policy, &own);
        tidy(findings, lacking)
    }
}

fn of_itself(
    query: &Query<'_>,
    subject: &ObjectRef,
    policy: &Policy,
    own: &Own,
) -> (Vec<Finding>, Vec<Lacking>) {
    let mut report = Report::new(subject);
    for rule in RULES {
        // Most rules are about other kinds. A policy that cannot be read leaves open what they would say.
        if policy.unreadable.is_empty() && !rule.checks.iter().any(|check| own.suits(*check)) {
            continue;
        }
        let Some(mode) = policy.mode(rule) else { continue };
        report.enter(rule.code, mode);
        for policy_name in &policy.unreadable {
            report.lacks_policy(policy_name);
        }
        for check in rule.checks {
            let case = Look { subject, policy, query };
            case.run(*check, own, &mut report);
        }
    }
    let (mut findings, mut lacking) = report.finish();
    // Before anything is inherited: each exemption is for one object, and holds wherever that one's findings go.
    set_aside(query, subject, &mut findings, &mut lacking);
    (findings, lacking)
}

/// Sorted, and each once: two flows to one vendor inherit the same finding.
fn tidy(mut findings: Vec<Finding>, mut lacking: Vec<Lacking>) -> Verdict {
    findings.sort();
    findings.dedup_by(|one, before| one.reads_like(before));
    lacking.sort();
    lacking.dedup();
    Verdict { findings, lacking }
}

/// The subject's own fact.
pub(super) enum Own {
    Policy(Arc<CompliancePolicySpec>),
    Vendor(Arc<VendorSpec>),
    Person(Arc<PersonSpec>),
    Flow(Arc<DataFlowSpec>),
    Survey(Arc<SurveySpec>),
    Grant(Arc<GrantFact>),
    Plan(Arc<IncidentPlanSpec>),
    Incident(Arc<IncidentSpec>),
    Exemption(Arc<ExemptionSpec>),
    /// Covered by these flows and surveys.
    Workload(Arc<Workload>, Arc<[ObjectRef]>),
    /// Covered by none, in a protected namespace.
    Uncovered(Arc<Workload>),
    Namespace(Arc<Namespace>),
    Role(Arc<Role>),
    Binding(Arc<Binding>),
    Claim(Claim),
    Route(Arc<Mentions>),
    Other,
}

impl Own {
    /// Of foreign objects, only what carries customer data, or may reach it, is judged.
    fn look_up(query: &Query<'_>, subject: &ObjectRef, policy: &Policy) -> Self {
        let (namespace, name) = (&*subject.namespace, &*subject.name);
        let covers = if subject.kind.runs() { query.covers(subject) } else { Arc::default() };
        match subject.kind {
            Kind::CompliancePolicy => query.policy_object(name).here().map(Self::Policy),
            Kind::Vendor => query.vendor(name).here().map(Self::Vendor),
            Kind::Person => query.person(name).here().map(Self::Person),
            Kind::DataFlow => query.flow(namespace, name).here().map(Self::Flow),
            Kind::Survey => query.survey(namespace, name).here().map(Self::Survey),
            Kind::AccessGrant => query.grant(namespace, name).here().map(Self::Grant),
            Kind::IncidentPlan => query.plan(name).here().map(Self::Plan),
            Kind::Incident => query.incident(name).here().map(Self::Incident),
            Kind::Exemption => query.exemption(name).here().map(Self::Exemption),
            _ if !covers.is_empty() => {
                query.workload(subject).here().map(|workload| Self::Workload(workload, covers))
            }
            _ if !policy.protected => None,
            kind if kind.runs() => {
                let workload = query.workload(subject).here();
                workload.filter(|workload| !workload.is_stood_for()).map(Self::Uncovered)
            }
            Kind::Namespace => query.namespace(name).here().map(Self::Namespace),
            Kind::Role | Kind::ClusterRole => query.role(subject).here().map(Self::Role),
            Kind::RoleBinding | Kind::ClusterRoleBinding => query.binding(subject).here().map(Self::Binding),
            Kind::PersistentVolumeClaim => query.claim(namespace, name).here().map(Self::Claim),
            Kind::Ingress | Kind::HttpRoute => query.route(subject).here().map(Self::Route),
            _ => None,
        }
        .unwrap_or(Self::Other)
    }
}

impl Own {
    /// Whether a check is about what this is.
    fn suits(&self, check: Check) -> bool {
        match check {
            Check::Policy(_) => matches!(self, Self::Policy(_)),
            Check::Vendor(_) => matches!(self, Self::Vendor(_)),
            Check::Person(_) => matches!(self, Self::Person(_)),
            Check::Flow(_) => matches!(self, Self::Flow(_)),
            Check::Survey(_) => matches!(self, Self::Survey(_)),
            Check::Plan(_) => matches!(self, Self::Plan(_)),
            Check::Incident(_) => matches!(self, Self::Incident(_)),
            Check::Exemption(_) => matches!(self, Self::Exemption(_)),
            Check::Grant(_) => matches!(self, Self::Grant(_)),
            Check::Workload(_) => matches!(self, Self::Workload(..)),
            Check::Deployed(_) => matches!(self, Self::Workload(..) | Self::Uncovered(_)),
            Check::Namespace(_) => matches!(self, Self::Namespace(_)),
            Check::Role(_) => matches!(self, Self::Role(_)),
            Check::Binding(_) => matches!(self, Self::Binding(_)),
            Check::Claim(_) => matches!(self, Self::Claim(_)),
            Check::Route(_) => matches!(self, Self::Route(_)),
            Check::Any(_) => true,
        }
    }
}

struct Look<'c> {
    subject: &'c ObjectRef,
    policy: &'c Policy,
    query: &'c Query<'c>,
}

impl<'c> Look<'c> {
    fn case<T>(&self, subject: &'c T) -> Case<'c, T> {
        Case { id: self.subject, subject, policy: self.policy, query: self.query }
    }

    fn run(&self, check: Check, own: &'c Own, report: &mut Report<'_>) {
        match (check, own) {
            (Check::Policy(check), Own::Policy(spec)) => check(&self.case(&**spec), report),
            (Check::Vendor(check), Own::Vendor(spec)) => check(&self.case(&**spec), report),
            (Check::Person(check), Own::Person(spec)) => check(&self.case(&**spec), report),
            (Check::Flow(check), Own::Flow(spec)) => check(&self.case(&**spec), report),
            (Check::Survey(check), Own::Survey(spec)) => check(&self.case(&**spec), report),
            (Check::Plan(check), Own::Plan(spec)) => check(&self.case(&**spec), report),
            (Check::Incident(check), Own::Incident(spec)) => check(&self.case(&**spec), report),
            (Check::Exemption(check), Own::Exemption(spec)) => check(&self.case(&**spec), report),
            (Check::Grant(check), Own::Grant(grant)) => check(&self.case(&**grant), report),
            (Check::Workload(check), Own::Workload(workload, _)) => check(&self.case(&**workload), report),
            (Check::Deployed(check), Own::Workload(workload, _) | Own::Uncovered(workload)) => {
                check(&self.case(&**workload), report);
            }
            (Check::Namespace(check), Own::Namespace(namespace)) => check(&self.case(&**namespace), report),
            (Check::Role(check), Own::Role(role)) => check(&self.case(&**role), report),
            (Check::Binding(check), Own::Binding(binding)) => check(&self.case(&**binding), report),
            (Check::Claim(check), Own::Claim(claim)) => check(&self.case(claim), report),
            (Check::Route(check), Own::Route(mentions)) => check(&self.case(&**mentions), report),
            (Check::Any(check), _) => check(self.subject, self.query, report),
            _ => {}
        }
    }
}

/// Whether a look-up found something that exists and cannot be read; if so, the rule lacks it.
pub(crate) fn lacks<T>(found: &Found<T>, what: &ObjectRef, report: &mut Report<'_>) -> bool {
    match found {
        Found::Here(_) => false,
        Found::Missing => {
            report.lacks(format!("{what} does not exist"));
            true
        }
        Found::Unreadable(_) => {
            report.lacks(format!("{what} cannot be read"));
            true
        }
    }
}
