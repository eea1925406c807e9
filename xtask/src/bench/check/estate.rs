//! Manifests to measure with.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::Result;

/// How many workloads a flow covers.
const PER_FLOW: u32 = 100;

/// Of so many workloads, one runs outside.
const PER_VIOLATION: u32 = 20;

/// Writes manifests for so many Deployments, each into a file of its own and all of them into one.
pub(super) fn write(folder: &Path, deployments: u32) -> Result<()> {
    let (many, one) = (folder.join("many"), folder.join("one"));
    fs::create_dir_all(&many)?;
    fs::create_dir_all(&one)?;
    let mut all = String::new();
    let mut put = |name: String, text: &str| -> Result<()> {
        fs::write(many.join(name), text)?;
        all.push_str("---\n");
        all.push_str(text);
        Ok(())
    };
    put("papers.yaml".to_owned(), PAPERS)?;
    for at in 0..deployments.div_ceil(PER_FLOW) {
        put(format!("flow-{at}.yaml"), &flow(at))?;
    }
    for at in 0..deployments {
        put(format!("deployment-{at}.yaml"), &deployment(at)?)?;
    }
    Ok(fs::write(one.join("all.yaml"), all)?)
}

/// What they all rest on.
const PAPERS: &str = r#"apiVersion: cxguard.dev/v1alpha1
kind: CompliancePolicy
metadata: {name: gdpr}
spec:
  residency: {regime: GDPR, workloads: EEA, provider: aws, regions: [eu-central-1]}
---
apiVersion: cxguard.dev/v1alpha1
kind: Vendor
metadata: {name: hub}
spec:
  country: "NL"
  role: Processor
  locations: [{use: Storage, provider: aws, region: eu-west-1}]
"#;

fn flow(at: u32) -> String {
    format!(
        r#"apiVersion: v1
kind: Namespace
metadata: {{name: cx-{at}, labels: {{cxguard.dev/protected: "true"}}}}
---
apiVersion: cxguard.dev/v1alpha1
kind: DataFlow
metadata: {{name: responses, namespace: cx-{at}}}
spec:
  legalBasis: LegitimateInterests
  form: Pseudonymised
  retention: 400d
  workloads: {{selector: {{matchLabels: {{app.kubernetes.io/part-of: feedback}}}}}}
  encryption: {{inTransit: TLS13, atRest: true}}
"#
    )
}

/// About 800 bytes, as such manifests have.
fn deployment(at: u32) -> Result<String> {
    let region = if at.is_multiple_of(PER_VIOLATION) { "us-east-1" } else { "eu-central-1" };
    let namespace = at / PER_FLOW;
    let mut text = String::new();
    write!(
        text,
        r"apiVersion: apps/v1
kind: Deployment
metadata:
  name: worker-{at}
  namespace: cx-{namespace}
  labels:
    app.kubernetes.io/name: worker-{at}
    app.kubernetes.io/part-of: feedback
spec:
  replicas: 2
  selector:
    matchLabels:
      app.kubernetes.io/name: worker-{at}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: worker-{at}
    spec:
      nodeSelector:
        topology.kubernetes.io/region: {region}
      containers:
        - name: worker
          image: registry.example/worker:1.{at}.0
          env:
            - name: LOG_LEVEL
              value: info
            - name: QUEUE
              value: responses
          resources:
            requests: {{cpu: 100m, memory: 128Mi}}
            limits: {{memory: 128Mi}}
"
    )?;
    Ok(text)
}
