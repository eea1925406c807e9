//! `cxguard check`: the examples with known answers, and what can be asked.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::folder::AT;
use super::{Folder, Ran};

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

fn check(folder: &Folder, rest: &str) -> Ran {
    folder.run(&format!("check --at {AT} --format json {rest}"))
}

/// `CODE Kind namespace/name` of each finding that is shown and counts.
fn found(ran: &Ran) -> BTreeSet<String> {
    let report = ran.json();
    let findings = report["findings"].as_array().unwrap().clone();
    let shown =
        findings.into_iter().filter(|finding| finding["mode"] != "Audit" && finding["exempted"] == false);
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    shown
        .map(|finding| {
            let subject = &finding["subject"];
            let (namespace, name) = (text(&subject["namespace"]), text(&subject["name"]));
            format!("{} {} {namespace}/{name}", text(&finding["rule"]), text(&subject["kind"]))
        })
        .collect()
}

#[test]
fn the_examples_are_judged_as_their_answers_say() {
    let folder = Folder::new();
    let examples = examples();
    let compliant = check(&folder, &examples.join("compliant").display().to_string());
    assert_eq!((compliant.code, found(&compliant)), (0, BTreeSet::new()));
    let expected = fs::read_to_string(examples.join("expected.txt")).unwrap();
    let mut stories: BTreeSet<&str> = BTreeSet::new();
    stories.extend(expected.lines().filter_map(|line| line.split_whitespace().next()));
    assert_eq!(stories.len(), fs::read_dir(examples.join("violating")).unwrap().count());
    for story in stories {
        let known: BTreeSet<String> = expected
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>())
            .filter(|line| line.first() == Some(&story))
            .map(|line| line[1..].join(" "))
            .collect();
        let paths = format!("{} {}", examples.join("compliant").display(), examples.join(story).display());
        let ran = check(&folder, &paths);
        assert_eq!((ran.code, found(&ran)), (1, known), "{story}");
        // How many threads there are is nobody's business.
        assert_eq!(check(&folder, &format!("--threads 1 {paths}")).out, ran.out);
    }
}

const VENDOR: &str =
    "apiVersion: cxguard.dev/v1alpha1\nkind: Vendor\nmetadata: {name: hub}\nspec: {country: NO}\n";
const FLOW: &str = "apiVersion: cxguard.dev/v1alpha1\nkind: DataFlow\nmetadata: {name: f, namespace: cx}\nspec: {to: [{vendor: gone}]}\n";

#[test]
fn what_is_found_is_where_it_is_written() {
    let folder = Folder::new().with("a/vendor.yaml", format!("# Norway\n---\n{VENDOR}"));
    let ran = folder.run("check --format json --select CX0 a");
    // What the API server reads of it is no second finding.
    assert_eq!((ran.code, ran.findings()), (1, vec!["CX002 Vendor/hub a/vendor.yaml:6:17".to_owned()]));
    let list = format!(
        "{{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [\n\t{{}},\n\t{}\n]}}",
        r#"{"apiVersion": "cxguard.dev/v1alpha1", "kind": "Vendor", "metadata": {"name": "hub"}, "spec": {"cuntry": "NO"}}"#
    );
    let folder = Folder::new().with("list.json", list);
    let ran = folder.run("check --format json --select CX0 list.json");
    assert_eq!(ran.findings(), ["CX003 Vendor/hub list.json:3:107"]);
    assert!(ran.out.contains("did you mean"), "{}", ran.out);
}

#[test]
fn the_threshold_decides_about_the_exit_code() {
    let folder = Folder::new().with("flow.yaml", FLOW);
    for (arguments, code) in [
        ("--select CX001", 1),
        ("--select CX001 --exit-zero", 0),
        ("--select CX122", 0),
        ("--select CX122 --fail-on warn", 1),
        ("--select CX117 --quiet", 1),
        ("--select cx9", 2),
        ("--fail-on none", 2),
        ("--at tomorrow", 2),
    ] {
        let ran = folder.run(&format!("check {arguments} flow.yaml"));
        assert_eq!(ran.code, code, "{arguments}: {ran:?}");
        assert!(!arguments.contains("--quiet") || ran.out.is_empty());
    }
}

#[test]
fn standard_input_is_one_of_the_files() {
    let folder = Folder::new().with("vendor.yaml", VENDOR.replace("NO", "\"NO\""));
    let flow = FLOW.replace("gone", "hub");
    let ran =
        folder.run_with("check --format json --select CX001,CX002 - vendor.yaml", Some(flow.as_bytes()));
    assert_eq!((ran.code, ran.findings()), (0, vec![]));
    let ran = folder.run_with("check --format json --select CX001 -", Some(flow.as_bytes()));
    assert_eq!(ran.findings(), ["CX001 DataFlow/f -:4:22"]);
}

#[test]
fn objects_without_a_namespace_are_where_they_would_be_applied() {
    let flow = FLOW.replace(", namespace: cx", "");
    let folder = Folder::new().with("flow.yaml", flow);
    let namespace = |arguments: &str| {
        let report = folder.run(&format!("check --format json --select CX001 {arguments} flow.yaml")).json();
        report["findings"][0]["subject"]["namespace"].clone()
    };
    assert_eq!(namespace(""), "default");
    assert_eq!(namespace("--namespace cx"), "cx");
}

#[test]
fn a_policy_may_be_kept_elsewhere() {
    let policy = "apiVersion: cxguard.dev/v1alpha1\nkind: CompliancePolicy\nmetadata: {name: p}\nspec: {mode: Audit}\n";
    let folder =
        Folder::new().with("flow.yaml", FLOW).with("central/policy.yaml", policy).with("other.yaml", VENDOR);
    assert_eq!(folder.run("check flow.yaml").code, 1);
    let namespace =
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: cx, labels: {cxguard.dev/protected: \"true\"}}\n";
    let folder = folder.with("namespace.yaml", namespace);
    assert_eq!(folder.run("check --policy central flow.yaml namespace.yaml").code, 0);
    for wrong in ["--policy other.yaml", "--policy gone.yaml"] {
        assert_eq!(folder.run(&format!("check {wrong} flow.yaml")).code, 2, "{wrong}");
    }
}

#[test]
fn a_policy_that_cannot_be_read_is_told_with_its_cause_wherever_it_is_kept() {
    let policy = |spec: &str| {
        format!(
            "apiVersion: cxguard.dev/v1alpha1\nkind: CompliancePolicy\nmetadata: {{name: p}}\nspec:\n  {spec}\n"
        )
    };
    for (spec, part) in [
        ("mode: Enfroce", "bad.yaml:5:9: CompliancePolicy/p /spec/mode: "),
        (
            "residency: {regionOverrides: {ams: NO}}",
            "bad.yaml:5:38: CompliancePolicy/p /spec/residency/regionOverrides/ams: NO is read as false",
        ),
    ] {
        let folder = Folder::new().with("flow.yaml", FLOW).with("bad.yaml", policy(spec));
        for command in ["check flow.yaml", "diff flow.yaml flow.yaml", "forecast flow.yaml"] {
            let ran = folder.run(&format!("{command} --policy bad.yaml"));
            assert_eq!((ran.code, ran.err.matches(part).count()), (2, 1), "{command} {part}: {ran:?}");
        }
        let ran = folder.run("check --format json --policy bad.yaml flow.yaml");
        assert_eq!(ran.json()["unread"][0]["line"], 5, "{ran:?}");
    }
}

#[test]
fn each_place_of_policies_is_asked_by_itself() {
    let policy = "apiVersion: cxguard.dev/v1alpha1\nkind: CompliancePolicy\nmetadata: {name: p}\nspec: {mode: Audit}\n";
    let folder = Folder::new()
        .with("flow.yaml", FLOW)
        .with("good/policy.yaml", policy)
        .with("built/kustomization.yaml", "resources: [policy.yaml]\n")
        .with("built/policy.yaml", policy)
        .with("broken/notes.yaml", "a: [\n")
        .with("empty/settings.yaml", "a: b\n")
        .with("again/policy.yaml", policy);
    for (wrong, part) in [
        ("built", "built: a folder of kustomize: render it"),
        ("broken", "broken/notes.yaml: by the look of it no manifest"),
        ("empty", "empty: there is no policy in it"),
        ("gone", "gone: there is no such file"),
    ] {
        let ran = folder.run(&format!("check --policy good --policy {wrong} flow.yaml"));
        assert_eq!(ran.code, 2, "{wrong}: {ran:?}");
        assert!(ran.err.contains(part), "{part}: {}", ran.err);
    }
    // The same policy in two places is one.
    let ran = folder.run("check --policy good --policy again --policy good/policy.yaml flow.yaml");
    assert_eq!((ran.code, ran.err.as_str()), (1, ""), "{ran:?}");
}

#[test]
fn what_is_no_manifest_is_set_aside_however_long_it_is() {
    for lines in [0, 300_000] {
        for (text, what) in [("a: [\n", "no manifest, and no YAML"), ("kind: {{ x }}-y\n", "a template")] {
            let text = format!("{}{text}", "# x\n".repeat(lines));
            let folder = Folder::new().with("flow.yaml", FLOW).with("other.yaml", text);
            let ran = folder.run("check --select CX001 .");
            assert_eq!((ran.code, ran.err.as_str()), (1, ""), "{lines} {what}: {ran:?}");
            assert!(ran.out.contains(&format!("other.yaml: by the look of it {what}")), "{}", ran.out);
        }
    }
}

#[test]
fn further_formats_go_into_files() {
    let folder = Folder::new().with("flow.yaml", FLOW);
    let ran = folder.run("check --output sarif=out.sarif --output junit=out.xml --select CX001 flow.yaml");
    assert_eq!(ran.code, 1);
    assert!(ran.out.starts_with("error[CX001]"), "{}", ran.out);
    let sarif: Value =
        serde_json::from_str(&fs::read_to_string(folder.path().join("out.sarif")).unwrap()).unwrap();
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "CX001");
    assert!(fs::read_to_string(folder.path().join("out.xml")).unwrap().contains("<testsuite"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3, "nothing else is left behind");
}

#[test]
fn what_is_not_rendered_is_named() {
    let folder = Folder::new()
        .with("chart/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n")
        .with("chart/templates/a.yaml", "kind: {{ .Values.kind }}\n")
        .with("overlay/kustomization.yaml", "resources: [../base]\n")
        .with("base/flow.yaml", FLOW)
        .with(
            "other/monitor.yaml",
            "apiVersion: monitoring.example/v1\nkind: Monitor\nmetadata: {name: m}\n",
        );
    let report = folder.run("check --format json .").json();
    let files: Vec<_> =
        report["notJudged"].as_array().unwrap().iter().filter_map(|one| one["file"].as_str()).collect();
    // The namespace of the flow is in no file either.
    assert_eq!(files, ["base/flow.yaml", "chart/templates", "overlay"]);
    assert_eq!(report["ignored"]["Monitor"], 1);
    let only = folder.run("check chart");
    assert_eq!(only.code, 2, "{only:?}");
}

#[test]
fn ignore_files_above_a_folder_are_honoured_and_what_one_machine_ignores_is_not() {
    let folder = Folder::new()
        .with(".git/HEAD", "ref: refs/heads/main\n")
        .with(".git/info/exclude", "mine.yaml\n")
        .with(".gitignore", "generated.yaml\n")
        .with(".ignore", "vendored.yaml\n")
        .with(".cxguardignore", "old.yaml\n")
        .with("team/deploy/mine.yaml", FLOW)
        .with("team/deploy/generated.yaml", "{{")
        .with("team/deploy/vendored.yaml", "{{")
        .with("team/deploy/old.yaml", "{{");
    for given in [".", "team", "team/deploy"] {
        let report = folder.run(&format!("check --format json {given}")).json();
        let read = report["findings"].as_array().unwrap().iter();
        let read: std::collections::BTreeSet<_> =
            read.map(|finding| finding["file"].as_str().unwrap()).collect();
        assert_eq!((&report["files"], read), (&1.into(), ["team/deploy/mine.yaml"].into()), "{given}");
        for ignored in ["generated.yaml", "vendored.yaml", "old.yaml"] {
            assert!(!report.to_string().contains(ignored), "{given}: {report}");
        }
    }
}

#[test]
fn what_is_rendered_further_up_is_named_from_within() {
    let folder = Folder::new()
        .with("chart/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n")
        .with("chart/templates/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \"{{ .x }}\"}\n")
        .with("overlay/kustomization.yaml", "resources: [../base]\npatches: [{path: patches/flow.yaml}]\n")
        .with("overlay/patches/flow.yaml", FLOW)
        .with("base/flow.yaml", FLOW);
    let ran = folder.run("check base overlay --format json");
    let report = ran.json();
    let skipped = report["notJudged"].as_array().unwrap().iter().filter_map(|one| one["file"].as_str());
    assert_eq!(
        (skipped.collect::<Vec<_>>(), &report["files"]),
        (vec!["base/flow.yaml", "overlay"], &Value::from(1))
    );
    for (within, expected) in [
        (
            "chart/templates",
            ".: templates of a Helm chart: render them, `helm template .. | cxguard check -`",
        ),
        ("overlay/patches", "..: a folder of kustomize: render it, `kustomize build .. | cxguard check -`"),
    ] {
        let ran = folder.command("check").current_dir(folder.path().join(within)).output().unwrap();
        let said = String::from_utf8(ran.stderr).unwrap();
        assert!(ran.status.code() == Some(2) && said.contains(expected), "{said}");
    }
}

#[test]
fn a_file_is_read_once_by_whatever_path_it_is_reached() {
    let folder = Folder::new().with("a/flow.yaml", FLOW);
    let whole = folder.path().join("a/flow.yaml");
    for arguments in [
        format!("check --format json a/flow.yaml {}", whole.display()),
        format!("check --format json a {}", whole.display()),
        "check --format json a/flow.yaml a ./a ../".to_owned()
            + folder.path().file_name().unwrap().to_str().unwrap(),
    ] {
        let ran = folder.run(&arguments);
        assert_eq!(ran.json()["files"], 1, "{arguments}");
        assert!(ran.findings().iter().all(|finding| finding.contains(" a/flow.yaml:")), "{ran:?}");
    }
}

#[test]
fn ignore_files_are_honoured() {
    let folder = Folder::new()
        .with(".gitignore", "generated/\n")
        .with(".cxguardignore", "old.yaml\n")
        .with("generated/a.yaml", "{{")
        .with("old.yaml", "{{")
        .with(".hidden/b.yaml", "{{")
        .with("flow.yaml", FLOW);
    let report = folder.run("check --format json .").json();
    assert_eq!(report["files"], 1);
}
