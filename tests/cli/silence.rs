//! What was once passed over in silence: each is judged, or named, or refused.

use std::process::Command;
use std::{fs, str};

use serde_json::Value;

use super::Folder;
use super::folder::AT;

const FLOW: &str = "apiVersion: cxguard.dev/v1alpha1\nkind: DataFlow\nmetadata: {name: f, namespace: cx}\nspec: {to: [{vendor: gone}]}\n";
const BAD: &str =
    "apiVersion: cxguard.dev/v1alpha1\nkind: Person\nmetadata: {name: p}\nspec: {type: Robot}\n";
const FORMATS: [&str; 7] = ["text", "json", "sarif", "junit", "github", "gitlab", "markdown"];

#[test]
fn what_the_api_server_will_name_is_judged() {
    let flow = FLOW.replace("name: f", "generateName: f-");
    let grant = "apiVersion: cxguard.dev/v1alpha1\nkind: AccessGrant\nmetadata: {generateName: g-, namespace: cx}\nspec: {subject: {kind: User, name: anna}, role: {kind: ClusterRole, name: cluster-admin}}\n";
    let folder = Folder::new().with("a.yaml", format!("{flow}---\n{flow}---\n{grant}")).with("b.yaml", &flow);
    let ran = folder.run("check --format json --select CX001 .");
    let flows = ["f-* a.yaml:4:22", "f-*2 a.yaml:9:22", "f-*3 b.yaml:4:22"];
    let found: Vec<String> =
        ran.findings().into_iter().filter(|finding| finding.contains("DataFlow")).collect();
    assert_eq!(found, flows.map(|flow| format!("CX001 DataFlow/{flow}")), "{ran:?}");
    let ran = folder.run("check --format json a.yaml");
    assert!(ran.findings().iter().any(|finding| finding.contains("AccessGrant/g-*")), "{ran:?}");
}

#[test]
fn a_job_that_is_yet_to_be_named_runs_where_it_must_not() {
    let fixture = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/cx101.yaml");
    let world = fs::read_to_string(fixture).unwrap();
    let job = world
        .replace("apps/v1\nkind: Deployment", "batch/v1\nkind: Job")
        .replace("name: sender\n", "generateName: gg-\n");
    let ran =
        Folder::new().with("a.yaml", job).run(&format!("check --at {AT} --format json --select CX101 ."));
    assert_eq!(ran.code, 1);
    assert!(ran.findings().iter().any(|finding| finding.starts_with("CX101 Job/gg-* ")), "{ran:?}");
}

#[test]
fn a_broken_document_is_an_error_and_hides_no_other() {
    let broken = "apiVersion: v1\nkind: ConfigMap # see {{ wiki }}\nmetadata: [\n";
    let folder = Folder::new().with("a.yaml", format!("{BAD}---\n{broken}"));
    let ran = folder.run("check --format json --select CX003 .");
    assert_eq!((ran.code, ran.findings()), (2, vec!["CX003 Person/p a.yaml:4:14".to_owned()]));
    // Alone it is an error too; a template is one only where what it puts in is what is wrong.
    let template = broken.replace('[', "{{ .Values.metadata }}-x");
    for (name, text, code) in [("broken.yaml", broken, 2), ("template.yaml", template.as_str(), 0)] {
        let folder = Folder::new().with(name, text).with("good.yaml", BAD.replace("Robot", "Employee"));
        let ran = folder.run("check --format json --select CX003 .");
        assert_eq!(ran.code, code, "{name}: {ran:?}");
        let named = ran.json()["notJudged"].as_array().unwrap().iter().any(|one| one["file"] == name);
        assert_eq!(named, code == 0, "{name}: {ran:?}");
    }
}

#[test]
fn every_format_says_what_could_not_be_read() {
    let folder = Folder::new()
        .with("good.yaml", BAD.replace("Robot", "Employee"))
        .with("a, b.yaml", "apiVersion: v1\nkind: [\n");
    let shown = |format: &str| {
        let ran = folder.run(&format!("check --format {format} . gone.yaml"));
        assert_eq!(ran.code, 2, "{format}: {ran:?}");
        ran.out
    };
    for format in FORMATS {
        let out = shown(format);
        assert!(out.contains("b.yaml") || format == "sarif", "{format}: {out}");
        assert!(out.contains("gone.yaml"), "{format}: {out}");
        assert!(!out.contains("Compliant") || format == "sarif", "{format}: {out}");
    }
    let report: Value = serde_json::from_str(&shown("json")).unwrap();
    let files =
        report["unread"].as_array().unwrap().iter().map(|one| (one["file"].clone(), one["line"].clone()));
    assert_eq!(
        files.collect::<Vec<_>>(),
        [("a, b.yaml".into(), 2.into()), ("gone.yaml".into(), Value::Null)]
    );
    assert_eq!(report["outcome"], "Unknown");
    let sarif: Value = serde_json::from_str(&shown("sarif")).unwrap();
    let invocation = &sarif["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    let notes = invocation["toolExecutionNotifications"].as_array().unwrap();
    let errors: Vec<_> = notes
        .iter()
        .filter(|note| note["level"] == "error")
        .map(|note| note["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].clone())
        .collect();
    assert_eq!(errors, ["a%2C%20b.yaml", "gone.yaml"]);
    assert!(shown("junit").contains(" errors=\"2\" "));
    assert!(shown("github").contains("::error file=a%2C b.yaml,line=2,endLine=2,"));
    let gitlab: Value = serde_json::from_str(&shown("gitlab")).unwrap();
    assert_eq!(gitlab.as_array().unwrap().iter().filter(|one| one["check_name"] == "unread").count(), 2);
}

#[test]
fn what_could_not_be_judged_and_counts_is_seen_in_every_format() {
    let ran = |format: &str| {
        let folder = Folder::new().with("flow.yaml", FLOW);
        let ran = folder.run(&format!("check --at {AT} --select CX103 --format {format} flow.yaml"));
        assert_eq!(ran.code, 1, "{format}: {ran:?}");
        ran.out
    };
    for format in FORMATS {
        assert!(ran(format).contains("Unknown") || ["gitlab", "junit"].contains(&format), "{format}");
    }
    assert!(ran("github").starts_with("::error file=flow.yaml,line=3,"), "{}", ran("github"));
    assert!(ran("junit").contains(" failures=\"1\" "), "{}", ran("junit"));
    let gitlab: Value = serde_json::from_str(&ran("gitlab")).unwrap();
    assert_eq!(
        (&gitlab[0]["check_name"], &gitlab[0]["location"]["path"]),
        (&"CX103".into(), &"flow.yaml".into())
    );
}

#[test]
fn a_manifest_of_ours_with_half_a_head_is_an_error() {
    let vendor = "metadata: {name: v}\nspec: {country: \"DE\"}\n";
    let ours = "apiVersion: cxguard.dev/v1alpha1\n";
    let item = "- metadata: {name: v}\n  spec: {country: \"D\"}\n";
    for (text, part) in [
        (format!("kind: Vendor\n{vendor}"), "/apiVersion: is missing"),
        (format!("{ours}{vendor}"), "/kind: is missing"),
        (format!("apiversion: cxguard.dev/v1alpha1\nkind: Vendor\n{vendor}"), "/apiVersion: is missing"),
        (format!("apiversion: cxguard.dev/v1alpha1\nKind: Vendor\n{vendor}"), "/apiVersion: is missing"),
        (format!("{ours}Kind: Vendor\n{vendor}"), "/kind: is missing"),
        (format!("apiVersion: cxguard.dev\nkind: Vendor\n{vendor}"), "/apiVersion: is missing"),
        (format!("apiVersion:\nkind: Vendor\n{vendor}"), "/apiVersion: is missing"),
        (format!("{ours}kind: VendorList\n"), "/items: VendorList has no list"),
        (format!("kind: VendorList\nitems:\n{item}"), "/apiVersion: is missing"),
        (
            format!("{ours}kind: VendrList\nitems:\n{item}"),
            "/items/0/kind: cxguard.dev has no kind \"Vendr\"",
        ),
        (format!("apiVersion: v1\nkind: List\nitems:\n{item}  kind: Vendor\n"), "/apiVersion: is missing"),
    ] {
        let folder = Folder::new().with("a.yaml", &text).with("good.yaml", BAD.replace("Robot", "Employee"));
        let ran = folder.run("check .");
        assert_eq!(ran.code, 2, "{text}: {ran:?}");
        assert!(ran.err.contains(part), "{text}: {}", ran.err);
    }
    // What the list says once is said of each of its items.
    for head in [format!("{ours}kind: VendorList\n"), "kind: List\n".to_owned()] {
        let item =
            if head.contains("Vendor") { item.to_owned() } else { format!("{item}  kind: Vendor\n  {ours}") };
        let folder = Folder::new().with("a.yaml", format!("{head}items:\n{item}"));
        let ran = folder.run("check --format json --select CX003 .");
        assert_eq!(ran.code, 1, "{head}: {ran:?}");
        assert!(ran.findings()[0].starts_with("CX003 Vendor/v a.yaml:"), "{head}: {ran:?}");
    }
    // Other people's files may use the same words.
    let folder = Folder::new()
        .with("a.yaml", "kind: Person\nname: x\n")
        .with("good.yaml", BAD.replace("Robot", "Employee"));
    assert_eq!(folder.run("check .").code, 0);
}

#[test]
fn a_file_that_is_named_is_meant_even_if_its_folder_is_named_too() {
    let folder = Folder::new().with("odd.yaml", "a: [\n").with("good.yaml", BAD.replace("Robot", "Employee"));
    for (arguments, code, named) in [(".", 0, 0), (". odd.yaml", 2, 1), ("./odd.yaml .", 2, 1)] {
        let ran = folder.run(&format!("check {arguments}"));
        assert_eq!((ran.code, ran.err.matches("odd.yaml").count()), (code, named), "{arguments}: {ran:?}");
    }
}

#[test]
fn a_pipe_in_a_folder_is_named_and_keeps_nobody_waiting() {
    let folder = Folder::new().with("good.yaml", BAD);
    let made = Command::new("mkfifo").arg(folder.path().join("pipe.yaml")).status().unwrap();
    assert!(made.success());
    let ran = folder.run("check .");
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("pipe.yaml: is no regular file"), "{}", ran.err);
}

#[test]
fn what_cannot_be_done_as_asked_is_refused() {
    let policy = "apiVersion: cxguard.dev/v1alpha1\nkind: CompliancePolicy\nmetadata: {name: p}\nspec: {mode: Audit}\n---\n";
    let folder = Folder::new()
        .with("flow.yaml", FLOW)
        .with("known.json", "{\"version\": 1}")
        .with("policy.yaml", policy)
        .with("sub/notes", "");
    for (arguments, part) in [
        ("--select CX103 --ignore CX103 .", "leave no rule"),
        ("--ignore CX .", "leave no rule"),
        ("--diff --format json .", "cannot be used with"),
        ("--diff --output json=a .", "cannot be used with"),
        ("--output json=- .", "- is no file"),
        ("--output json=a --output sarif=a .", "names a twice"),
        ("--output json=a --output sarif=./a .", "names ./a twice"),
        ("--output json=flow.yaml .", "flow.yaml is read"),
        ("--output json=sub/../flow.yaml flow.yaml", "is read"),
        ("--output json=known.json --baseline known.json .", "known.json is read"),
        ("--output json=policy.yaml --policy policy.yaml flow.yaml", "policy.yaml is read"),
        ("--write-baseline --baseline flow.yaml .", "flow.yaml is read"),
        ("--write-baseline --baseline new.json --format json .", "cannot be used with"),
        ("--write-baseline --baseline new.json --output json=a .", "cannot be used with"),
        ("-n UPPER .", "the name of a namespace"),
        ("--operator-namespace BAD .", "the name of a namespace"),
        ("--policy - -", "can be read once"),
        ("--at 2200-01-01 .", "2200-01-01"),
        ("--at noon .", "a date such as"),
    ] {
        let ran = folder.run_with(&format!("check {arguments}"), Some(b""));
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{arguments}: {ran:?}");
        assert!(ran.err.contains(part), "{arguments}: {}", ran.err);
        assert_eq!(fs::read_to_string(folder.path().join("flow.yaml")).unwrap(), FLOW, "{arguments}");
        assert!(!folder.path().join("new.json").exists() && !folder.path().join("a").exists(), "{arguments}");
    }
    fs::remove_file(folder.path().join("policy.yaml")).unwrap();
    let two = folder.run("check --output json=a.out --output json=b.out --quiet .");
    assert_eq!(two.code, 1);
    assert_eq!(
        fs::read(folder.path().join("a.out")).unwrap(),
        fs::read(folder.path().join("b.out")).unwrap()
    );
    for (arguments, at) in
        [("--at 2027-01-01", "2027-01-01T00:00:00Z"), ("--at 2027-01-01T00:00:00Z", "2027-01-01T00:00:00Z")]
    {
        assert_eq!(folder.run(&format!("check --format json {arguments} .")).json()["at"], at);
    }
    let now = folder.run("check --format json .").json()["at"].as_str().unwrap().to_owned();
    assert!(!now.contains('.'), "{now}");
    let ran = folder.run_with("check --policy - .", Some(policy.as_bytes()));
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_eq!(ran.err, "");
}

#[test]
fn paths_are_those_of_the_repository() {
    let folder = Folder::new().with("deploy/eu, 1/flow.yaml", FLOW).with(".git", "gitdir: elsewhere\n");
    let shown = |format: &str, arguments: &str| {
        let mut command = folder.command(&format!("check --select CX001 --format {format} {arguments}"));
        let output = command.current_dir(folder.path().join("deploy")).output().unwrap();
        str::from_utf8(&output.stdout).unwrap().to_owned()
    };
    // As a shell may name where it is.
    let link = folder.path().with_extension("link");
    std::os::unix::fs::symlink(folder.path(), &link).unwrap();
    let absolute = [folder.path(), &link].map(|path| path.display().to_string());
    for path in [".".to_owned(), "../deploy".to_owned()].into_iter().chain(absolute) {
        let github = shown("github", &path);
        assert!(github.contains("file=deploy/eu%2C 1/flow.yaml,"), "{path}: {github}");
        let gitlab: Value = serde_json::from_str(&shown("gitlab", &path)).unwrap();
        assert_eq!(gitlab[0]["location"]["path"], "deploy/eu, 1/flow.yaml", "{path}");
        let sarif: Value = serde_json::from_str(&shown("sarif", &path)).unwrap();
        let place = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"];
        assert_eq!(place["uri"], "deploy/eu%2C%201/flow.yaml", "{path}");
    }
    fs::remove_file(link).unwrap();
}

#[test]
fn a_file_steers_no_terminal_and_no_log_by_its_name() {
    let survey = "apiVersion: cxguard.dev/v1alpha1\nkind: Survey\nmetadata: {name: s}\nspec: {vendor: NO}\n";
    let (broken, mended) = ("x\n::stop-commands::y\u{1b}]0;z\u{7}.yaml", "s\n::add-mask::a\u{9b}.yaml");
    let folder = Folder::new().with(broken, "apiVersion: v1\nkind: [\n").with(mended, survey);
    for arguments in ["check .", "check --diff .", "check --fix .", "forecast .", "diff . ."] {
        let ran = folder.run(arguments);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(!ran.err.chars().any(|c| c.is_control() && c != '\n'), "{arguments}: {ran:?}");
        let is_command = |line: &str| line.trim_start().starts_with("::");
        assert!(!ran.err.lines().chain(ran.out.lines()).any(is_command), "{arguments}: {ran:?}");
        assert!(ran.err.contains("x␊::stop-commands::y␛]0;z␇.yaml"), "{arguments}: {ran:?}");
    }
}
