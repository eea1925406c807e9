//! The one rule that Gatekeeper is measured with, at its door and in files: what runs is pinned to a region of Europe.

/// The template of the rule, for objects whose pods choose their nodes at a path.
pub(super) fn template(selector: &str) -> String {
    TEMPLATE.replace("SELECTOR", selector)
}

/// The rule, asked of a kind.
pub(super) fn constraint(group: &str, kind: &str) -> String {
    CONSTRAINT.replace("GROUP", group).replace("KIND", kind)
}

const TEMPLATE: &str = r#"apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: benchregion}
spec:
  crd: {spec: {names: {kind: BenchRegion}}}
  targets:
    - target: admission.k8s.gatekeeper.sh
      rego: |
        package benchregion
        allowed := {"eu-central-1", "eu-west-1", "eu-west-3", "eu-north-1", "eu-south-1"}
        violation[{"msg": msg}] {
          region := object.get(input.review.object.SELECTOR, "topology.kubernetes.io/region", "")
          not allowed[region]
          msg := sprintf("runs in %v", [region])
        }
"#;

const CONSTRAINT: &str = r#"apiVersion: constraints.gatekeeper.sh/v1beta1
kind: BenchRegion
metadata: {name: region}
spec:
  match: {kinds: [{apiGroups: ["GROUP"], kinds: [KIND]}]}
"#;
