//! Other tools, each with one rule: a Deployment of the estate is pinned to a region of Europe.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Result;

use super::super::region;

/// A tool, and how it is asked about a folder.
pub(super) struct Rival {
    pub(super) name: &'static str,
    arguments: Vec<String>,
}

impl Rival {
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(self.name);
        command.args(&self.arguments);
        command
    }
}

/// Those that are on PATH, with their rule written into a folder.
pub(super) fn present(rules: &Path, estate: &Path) -> Result<Vec<Rival>> {
    let write = |name: &str, text: &str| -> Result<String> {
        let file = rules.join(name);
        fs::create_dir_all(file.parent().unwrap_or(rules))?;
        fs::write(&file, text)?;
        Ok(file.display().to_string())
    };
    let estate = estate.display().to_string();
    let rego = write("conftest/region.rego", REGO)?;
    let template = write("gator/template.yaml", &region::template("spec.template.spec.nodeSelector"))?;
    let constraint = write("gator/constraint.yaml", &region::constraint("apps", "Deployment"))?;
    let policy = write("kyverno/policy.yaml", POLICY)?;
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let all = [
        Rival { name: "conftest", arguments: words(&["test", "--no-color", "--policy", &rego, &estate]) },
        Rival {
            name: "gator",
            arguments: words(&[
                "test",
                "--filename",
                &template,
                "--filename",
                &constraint,
                "--filename",
                &estate,
            ]),
        },
        Rival { name: "kyverno", arguments: words(&["apply", &policy, "--resource", &estate]) },
    ];
    Ok(all.into_iter().filter(|rival| is_there(rival.name)).collect())
}

fn is_there(name: &str) -> bool {
    let asked = Command::new(name)
        .arg("--help")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    asked.is_ok()
}

const REGO: &str = r#"package main

import rego.v1

deny contains message if {
	input.kind == "Deployment"
	region := object.get(input.spec.template.spec.nodeSelector, "topology.kubernetes.io/region", "")
	not region in {"eu-central-1", "eu-west-1", "eu-west-3", "eu-north-1", "eu-south-1"}
	message := sprintf("%s runs in %s", [input.metadata.name, region])
}
"#;

const POLICY: &str = r#"apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: region}
spec:
  validationFailureAction: Enforce
  background: true
  rules:
    - name: region
      match: {any: [{resources: {kinds: [Deployment]}}]}
      validate:
        message: runs outside
        pattern:
          spec: {template: {spec: {nodeSelector: {topology.kubernetes.io/region: "eu-central-1 | eu-west-1 | eu-west-3 | eu-north-1 | eu-south-1"}}}}
"#;
