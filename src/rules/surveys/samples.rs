//! Manifests for the tests of this risk.

use crate::rules::testing::Bench;

/// A policy, a namespace with the survey, one with the map, and the vendor.
pub(super) const SOUND: &str = r#"
apiVersion: cxguard.dev/v1alpha1
kind: CompliancePolicy
metadata: {name: gdpr}
spec: {}
---
apiVersion: v1
kind: Namespace
metadata: {name: cx, labels: {cxguard.dev/protected: "true"}}
---
apiVersion: v1
kind: Namespace
metadata: {name: identity, labels: {cxguard.dev/protected: "true"}}
---
apiVersion: v1
kind: Namespace
metadata: {name: open}
---
apiVersion: cxguard.dev/v1alpha1
kind: Vendor
metadata: {name: hub}
spec: {role: Processor}
"#;

/// The survey.
pub(super) const ID: &str = "Survey/cx/after-call";

/// The world with a survey, whose `spec` is written in the braces of YAML.
pub(super) fn survey(spec: &str) -> Bench {
    let survey = format!(
        "apiVersion: cxguard.dev/v1alpha1\nkind: Survey\nmetadata: {{name: after-call, namespace: cx}}\nspec: {spec}"
    );
    Bench::new(SOUND).with(&survey)
}

/// The world with a survey that has one link.
pub(super) fn linked(link: &str) -> Bench {
    survey(&format!("{{links: ['{link}']}}"))
}

/// The policy with other demands on surveys.
pub(super) fn policy(surveys: &str) -> String {
    format!(
        "apiVersion: cxguard.dev/v1alpha1\nkind: CompliancePolicy\nmetadata: {{name: gdpr}}\nspec: {{surveys: {surveys}}}"
    )
}
