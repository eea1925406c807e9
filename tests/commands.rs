//! The commands that write or print what others read, as a process.

#![cfg(feature = "cluster")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, also in its helpers")]
#![expect(clippy::disallowed_methods, reason = "looks at the files that were written")]

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn cxguard(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cxguard")).args(arguments).output().unwrap()
}

/// What a command prints, if it ends well and says nothing else.
fn printed(arguments: &[&str]) -> String {
    let output = cxguard(arguments);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), said.as_str()), (Some(0), ""), "{arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// What a command says that ends with 2 and prints nothing.
fn refused(arguments: &[&str]) -> String {
    let output = cxguard(arguments);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{arguments:?}: {output:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// An empty folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// The files in a folder, hidden ones included: nothing written in part may remain.
fn files(folder: &Path) -> BTreeSet<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn schemas_are_written_where_kubeconform_looks() {
    let folder = folder("schemas");
    let output = folder.join("deeper/still");
    let output = output.to_str().unwrap();
    for _ in 0..2 {
        assert_eq!(printed(&["schemas", "--output", output]), "");
    }
    let written = files(&Path::new(output).join("cxguard.dev"));
    assert_eq!(written.len(), 10);
    assert!(
        written.contains("compliancepolicy_v1alpha1.json") && written.contains("all.json"),
        "{written:?}"
    );
    for name in written {
        let text = fs::read_to_string(Path::new(output).join("cxguard.dev").join(name)).unwrap();
        assert!(serde_json::from_str::<Value>(&text).unwrap()["$schema"].is_string());
    }
    let all: Value = serde_json::from_str(&printed(&["schemas"])).unwrap();
    // And what is not ours.
    assert_eq!(all["oneOf"].as_array().unwrap().len(), 10);
}

#[test]
fn what_exists_is_not_overwritten() {
    let folder = folder("init");
    let path = folder.to_str().unwrap();
    let said = printed(&["init", path]);
    let expected = ["policy.yaml", "vendor.yaml", "flow.yaml", "incidents.yaml"];
    assert_eq!(said, expected.map(|name| format!("{path}/{name}\n")).concat());
    assert_eq!(files(&folder), expected.map(str::to_owned).into());
    fs::write(folder.join("flow.yaml"), "mine").unwrap();
    fs::remove_file(folder.join("policy.yaml")).unwrap();

    let said = refused(&["init", path]);
    assert!(said.contains("exists; nothing is written"), "{said}");
    assert_eq!(fs::read_to_string(folder.join("flow.yaml")).unwrap(), "mine");
    assert!(!folder.join("policy.yaml").exists());
}

#[test]
fn every_command_has_a_page_and_help_with_examples() {
    let folder = folder("man");
    assert_eq!(printed(&["man", "--output", folder.to_str().unwrap()]), "");
    let pages = files(&folder);
    let help = printed(&["--help"]);
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let commands: Vec<&str> = commands.map_while(|line| line.split_whitespace().next()).collect();
    assert!(commands.contains(&"schemas"), "{commands:?}");
    for command in commands.into_iter().filter(|command| *command != "help") {
        assert!(pages.contains(&format!("cxguard-{command}.1")), "{command}: {pages:?}");
        assert!(printed(&[command, "--help"]).contains("Examples:"), "{command}");
    }
    assert!(printed(&["man"]).contains(".TH cxguard 1"));
}

#[test]
fn every_shell_has_completions() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(printed(&["completions", shell]).contains("schemas"), "{shell}");
    }
    assert!(refused(&["completions", "tcsh"]).contains("tcsh"));
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let folder = folder("taken");
    fs::write(folder.join("file"), "").unwrap();
    let below = folder.join("file/below");
    for command in [&["schemas", "--output"][..], &["man", "--output"], &["init"]] {
        let arguments: Vec<&str> = command.iter().copied().chain([below.to_str().unwrap()]).collect();
        let said = refused(&arguments);
        assert!(said.starts_with("error: failed to write ") && said.contains("file/below"), "{said}");
    }
    assert_eq!(files(&folder), BTreeSet::from(["file".to_owned()]));
}

#[test]
fn a_reader_that_has_had_enough_is_no_error() {
    for command in [&["schemas"][..], &["completions", "bash"], &["man"]] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_cxguard"))
            .args(command)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), ""), "{command:?}");
    }
}

/// kubectl finds a plugin by the name of its file: the same program under that name says how it is called there.
#[cfg(unix)]
#[test]
fn as_a_plugin_of_kubectl_it_is_called_so() {
    let plugin = folder("plugin").join("kubectl-cxguard");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_cxguard"), &plugin).unwrap();
    let said = |arguments: &[&str]| {
        let output = Command::new(&plugin).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let help = said(&["grant", "--help"]);
    assert!(help.contains("Usage: kubectl cxguard grant <COMMAND>"), "{help}");
    assert!(help.contains("\n  kubectl cxguard grant list -A\n"), "{help}");
    assert!(said(&["access", "explain", "--help"]).contains("Usage: kubectl cxguard access explain"));
    assert_eq!(said(&["explain", "CX101"]), printed(&["explain", "CX101"]));
    assert!(!printed(&["grant", "--help"]).contains("kubectl"));
}

#[test]
fn a_code_that_is_reserved_says_so_and_an_unknown_one_what_is_near() {
    let check = cxguard(&["check", "examples/compliant"]);
    let check = String::from_utf8(check.stdout).unwrap();
    let list = printed(&["rules"]);
    let all: Vec<Value> = serde_json::from_str(&printed(&["rules", "--format", "json"])).unwrap();
    assert_eq!(list.lines().count(), all.len());
    for (code, pattern) in
        [("CX509", "grant-unused"), ("CX510", "access-without-grant"), ("CX512", "access-not-logged")]
    {
        let said = printed(&["explain", code]);
        assert!(
            said.starts_with(&format!("# {code} {pattern}\n\nReserved. This version does not judge it")),
            "{said}"
        );
        // A check names it for the same reason.
        let why = "needs the audit log of a cluster";
        assert!(said.contains(why) && check.contains(code) && check.contains(why), "{said}\n{check}");
        assert!(list.contains(&format!("{code}  {pattern}")) && list.contains(why), "{list}");
        let one: Value = serde_json::from_str(&printed(&["explain", code, "--format", "json"])).unwrap();
        assert_eq!((&one["judged"], &one["mode"]), (&Value::Bool(false), &Value::Null));
        assert!(all.contains(&one), "{one}");
    }
    let codes: Vec<&str> = all.iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert!(codes.is_sorted(), "{codes:?}");
    assert!(refused(&["explain", "CX129"]).contains("there is no rule CX129"));
    assert!(refused(&["explain", "CX129"]).contains("near it is CX128 (document-expires-soon)"));
    assert!(!refused(&["explain", "CX999"]).contains("near"));
}

#[test]
fn what_is_asked_of_an_api_server_needs_one() {
    let folder = folder("no-server");
    let nowhere = folder.join("kubeconfig");
    for command in [
        &["grant", "list"][..],
        &["grant", "show", "g"],
        &["grant", "approve", "g"],
        &["grant", "review", "g"],
        &["grant", "revoke", "g", "--reason", "r"],
        &["access", "cx"],
        &["access", "explain", "ann", "cx"],
    ] {
        let arguments: Vec<&str> =
            command.iter().copied().chain(["--kubeconfig", nowhere.to_str().unwrap()]).collect();
        let said = refused(&arguments);
        assert!(said.starts_with("error: failed to read the kubeconfig"), "{command:?}: {said}");
    }
    assert!(refused(&["access"]).contains("<NAMESPACE>"));
    for empty in [
        &["access", ""][..],
        &["access", "explain", "", "cx"],
        &["grant", "show", ""],
        &["grant", "revoke", "g", "--reason", " "],
        &["grant", "approve", ""],
    ] {
        let said = refused(empty);
        let asks = ["a value is required", "say something", "expected the name of a namespace"];
        assert!(asks.iter().any(|words| said.contains(words)), "{empty:?}: {said}");
    }
    assert!(refused(&["access", "explain", "ann", "cx", "--verb", "get"]).contains("--resource"));
}

/// kubectl passes over files that are named and do not exist, and so does this: what is there is used.
#[test]
fn a_kubeconfig_that_does_not_exist_is_passed_over_beside_one_that_does() {
    let folder = folder("kubeconfigs");
    let (missing, real) = (folder.join("missing"), folder.join("real"));
    let config = serde_json::json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "c",
        "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:1"}}],
        "users": [{"name": "c", "user": {}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}],
    });
    fs::write(&real, config.to_string()).unwrap();
    for (files, expected) in [
        (vec![&missing, &real], "error: failed to list grants: "),
        (vec![&real], "error: failed to list grants: "),
        (vec![&missing], "error: found neither a kubeconfig nor a service account"),
    ] {
        let files = std::env::join_paths(files).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_cxguard"));
        let output = command.args(["grant", "list"]).env("KUBECONFIG", &files).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{files:?}: {said}");
        assert!(said.starts_with(expected), "{files:?}: {said}");
    }
}
