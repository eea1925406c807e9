//! `cxguard check` with a baseline, with `--fix` and with `--diff`, as a process.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, also in its helpers")]
#![expect(clippy::disallowed_methods, reason = "a test may read its files")]

mod folder;

use std::fs;

use folder::Folder;

const SURVEY: &str = "# links
apiVersion: cxguard.dev/v1alpha1
kind: Survey
metadata: {name: call, namespace: cx}
spec:
  vendor: hub   # see vendors
  links: [\"http://s.example/r\"]
";
const VENDOR: &str = "apiVersion: cxguard.dev/v1alpha1\r
kind: Vendor\r
metadata: {name: hub}\r
spec:\r
  country: NO # Norway\r
";
const GAP: &str = "apiVersion: cxguard.dev/v1alpha1
kind: Exemption
metadata: {name: gap}
spec:
  rules: [CX408]
  subject: {kind: Vendor, name: hub}
  reason: r
  approvedBy: a@corp.example
  expiresAt: 2026-10-31T23:59:59Z
";

#[test]
fn fixes_are_written_once_and_what_is_left_is_reported() {
    let folder = Folder::new("written");
    folder.write("survey.yaml", SURVEY);
    folder.write("vendor.yaml", &format!("\u{feff}{VENDOR}"));
    folder.write("sub/gap.yaml", &format!("# licence\n---\n{GAP}"));
    let run = folder.cxguard(&["check", "--fix", "--format", "json"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    for line in
        ["survey.yaml: 1 finding fixed", "vendor.yaml: 1 finding fixed", "sub/gap.yaml: 1 finding fixed"]
    {
        assert!(run.stderr.contains(line), "{}", run.stderr);
    }
    assert_eq!(folder.read("survey.yaml"), SURVEY.replace("http:", "https:"));
    assert_eq!(folder.read("vendor.yaml"), format!("\u{feff}{}", VENDOR.replace("NO", "\"NO\"")));
    assert_eq!(folder.read("sub/gap.yaml"), "# licence\n");
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let left: Vec<_> = report["findings"].as_array().unwrap().iter().map(|one| one["rule"].clone()).collect();
    assert!(
        !left.is_empty() && ["CX002", "CX203", "CX801"].iter().all(|rule| !left.contains(&(*rule).into()))
    );
    let again = folder.cxguard(&["check", "--fix", "--format", "json"]);
    assert_eq!((again.stderr.as_str(), again.stdout), ("", run.stdout));
}

#[test]
fn a_patch_says_what_would_be_fixed_and_git_takes_it() {
    let folder = Folder::new("patch");
    folder.write("deploy/survey.yaml", SURVEY);
    folder.write("deploy/vendor.yaml", VENDOR);
    let run = folder.cxguard(&["check", "--diff"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert_eq!(run.stderr, "2 findings in 2 files would be fixed by --fix\n");
    assert!(
        run.stdout.starts_with("--- a/deploy/survey.yaml\n+++ b/deploy/survey.yaml\n@@"),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("\n+  links: [\"https://s.example/r\"]\n"), "{}", run.stdout);
    assert_eq!(folder.read("deploy/survey.yaml"), SURVEY);
    folder.must("git", &["init", "--quiet"]);
    folder.write("patch", &run.stdout);
    folder.must("git", &["apply", "patch"]);
    let again = folder.cxguard(&["check", "--diff"]);
    assert_eq!((again.code, again.stdout.as_str(), again.stderr.as_str()), (0, "", ""));
}

#[test]
fn a_patch_is_taken_from_where_the_command_ran() {
    let folder = Folder::new("paths");
    let absolute = folder.path("a b.yaml").display().to_string();
    let marked =
        format!("\u{feff}kind: Survey\n{}", SURVEY.replace("# links\n", "").replace("kind: Survey\n", ""));
    let above = folder.path("..").join("cli_fix-above.yaml");
    for (file, argument) in
        [("a b.yaml", absolute.as_str()), ("c.yaml", "./c.yaml"), ("d.yaml", "../cli_fix-paths/d.yaml")]
    {
        folder.write(file, &marked);
        let run = folder.cxguard(&["check", "--diff", argument]);
        assert_eq!(run.code, 1, "{argument}: {}", run.stderr);
        assert!(run.stdout.starts_with(&format!("--- a/{file}")), "{argument}: {}", run.stdout);
        folder.write("patch", &run.stdout);
        folder.must("git", &["init", "--quiet"]);
        folder.must("git", &["apply", "patch"]);
        assert_eq!(folder.read(file), marked.replace("http:", "https:"), "{argument}");
        fs::remove_file(folder.path(file)).unwrap();
    }
    // What is elsewhere is named from the root: no program takes a way up.
    fs::write(&above, &marked).unwrap();
    let run = folder.cxguard(&["check", "--diff", "../cli_fix-above.yaml"]);
    let named = fs::canonicalize(&above).unwrap().display().to_string();
    assert!(run.stdout.starts_with(&format!("--- a{named}\n+++ b{named}\n")), "{}", run.stdout);
    fs::remove_file(above).unwrap();
}

#[test]
fn a_patch_names_any_file_as_git_reads_it() {
    let folder = Folder::new("names");
    let name = "a \"b\\\u{7}\nü.yaml";
    folder.write(name, SURVEY);
    let run = folder.cxguard(&["check", "--diff"]);
    assert!(
        run.stdout.starts_with("--- \"a/a \\\"b\\\\\\007\\012\\303\\274.yaml\"\n+++ \"b/a "),
        "{}",
        run.stdout
    );
    folder.write("patch", &run.stdout);
    folder.must("git", &["init", "--quiet"]);
    folder.must("git", &["apply", "patch"]);
    assert_eq!(folder.read(name), SURVEY.replace("http:", "https:"));
}

#[cfg(unix)]
#[test]
fn a_file_with_several_names_is_fixed_once() {
    use std::os::unix::fs::symlink;
    let folder = Folder::new("several");
    let both = SURVEY.replace("vendor: hub", "vendor: NO");
    folder.write("b.yaml", &both);
    for link in ["a.yaml", "c.yaml"] {
        symlink("b.yaml", folder.path(link)).unwrap();
    }
    let fixed = both.replace("vendor: NO", "vendor: \"NO\"").replace("http:", "https:");
    let patch = folder.cxguard(&["check", "--diff"]);
    assert_eq!(patch.stderr, "2 findings in 1 file would be fixed by --fix\n");
    assert!(patch.stdout.starts_with("--- a/b.yaml\n"), "{}", patch.stdout);
    folder.write("patch", &patch.stdout);
    folder.must("git", &["init", "--quiet"]);
    folder.must("git", &["apply", "patch"]);
    assert_eq!(folder.read("b.yaml"), fixed);
    folder.write("b.yaml", &both);
    let run = folder.cxguard(&["check", "--fix"]);
    assert_eq!((run.code, run.stderr.as_str()), (1, "a.yaml: 2 findings fixed\n"));
    assert_eq!(folder.read("b.yaml"), fixed);
    assert!(fs::symlink_metadata(folder.path("a.yaml")).unwrap().is_symlink());
}

#[cfg(unix)]
#[test]
fn files_whose_names_are_no_text_are_told_apart() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    let folder = Folder::new("latin");
    let files = [&b"caf\xe8.yaml"[..], b"caf\xe9.yaml", b"caf\\xE9.yaml"];
    let texts = ["one", "two", "three"].map(|name| SURVEY.replace("name: call", &format!("name: {name}")));
    let place = |file: &[u8]| folder.path("").join(OsStr::from_bytes(file));
    for (file, text) in files.iter().zip(&texts) {
        fs::write(place(file), text).unwrap();
    }
    let patch = folder.cxguard(&["check", "--diff", "--select", "CX203"]);
    assert!(patch.stdout.contains("--- \"a/caf\\350.yaml\"\n"), "{}", patch.stdout);
    let run = folder.cxguard(&["check", "--fix", "--select", "CX203"]);
    // The last two are shown by one name, so only one of them is touched.
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert!(run.stderr.contains("another file is shown by that name"), "{}", run.stderr);
    let fixed = files.iter().zip(&texts).filter(|(file, text)| {
        let after = fs::read_to_string(place(file)).unwrap();
        assert!(after == **text || after == text.replace("http:", "https:"), "{after}");
        after != **text
    });
    assert_eq!(fixed.count(), 2);
}

#[test]
fn what_was_hidden_by_another_mistake_is_fixed_in_the_same_run() {
    let folder = Folder::new("hidden");
    folder.write("survey.yaml", &SURVEY.replace("vendor: hub", "vendor: NO"));
    let patch = folder.cxguard(&["check", "--diff"]);
    assert_eq!(patch.stderr, "2 findings in 1 file would be fixed by --fix\n");
    assert_eq!(patch.stdout.matches("+++ ").count(), 1, "{}", patch.stdout);
    folder.cxguard(&["check", "--fix"]);
    let fixed = SURVEY.replace("vendor: hub", "vendor: \"NO\"").replace("http:", "https:");
    assert_eq!(folder.read("survey.yaml"), fixed);
    let again = folder.cxguard(&["check", "--diff"]);
    assert_eq!((again.code, again.stdout.as_str()), (0, ""));
}

#[test]
fn standard_input_is_shown_and_not_fixed() {
    let folder = Folder::new("stdin");
    let shown = folder.cxguard_with(&["check", "--diff", "-"], SURVEY);
    assert_eq!(shown.code, 1);
    assert!(shown.stdout.contains("+  links: [\"https://s.example/r\"]"), "{}", shown.stdout);
    let refused = folder.cxguard_with(&["check", "--fix", "-"], SURVEY);
    assert_eq!((refused.code, refused.stdout.as_str()), (2, ""));
    assert!(refused.stderr.contains("--diff"), "{}", refused.stderr);
}

#[test]
fn what_nobody_asked_for_or_somebody_accepted_is_not_fixed() {
    let folder = Folder::new("kept");
    let accepted = GAP.replace("CX408", "CX203").replace("2026-10", "2026-12");
    let accepted = accepted.replace("{kind: Vendor, name: hub}", "{kind: Survey, namespace: cx, name: call}");
    let all = format!("{SURVEY}---\n{VENDOR}---\n{accepted}");
    folder.write("all.yaml", &all);
    let run = folder.cxguard(&["check", "--fix", "--ignore", "CX002"]);
    assert_eq!((run.code, folder.read("all.yaml")), (1, all));
    assert_eq!(run.stderr, "");
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link_and_a_file_keeps_its_rights() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};
    let folder = Folder::new("link");
    folder.write("real/survey.txt", SURVEY);
    fs::set_permissions(folder.path("real/survey.txt"), fs::Permissions::from_mode(0o640)).unwrap();
    symlink("real/survey.txt", folder.path("survey.yaml")).unwrap();
    // Only root may give files away.
    let is_given = chown(folder.path("real/survey.txt"), Some(1234), Some(5678)).is_ok();
    folder.cxguard(&["check", "--fix"]);
    assert!(fs::symlink_metadata(folder.path("survey.yaml")).unwrap().is_symlink());
    assert_eq!(folder.read("real/survey.txt"), SURVEY.replace("http:", "https:"));
    let after = fs::metadata(folder.path("real/survey.txt")).unwrap();
    assert_eq!(after.permissions().mode() & 0o777, 0o640);
    assert!(!is_given || (after.uid(), after.gid()) == (1234, 5678));
}

#[test]
fn only_what_is_new_fails() {
    let folder = Folder::new("baseline");
    folder.write("survey.yaml", SURVEY);
    let written = folder.cxguard(&["check", "--baseline", "known.json", "--write-baseline"]);
    assert_eq!((written.code, written.stdout.as_str()), (0, ""), "{}", written.stderr);
    assert!(written.stderr.ends_with(" written into known.json\n"), "{}", written.stderr);
    // The file itself is no manifest, though it ends like one.
    let known = folder.cxguard(&["check", "survey.yaml", "--baseline", "known.json", "--fail-on", "audit"]);
    assert_eq!((known.code, known.stderr.as_str()), (0, ""), "{}", known.stdout);
    folder.write("survey.yaml", &SURVEY.replace("links: [", "links: [\"http://t.example/r\", "));
    let worse = folder.cxguard(&["check", "survey.yaml", "--baseline", "known.json"]);
    assert_eq!(worse.code, 1);
    folder.write("survey.yaml", &SURVEY.replace("http:", "https:"));
    let better = folder.cxguard(&["check", "survey.yaml", "--baseline", "known.json"]);
    assert_eq!(better.code, 0);
    assert_eq!(better.stderr, "1 finding of the baseline is gone: write it again to forget it\n");
}

#[test]
fn what_nobody_asked_for_stays_in_a_baseline() {
    let folder = Folder::new("selected");
    folder.write("survey.yaml", SURVEY);
    let write = |rest: &[&str]| {
        let all = [&["check", "--baseline", "known.json", "--write-baseline", "survey.yaml"][..], rest];
        folder.cxguard(&all.concat())
    };
    assert_eq!(write(&[]).code, 0);
    let all = folder.read("known.json");
    let some = write(&["--select", "CX203"]);
    assert_eq!((some.code, folder.read("known.json")), (0, all.clone()), "{}", some.stderr);
    assert!(some.stderr.starts_with("1 finding written into known.json, "), "{}", some.stderr);
    assert!(some.stderr.ends_with(" of other rules kept\n"), "{}", some.stderr);
    folder.write("survey.yaml", &SURVEY.replace("http:", "https:"));
    assert_eq!(write(&["--select", "CX203"]).code, 0);
    let without: String = all.lines().filter(|line| !line.contains("CX203")).collect();
    assert_eq!(folder.read("known.json").lines().collect::<String>(), without);
    folder.write("known.json", "{\"version\": 9}");
    let refused = write(&["--ignore", "CX203"]);
    assert_eq!((refused.code, folder.read("known.json").as_str()), (2, "{\"version\": 9}"));
    assert_eq!(write(&[]).code, 0);
}

#[test]
fn a_baseline_that_is_missing_or_broken_is_an_error() {
    let folder = Folder::new("broken");
    folder.write("survey.yaml", SURVEY);
    folder.write("broken.json", "{\"version\": 9}");
    for (file, part) in [("none.json", "--write-baseline writes it"), ("broken.json", "version 9")] {
        let run = folder.cxguard(&["check", "survey.yaml", "--baseline", file]);
        assert_eq!(run.code, 2);
        assert!(run.stderr.contains(part), "{}", run.stderr);
    }
    folder.write("bad.yaml", "a: [");
    let run =
        folder.cxguard(&["check", "survey.yaml", "bad.yaml", "--baseline", "none.json", "--write-baseline"]);
    assert_eq!(run.code, 2);
    assert!(!folder.path("none.json").exists(), "{}", run.stderr);
}
