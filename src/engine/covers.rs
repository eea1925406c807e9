//! Which workloads carry which data, or send which links.

use super::derived::Derivation;
use super::query::Query;
use super::scope::Scope;
use crate::api::Workloads;
use crate::facts::{Fact, Key, Labels, ObjectRef, selects};

/// The flows and surveys that cover a workload, in order: those of its namespace whose selector matches the labels of
/// the workload object, where the namespace is protected.
pub(super) fn of(query: &Query<'_>, workload: &ObjectRef) -> Vec<ObjectRef> {
    let Some(fact) = query.workload(workload).here() else { return Vec::new() };
    if fact.is_stood_for() || !query.policy(&Scope::Namespace(workload.namespace.clone())).protected {
        return Vec::new();
    }
    let mut coverage = query.members(Key::FlowsIn(workload.namespace.clone()));
    coverage.extend(query.members(Key::SurveysIn(workload.namespace.clone())));
    coverage.retain(|id| is_selected(query, id, &fact.labels));
    coverage
}

/// Asked very often, so nothing is copied.
fn is_selected(query: &Query<'_>, by: &ObjectRef, labels: &Labels) -> bool {
    let of = |workloads: Option<&Workloads>| {
        workloads.and_then(|workloads| workloads.selector.as_ref()).is_some_and(|one| selects(one, labels))
    };
    let found = query.object(by, |fact| match fact {
        Fact::Flow(flow) => Some(of(flow.workloads.as_ref())),
        Fact::Survey(survey) => Some(of(survey.workloads.as_ref())),
        _ => None,
    });
    found.here().unwrap_or_default()
}

impl Query<'_> {
    /// Whether a flow or a survey covers a workload. Who asks this asks about very many, so a look that is never repeated
    /// keeps nothing of it.
    pub(super) fn is_covered(&self, workload: &ObjectRef) -> bool {
        if self.is_kept(&Derivation::Covers(workload.clone())) {
            !self.covers(workload).is_empty()
        } else {
            !of(self, workload).is_empty()
        }
    }
}

/// How many workloads a flow or a survey covers.
pub(super) fn count(query: &Query<'_>, coverage: &ObjectRef) -> usize {
    let workloads = query.members(Key::WorkloadsIn(coverage.namespace.clone()));
    workloads.iter().filter(|workload| query.covers(workload).contains(coverage)).count()
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::Bench;

    const WORLD: &str = r#"
apiVersion: v1
kind: Namespace
metadata: {name: cx, labels: {cxguard.dev/protected: "true"}}
---
apiVersion: cxguard.dev/v1alpha1
kind: Survey
metadata: {name: after-call, namespace: cx}
spec:
  vendor: hub
  respondentId: {mappedIn: nowhere}
  workloads: {selector: {matchLabels: {sends: links}}}
---
apiVersion: cxguard.dev/v1alpha1
kind: Vendor
metadata: {name: hub}
spec: {role: Processor, locations: [{use: Storage, country: "DE"}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: sender, namespace: cx, labels: {sends: links}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: other, namespace: cx}
"#;

    fn causes(bench: &Bench, subject: &str) -> Vec<String> {
        let findings = bench.judge(subject).0.findings;
        findings.iter().map(|finding| format!("{} {}", finding.rule, finding.subject)).collect()
    }

    #[test]
    fn a_workload_inherits_what_is_found_about_its_surveys_and_they_what_is_about_their_vendors() {
        let bench = Bench::new(WORLD);
        let expected = ["CX001 Survey/cx/after-call", "CX111 Vendor/hub"];
        let survey = causes(&bench, "Survey/cx/after-call");
        assert!(expected.iter().all(|cause| survey.iter().any(|found| found == cause)), "{survey:?}");
        let workload = causes(&bench, "Deployment/cx/sender");
        assert!(survey.iter().all(|cause| workload.contains(cause)), "{workload:?}");
        assert!(causes(&bench, "Deployment/cx/other").is_empty());
        let elsewhere = bench.with("{apiVersion: v1, kind: Namespace, metadata: {name: cx}}");
        assert!(causes(&elsewhere, "Deployment/cx/sender").is_empty());
    }

    #[test]
    fn a_vendor_is_judged_under_the_policies_of_its_surveys_namespaces() {
        let lenient = "{apiVersion: cxguard.dev/v1alpha1, kind: CompliancePolicy, metadata: {name: p}, \
                       spec: {namespaceSelector: {matchLabels: {lenient: 'yes'}}, mode: Audit}}";
        let here = "{apiVersion: v1, kind: Namespace, metadata: {name: cx, labels: {lenient: 'yes'}}}";
        let mode = |bench: &Bench| bench.judge("Vendor/hub").0.findings.first().map(|found| found.mode.0);
        let strict = "{apiVersion: cxguard.dev/v1alpha1, kind: CompliancePolicy, metadata: {name: q}}";
        let bench = Bench::new(WORLD).with(lenient).with(&strict.replace("}}", "}, spec: {}}"));
        assert_eq!(mode(&bench), Some(crate::api::Mode::Enforce));
        assert_eq!(mode(&bench.with(here)), Some(crate::api::Mode::Audit));
    }
}
