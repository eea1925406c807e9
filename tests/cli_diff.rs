//! `cxguard diff`, as a process, over folders and over revisions.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, also in its helpers")]
#![expect(clippy::indexing_slicing, reason = "a test fails by panicking, also in its helpers")]
#![expect(clippy::disallowed_methods, reason = "a test may read its files")]

mod folder;

use std::fs;
use std::path::Path;

use folder::Folder;
use serde_json::Value;

/// The example in which everything is right, as one text.
fn estate() -> String {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/compliant");
    let mut files: Vec<_> = std::fs::read_dir(examples).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let texts: Vec<String> = files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
    texts.join("---\n")
}

/// The same, with the firm's agreement over: what rests on it is no longer right.
fn lapsed() -> String {
    let estate = estate();
    let vendor = estate.find("name: insight-partners").unwrap();
    let until = vendor + estate[vendor..].find("validUntil: ").unwrap() + "validUntil: ".len();
    format!("{}2026-11-01{}", &estate[..until], &estate[until + 10..])
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn names(list: &Value) -> Vec<String> {
    let name = |one: &Value| {
        format!("{}/{}", one["subject"]["kind"].as_str().unwrap(), one["subject"]["name"].as_str().unwrap())
    };
    list.as_array().unwrap().iter().map(name).collect()
}

#[test]
fn a_vendor_that_changes_touches_grants() {
    let folder = Folder::new("folders");
    folder.write("old/all.yaml", &estate());
    folder.write("new/all.yaml", &lapsed());
    let run = folder.cxguard(&["diff", "old", "new", "--format", "json"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    let difference = json(&run.stdout);
    assert!(
        names(&difference["introduced"]).contains(&"Vendor/insight-partners".to_owned()),
        "{}",
        run.stdout
    );
    assert_eq!(names(&difference["changes"]), ["Vendor/insight-partners"]);
    let touched = difference["changes"][0]["touches"].as_array().unwrap();
    assert!(touched.iter().any(|one| one["name"] == "analyst-7-churn"), "{}", run.stdout);
    let grant = difference["objects"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["subject"]["name"] == "analyst-7-churn");
    let grant = grant.unwrap();
    assert_eq!(
        (&grant["before"]["phase"], &grant["before"]["outcome"]),
        (&"Active".into(), &"Compliant".into())
    );
    assert_eq!(grant["after"]["outcome"], "Violating");
    assert_eq!(grant["after"]["phase"], "Suspended");
    assert_eq!(difference["notJudged"], Value::Array(Vec::new()));
    // And the other way round: nothing new, all of it fixed.
    let back = folder.cxguard(&["diff", "new", "old", "--format", "json"]);
    assert_eq!(back.code, 0);
    assert_eq!(
        json(&back.stdout)["fixed"].as_array().unwrap().len(),
        difference["introduced"].as_array().unwrap().len()
    );
    let same = folder.cxguard(&["diff", "old/all.yaml", "old"]);
    assert_eq!(same.code, 0);
    assert_eq!(
        same.stdout,
        "0 new findings, 0 fixed, 2 unchanged from old/all.yaml to old, as of 2026-11-23T12:00:00Z\n"
    );
}

#[test]
fn people_are_told_what_is_new_and_whom_it_touches() {
    let folder = Folder::new("texts");
    folder.write("old/all.yaml", &estate());
    folder.write("new/all.yaml", &lapsed());
    let text = folder.cxguard(&["diff", "old", "new"]).stdout;
    for part in [
        "error[CX",
        "--> new/all.yaml:",
        "Vendor/insight-partners edited, touches",
        "AccessGrant/cx-feedback/analyst-7-churn: Active until",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let markdown = folder.cxguard(&["diff", "old", "new", "--format", "markdown"]).stdout;
    for part in
        ["### cxguard: ", " new finding", "| Rule | Object |", "<details><summary>Changed and touched"]
    {
        assert!(markdown.contains(part), "{part}: {markdown}");
    }
    assert_eq!(folder.cxguard(&["diff", "old", "new", "--exit-zero"]).code, 0);
    assert_eq!(folder.cxguard(&["diff", "old", "new", "--select", "CX2"]).code, 0);
}

#[test]
fn what_nobody_asked_for_is_not_said_before_and_after() {
    let folder = Folder::new("selected");
    folder.write("old/all.yaml", &estate());
    folder.write("new/all.yaml", &lapsed());
    let said = |arguments: &[&str]| {
        let run = folder.cxguard(&[&["diff", "old", "new", "--format", "json"], arguments].concat());
        let mut objects = json(&run.stdout)["objects"].as_array().unwrap().clone();
        // Whether a grant gives access is no rule's word.
        objects.retain(|one| one["before"]["phase"].is_null());
        objects
    };
    let all = said(&[]);
    assert!(!all.is_empty());
    assert_eq!(said(&["--select", "CX2"]), Vec::<Value>::new());
    let rule = all[0]["after"]["rules"][0].as_str().unwrap();
    let rules = |one: &Value| one["after"]["rules"].as_array().unwrap().iter().any(|code| code == rule);
    assert!(said(&["--select", rule]).iter().all(rules));
    assert!(!said(&["--ignore", rule]).iter().any(rules));
}

#[test]
fn what_cannot_be_read_is_neither_fixed_nor_new() {
    let folder = Folder::new("unread");
    folder.write("old/all.yaml", &lapsed());
    folder.write("new/all.yaml", &format!("{}---\nkind: [\n", lapsed()));
    for (arguments, format) in
        [(["old", "new"], "text"), (["old", "new"], "json"), (["new", "old"], "markdown")]
    {
        let run = folder.cxguard(&["diff", arguments[0], arguments[1], "--format", format, "--exit-zero"]);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{format}");
        assert!(run.stderr.contains("new/all.yaml:") && run.stderr.contains("no report"), "{}", run.stderr);
    }
    for arguments in [&["diff", "-", "-"][..], &["diff", "old", "-", "--policy", "-"]] {
        let run = folder.cxguard(arguments);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(run.stderr.contains("read once"), "{}", run.stderr);
    }
}

/// Workloads in a place that nobody knows, in an estate whose policy only records that (CX004).
fn lost(names: &[&str]) -> String {
    let world = include_str!("fixtures/cx101.yaml")
        .replace("spec:\n  residency:", "spec:\n  rules: [{code: CX004, mode: Audit}]\n  residency:");
    let start = world.rfind("---\n").unwrap();
    let (world, workload) = world.split_at(start);
    let workload = workload.replace("us-east-1", "nowhere-1");
    let workloads = names.iter().map(|name| workload.replace("name: sender", &format!("name: {name}")));
    format!("{world}{}", workloads.collect::<String>())
}

#[test]
fn a_workload_that_lacks_what_another_lacks_too_is_new() {
    let folder = Folder::new("lacking");
    folder.write("old/all.yaml", &lost(&["archive"]));
    folder.write("new/all.yaml", &lost(&["archive", "archive2"]));
    let run = folder.cxguard(&["diff", "--select", "CX101", "old", "new", "--format", "json"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    let difference = json(&run.stdout);
    assert_eq!(names(&difference["notJudged"]), ["Deployment/archive2"]);
    assert_eq!(folder.cxguard(&["diff", "--select", "CX101", "old", "old"]).code, 0);
    // So it is where the first is known from a baseline; both are named, each for what it is.
    let known = ["--baseline", "known.json", "--select", "CX101"];
    let check = |rest: &[&str]| folder.cxguard(&[&["check"][..], &known, rest].concat());
    assert_eq!(check(&["--write-baseline", "old"]).code, 0);
    assert_eq!(check(&["old"]).code, 0);
    let run = check(&["new"]);
    assert_eq!(run.code, 1, "{}", run.stdout);
    assert!(
        run.stdout.starts_with("Unknown: no findings; 1 not judged for want of a fact"),
        "{}",
        run.stdout
    );
    let text = run.stdout.replace("\n    ", " ");
    for part in ["CX101 of Deployment/cx/archive2: ", "CX101 of Deployment/cx/archive: "] {
        assert_eq!(text.matches(part).count(), 1, "{part}: {text}");
    }
}

#[test]
fn what_is_only_set_aside_is_not_fixed() {
    let folder = Folder::new("exempted");
    folder.write("old/all.yaml", &lapsed());
    let exemption = "apiVersion: cxguard.dev/v1alpha1\nkind: Exemption\nmetadata: {name: later}\nspec:\n  rules: [CX111]\n  subject: {kind: Vendor, name: insight-partners}\n  reason: r\n  approvedBy: a@corp.example\n  expiresAt: 2026-12-31T00:00:00Z\n";
    folder.write("new/all.yaml", &format!("{}---\n{exemption}", lapsed()));
    let run = folder.cxguard(&["diff", "old", "new"]);
    assert!(run.stdout.contains(" 0 fixed, 1 exempted, "), "{}", run.stdout);
    let run = folder.cxguard(&["diff", "old", "new", "--format", "markdown"]);
    assert!(run.stdout.contains("<summary>Exempted now: 1</summary>"), "{}", run.stdout);
    assert!(!run.stdout.contains("<summary>Fixed"), "{}", run.stdout);
}

/// A repository with one commit of the estate, tagged `v1`, and one more in which the agreement is over.
fn repository(test: &str) -> Folder {
    let folder = Folder::new(test);
    let git = |arguments: &[&str]| {
        let author = ["-c", "user.name=t", "-c", "user.email=t@corp.example", "-c", "commit.gpgsign=false"];
        folder.must("git", &[&author[..], arguments].concat());
    };
    git(&["init", "--quiet", "--initial-branch", "main"]);
    folder.write("deploy/all.yaml", &estate());
    folder.write("deploy/skipped.yaml", "a: [");
    folder.write("deploy/.cxguardignore", "skipped.yaml\n");
    folder.write("deploy/chart/Chart.yaml", "name: c\n");
    folder.write("deploy/chart/templates/t.yaml", "{{ broken }}");
    folder.write("elsewhere/broken.yaml", "apiVersion: [");
    git(&["add", "."]);
    git(&["commit", "--quiet", "--message", "one"]);
    git(&["tag", "v1"]);
    git(&["switch", "--quiet", "--create", "change"]);
    folder.write("deploy/all.yaml", &lapsed());
    git(&["commit", "--quiet", "--all", "--message", "two"]);
    // Not committed, so not seen.
    folder.write("deploy/all.yaml", "a: [");
    folder
}

#[test]
fn revisions_are_read_without_the_work_tree() {
    let folder = repository("revisions");
    for arguments in [
        &["diff", "main..HEAD", "deploy"][..],
        &["diff", "main...change", "deploy/"],
        &["diff", "--git", "v1", "HEAD", "./deploy"],
        &["diff", "v1..", "deploy/all.yaml"],
    ] {
        let run = folder.cxguard(&[arguments, &["--format", "json"]].concat());
        assert_eq!((run.code, run.stderr.as_str()), (1, ""), "{arguments:?}");
        let difference = json(&run.stdout);
        assert_eq!(names(&difference["changes"]), ["Vendor/insight-partners"]);
        let file = difference["introduced"][0]["file"].as_str().unwrap();
        assert!(file.ends_with(":deploy/all.yaml"), "{file}");
    }
    assert_eq!(folder.read("deploy/all.yaml"), "a: [");
    let back = folder.cxguard(&["diff", "HEAD..main", "deploy"]);
    assert_eq!(back.code, 0, "{}", back.stderr);
}

#[cfg(unix)]
#[test]
fn what_is_elsewhere_in_the_repository_has_whatever_name_it_likes() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    let folder = repository("latin");
    let latin = OsStr::from_bytes(b"lat\xe9.yaml");
    let commit = || {
        let author = ["-c", "user.name=t", "-c", "user.email=t@corp.example", "-c", "commit.gpgsign=false"];
        folder.must("git", &["add", "."]);
        folder.must("git", &[&author[..], &["commit", "--quiet", "--message", "three"]].concat());
    };
    folder.write("deploy/all.yaml", &lapsed());
    fs::write(folder.path("elsewhere").join(latin), "a: b").unwrap();
    commit();
    let run = folder.cxguard(&["diff", "main..HEAD", "deploy"]);
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    // What would have been read is named.
    fs::write(folder.path("deploy").join(latin), "a: b").unwrap();
    commit();
    let run = folder.cxguard(&["diff", "main..HEAD", "deploy"]);
    assert!(
        run.code == 2 && run.stderr.contains("HEAD:deploy/lat\u{fffd}.yaml: its path is not UTF-8"),
        "{run:?}"
    );
}

#[test]
fn a_hook_of_git_may_ask() {
    let folder = repository("hook");
    let hook = format!(
        "#!/bin/sh\nexec '{}' diff --at 2026-11-23 main..HEAD deploy\n",
        env!("CARGO_BIN_EXE_cxguard")
    );
    folder.write("hook", &hook);
    // As Git runs hooks: told where the repository is, from where they run.
    let run = folder.must("sh", &["-c", "GIT_DIR=.git GIT_WORK_TREE=. GIT_PREFIX= sh ./hook || test $? = 1"]);
    assert!(run.contains("3 new findings, 0 fixed"), "{run}");
}

#[test]
fn submodules_are_named() {
    let folder = repository("submodules");
    for (module, nth) in [("deploy/module", 1), ("elsewhere/module", 2), ("deploy/.hidden", 3)] {
        let entry = format!("160000,{},{module}", nth.to_string().repeat(40));
        folder.must("git", &["update-index", "--add", "--cacheinfo", &entry]);
    }
    let author = ["-c", "user.name=t", "-c", "user.email=t@corp.example", "-c", "commit.gpgsign=false"];
    folder.must("git", &[&author[..], &["commit", "--quiet", "--message", "three"]].concat());
    let run = folder.cxguard(&["diff", "main..HEAD", "deploy"]);
    assert!(
        run.stdout.contains("HEAD:deploy/module") && run.stdout.contains("a submodule"),
        "{}",
        run.stdout
    );
    assert!(!run.stdout.contains("elsewhere") && !run.stdout.contains(".hidden"), "{}", run.stdout);
}

#[test]
fn what_git_cannot_show_is_said() {
    let folder = repository("trouble");
    for (arguments, part) in [
        (&["diff", "nothing..HEAD"][..], "there is no revision \"nothing\""),
        (&["diff", "--git", "main", "HEAD", "nowhere"], "holds no nowhere"),
        (&["diff", "main..HEAD"], "elsewhere/broken.yaml:"),
        (&["diff", "none", "deploy"], "no such file or folder"),
        (&["diff", "deploy"], "expected two folders"),
        (&["diff", "main..HEAD", "/"], "not a git repository"),
        (&["diff", "--git", "--", "--output=x", "HEAD"], "is no revision"),
        (&["diff", "main..-x"], "is no revision"),
    ] {
        let run = folder.cxguard(arguments);
        assert_eq!(run.code, 2, "{arguments:?}: {}", run.stderr);
        assert!(run.stderr.contains(part), "{arguments:?}: {}", run.stderr);
    }
}
