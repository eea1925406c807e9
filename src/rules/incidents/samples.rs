//! Manifests for the tests of this risk.

use crate::rules::testing::Bench;

/// A plan that lacks nothing, in one line, with the backup's `CronJob`.
pub(super) const PLAN: &str = "{approvedOn: 2026-01-10, reviewedOn: 2026-06-10, \
     steps: [Contain, Assess, NotifyAuthority, NotifyCustomers, Mitigate, Restore, Learn], \
     contacts: {authority: AP, dataProtectionOfficer: dpo, csirt: csirt, checkedOn: 2026-08-01}, \
     drills: [{date: 2026-09-01, outcome: Passed, openFindings: 0}], \
     backups: [{name: db, cronJob: {namespace: cx, name: dump}, encrypted: true, \
     location: {provider: aws, region: eu-central-1}, restoreTestedOn: 2026-10-01}]}";

const WORLD: &str = r#"
apiVersion: v1
kind: Namespace
metadata: {name: cx, labels: {cxguard.dev/protected: "true"}}
---
apiVersion: cxguard.dev/v1alpha1
kind: DataFlow
metadata: {name: answers, namespace: cx}
spec: {}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: dump, namespace: cx}
"#;

/// A protected namespace with a flow and a `CronJob`, and a plan with this spec.
pub(super) fn with_plan(spec: &str) -> Bench {
    Bench::new(WORLD).with(&object("IncidentPlan", spec))
}

/// The same with an incident of the flow in place of the plan: aware since 2026-11-21T09:00:00Z, with these fields more.
pub(super) fn with_incident(fields: &str) -> Bench {
    with_bare_incident(&format!("awareAt: 2026-11-21T09:00:00Z, {fields}"))
}

/// An incident of the flow with these fields.
pub(super) fn with_bare_incident(fields: &str) -> Bench {
    Bench::new(WORLD)
        .with(&object("Incident", &format!("{{flows: [{{namespace: cx, name: answers}}], {fields}}}")))
}

/// A policy with this spec over all protected namespaces.
pub(super) fn policy(spec: &str) -> String {
    object("CompliancePolicy", spec)
}

fn object(kind: &str, spec: &str) -> String {
    format!("apiVersion: cxguard.dev/v1alpha1\nkind: {kind}\nmetadata: {{name: it}}\nspec: {spec}\n")
}
