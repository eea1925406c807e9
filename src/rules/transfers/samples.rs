//! Manifests for the tests of this risk: one company whose papers are in order.

/// A namespace, a policy with the defaults, a flow to one vendor, and a workload that it covers.
pub(crate) const SOUND: &str = r#"
apiVersion: v1
kind: Namespace
metadata: {name: cx, labels: {cxguard.dev/protected: "true"}}
---
apiVersion: cxguard.dev/v1alpha1
kind: CompliancePolicy
metadata: {name: gdpr}
spec: {residency: {provider: aws}}
---
apiVersion: cxguard.dev/v1alpha1
kind: DataFlow
metadata: {name: answers, namespace: cx}
spec:
  workloads: {selector: {matchLabels: {part-of: feedback}}}
  to: [{vendor: hub}]
  legalBasis: Contract
  retention: 400d
  encryption: {inTransit: TLS13, atRest: true}
---
apiVersion: cxguard.dev/v1alpha1
kind: Vendor
metadata: {name: hub}
spec:
  role: Processor
  locations: [{use: Storage, provider: aws, region: eu-west-1}]
  agreement:
    signedOn: 2025-01-15
    validUntil: 2099-12-31
    reviewedOn: 2026-06-01
    countries: ["IE"]
    clauses:
      [Instructions, Confidentiality, Security, SubProcessors, DataSubjectRights, Assistance, ReturnOrDeletion, Audits]
    measures: [EncryptionAtRest, EncryptionInTransit, AccessControl, RegularTesting]
    breachNotice: 24h
    aiTraining: Forbidden
  certifications:
    - {standard: SOC2, type: II, periodFrom: 2025-10-01, periodTo: 2026-09-30, opinion: Unqualified,
       categories: [Security, Privacy]}
  assessedOn: 2026-06-01
  incidentResponse: {planReviewedOn: 2026-06-01}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: sender, namespace: cx, labels: {part-of: feedback}}
spec: {template: {spec: {nodeSelector: {topology.kubernetes.io/region: eu-central-1}}}}
"#;

/// The vendor with another spec, given in one line.
pub(super) fn vendor(name: &str, spec: &str) -> String {
    format!("apiVersion: cxguard.dev/v1alpha1\nkind: Vendor\nmetadata: {{name: {name}}}\nspec: {spec}\n")
}

/// The policy with other demands on residency.
pub(crate) fn policy(residency: &str) -> String {
    format!(
        "apiVersion: cxguard.dev/v1alpha1\nkind: CompliancePolicy\nmetadata: {{name: gdpr}}\n\
         spec: {{residency: {residency}}}\n"
    )
}

/// The flow with another spec, given in one line.
pub(super) fn flow(spec: &str) -> String {
    format!(
        "apiVersion: cxguard.dev/v1alpha1\nkind: DataFlow\nmetadata: {{name: answers, namespace: cx}}\n\
         spec: {spec}\n"
    )
}
