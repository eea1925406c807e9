//! The judgement of one object: every rule that applies to its kind, and what it inherits.

use std::sync::Arc;

use super::exemptions::set_aside;
use super::query::{Found, Query};
use super::scope::Scope;
use super::verdict::{Finding, Lacking, Verdict};
use crate::api::{
    CompliancePolicySpec, DataFlowSpec, ExemptionSpec, IncidentPlanSpec, IncidentSpec, PersonSpec,
    SurveySpec, VendorSpec,
};
use crate::facts::{GrantFact, Kind, ObjectRef, Workload, vendors_of};
use crate::rules::{Case, Check, RULES, Report};

/// What the rules say of a subject, in a scope.
pub(super) fn verdict(query: &Query<'_>, subject: &ObjectRef, scope: &Scope) -> Verdict {
    let policy = query.policy(scope);
    let mut report = Report::new(subject);
    let own = Own::look_up(query, subject);
    for rule in RULES {
        let Some(mode) = policy.mode(rule) else { continue };
        report.enter(rule.code, mode);
        for policy_name in &policy.unreadable {
            report.lacks(format!("CompliancePolicy/{policy_name} cannot be read"));
        }
        for check in rule.checks {
            let case = Look { subject, policy: &policy, query };
            case.run(*check, &own, &mut report);
        }
    }
    let (mut findings, mut lacking) = report.finish();
    // Before anything is inherited: each exemption is for one object, and holds wherever that one's findings go.
    set_aside(query, subject, &mut findings, &mut lacking);
    for inherited in inherited(query, subject, &own) {
        findings.extend(inherited.findings.iter().cloned());
        lacking.extend(inherited.lacking.iter().cloned());
    }
    tidy(findings, lacking)
}

/// Sorted, and each once: two flows to one vendor inherit the same finding.
fn tidy(mut findings: Vec<Finding>, mut lacking: Vec<Lacking>) -> Verdict {
    findings.sort();
    findings.dedup();
    lacking.sort();
    lacking.dedup();
    Verdict { findings, lacking }
}

/// The subject's own fact.
enum Own {
    Policy(Arc<CompliancePolicySpec>),
    Vendor(Arc<VendorSpec>),
    Person(Arc<PersonSpec>),
    Flow(Arc<DataFlowSpec>),
    Survey(Arc<SurveySpec>),
    Grant(Arc<GrantFact>),
    Plan(Arc<IncidentPlanSpec>),
    Incident(Arc<IncidentSpec>),
    Exemption(Arc<ExemptionSpec>),
    Workload(Arc<Workload>),
    Other,
}

impl Own {
    fn look_up(query: &Query<'_>, subject: &ObjectRef) -> Self {
        let (namespace, name) = (&*subject.namespace, &*subject.name);
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
            // Only what carries customer data is judged.
            kind if kind.is_workload() && !query.covers(subject).is_empty() => {
                query.workload(subject).here().map(Self::Workload)
            }
            _ => None,
        }
        .unwrap_or(Self::Other)
    }
}

struct Look<'c> {
    subject: &'c ObjectRef,
    policy: &'c super::policy::Policy,
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
            (Check::Workload(check), Own::Workload(workload)) => check(&self.case(&**workload), report),
            (Check::Any(check), _) => check(self.subject, self.query, report),
            _ => {}
        }
    }
}

/// The judgements that a subject inherits: a flow those of its vendors, a survey that of its vendor, a workload those of
/// its flows and surveys. Each is made under the policies of the subject's own namespace.
fn inherited(query: &Query<'_>, subject: &ObjectRef, own: &Own) -> Vec<Arc<Verdict>> {
    let scope = Scope::Namespace(subject.namespace.clone());
    let vendor = |name: &str| ObjectRef::cluster(Kind::Vendor, name);
    let causes: Vec<ObjectRef> = match own {
        Own::Flow(flow) => vendors_of(flow).map(vendor).collect(),
        Own::Survey(survey) => survey.vendor.as_deref().map(vendor).into_iter().collect(),
        Own::Workload(_) => query.covers(subject).to_vec(),
        _ => Vec::new(),
    };
    // What does not exist or cannot be read is CX001's and CX003's, on the object that names it.
    let there = causes.into_iter().filter(|cause| query.exists(cause));
    there.map(|cause| query.judgement(&cause, &scope)).collect()
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
