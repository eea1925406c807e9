//! For the tests on flows and models: a flow to two vendors, one with a model of its own.

use crate::rules::testing::Bench;

/// The flow of these tests.
pub(super) const FLOW: &str = "DataFlow/cx/answers";

/// Two vendors, a protected namespace and one that is not.
const WORLD: &str = r#"
apiVersion: v1
kind: Namespace
metadata: {name: cx, labels: {cxguard.dev/protected: "true"}}
---
apiVersion: v1
kind: Namespace
metadata: {name: open}
---
apiVersion: cxguard.dev/v1alpha1
kind: Vendor
metadata: {name: writer}
spec: {ai: {usesModels: true, hosting: Vendor}}
---
apiVersion: cxguard.dev/v1alpha1
kind: Vendor
metadata: {name: plain}
spec: {}
"#;

/// The flow `answers` with a spec, given in one line.
pub(super) fn flow(spec: &str) -> Bench {
    Bench::new(WORLD).with(&format!(
        "apiVersion: cxguard.dev/v1alpha1\nkind: DataFlow\nmetadata: {{name: answers, namespace: cx}}\nspec: {spec}\n"
    ))
}

/// The vendor `writer` with other models.
pub(super) fn writer(bench: Bench, ai: &str) -> Bench {
    bench.with(&format!(
        "apiVersion: cxguard.dev/v1alpha1\nkind: Vendor\nmetadata: {{name: writer}}\nspec: {{ai: {ai}}}\n"
    ))
}

/// What a policy demands of models.
pub(super) fn under(bench: Bench, ai: &str) -> Bench {
    bench.with(&format!(
        "apiVersion: cxguard.dev/v1alpha1\nkind: CompliancePolicy\nmetadata: {{name: gdpr}}\nspec: {{ai: {ai}}}\n"
    ))
}
