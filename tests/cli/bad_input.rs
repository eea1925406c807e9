//! Whatever is given, there is a clear message and the right exit code; nothing is passed over in silence.

use std::fmt::Write as _;
use std::fs;
use std::io::Read as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::{Command, Stdio};

use super::Folder;

const GOOD: &str =
    "apiVersion: cxguard.dev/v1alpha1\nkind: Person\nmetadata: {name: p}\nspec: {type: Employee}\n";

#[test]
fn what_cannot_be_read_is_named_and_ends_with_2() {
    let bomb = {
        let mut text = String::from("apiVersion: v1\nkind: ConfigMap\na0: &a0 [x]\n");
        for level in 1..12 {
            let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
            writeln!(text, "a{level}: &a{level} [{aliases}]").unwrap();
        }
        text
    };
    let unclosed = format!("{GOOD}---\nkind: [\n---\n{}", GOOD.replace("name: p", "name: q"));
    let differs = format!("{GOOD}---\n{}", GOOD.replace("Employee", "Consultant"));
    let cases: [(&str, &[u8], &str); 8] = [
        ("syntax.yaml", unclosed.as_bytes(), "syntax.yaml:6:7"),
        ("binary.yaml", b"\x7fELF\0\0", "binary file"),
        ("latin.yaml", b"kind: \xe4\n", "not UTF-8: line 1"),
        ("utf16.yaml", b"\xff\xfek\0", "UTF-16"),
        ("deep.yaml", &b"[".repeat(100_000), "deep.yaml:1:"),
        ("twice.yaml", differs.as_bytes(), "they differ"),
        (
            "kind.yaml",
            b"apiVersion: cxguard.dev/v1alpha1\nkind: Vendors\nmetadata: {name: v}\n",
            "no kind \"Vendors\"",
        ),
        ("empty.yaml", b"# nothing\n", "nothing to judge"),
    ];
    for (name, content, part) in cases {
        let folder = Folder::new().with(name, content);
        let ran = folder.run(&format!("check --select CX003 {name}"));
        assert_eq!(ran.code, 2, "{name}: {ran:?}");
        assert!(ran.err.contains(part), "{name}: {}", ran.err);
    }
    // A bomb is an object that cannot be read: a finding.
    let folder = Folder::new().with("bomb.yaml", bomb);
    let ran = folder.run("check --select CX003 bomb.yaml");
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.contains("too large"), "{}", ran.out);
}

/// Each looks like nothing to a reader of YAML 1.2, or like an object that no rule reads, and kubectl applies it.
#[test]
fn what_kubectl_applies_is_not_hidden() {
    let bad = GOOD.replace("Employee", "Robot");
    let hidden = format!("# harmless\n{bad}");
    for (content, code, part) in [
        (hidden.replace('\n', "\r"), 1, "Robot"),
        (hidden.replacen('\n', "\u{85}", 2), 2, "U+0085"),
        (hidden.replacen('\n', "\u{2028}", 2), 2, "U+2028"),
        (hidden.replacen('\n', "\u{2029}", 2), 2, "U+2029"),
        (format!("# {{{{ x }}}}\u{2028}{bad}"), 2, "U+2028"),
        (format!("kind: Secret\n{bad}"), 1, "twice"),
        (format!("apiVersion: v1\n{bad}"), 1, "twice"),
        (bad.replace("kind: Person", "kind: !!binary UGVyc29u"), 1, "Robot"),
        (bad.replace("kind:", "!!binary a2luZA==:"), 1, "Robot"),
        (
            format!("\"api\\x56ersion\": v1\nargs: [-]\n{}", bad.replacen("apiVersion: ", "#", 1)),
            2,
            "bad.yaml",
        ),
    ] {
        let folder =
            Folder::new().with("good.yaml", GOOD.replace("name: p", "name: q")).with("bad.yaml", &*content);
        let ran = folder.run("check --select CX003 .");
        assert_eq!(ran.code, code, "{content:?}: {ran:?}");
        assert!(format!("{}{}", ran.out, ran.err).contains(part), "{content:?}: {ran:?}");
    }
}

/// Before anything is reached.
#[test]
fn what_an_operator_cannot_be_told_is_refused_by_the_name_of_the_flag() {
    for (arguments, flag) in [
        ("run --admission off --tls-cert-file a --tls-key-file b", "--tls-cert-file is of no use"),
        ("run --admission off --client-ca-file a", "--client-ca-file is of no use"),
        ("run --admission off --webhook-service a", "--webhook-service is of no use"),
        ("run --tls-cert-file a --tls-key-file b --webhook-service c", "--webhook-service"),
        ("run --webhook-service A_B", "--webhook-service"),
        ("run --webhook-configuration A_B", "--webhook-configuration"),
        ("run --namespace Foo_Bar", "--namespace"),
        ("check --operator-namespace Foo_Bar .", "--operator-namespace"),
        ("facts export --operator-namespace Foo_Bar", "--operator-namespace"),
        ("grant list --namespace Foo_Bar", "--namespace"),
        ("access Foo_Bar", "NAMESPACE"),
    ] {
        let ran = Folder::new().run(arguments);
        assert_eq!(ran.code, 2, "{arguments}: {ran:?}");
        assert!(ran.err.contains(flag), "{arguments}: {}", ran.err);
    }
}

#[test]
fn where_nothing_can_be_judged_there_is_no_report() {
    let folder = || {
        Folder::new()
            .with("empty.yaml", "# nothing\n")
            .with("broken.yaml", "kind: [\n")
            .with("foreign.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n")
            .with("chart/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n")
            .with("chart/templates/a.yaml", "kind: {{ .Values.kind }}\n")
    };
    let cases = [
        ("empty.yaml", "nothing to judge"),
        ("broken.yaml", "broken.yaml:1:7"),
        ("foreign.yaml", "nothing to judge"),
        ("chart", "chart/templates: templates of a Helm chart: render them"),
        ("-", "nothing to judge"),
    ];
    for (paths, part) in cases {
        for format in ["text", "json", "sarif", "junit", "github", "gitlab", "markdown"] {
            let folder = folder();
            let output = format!("--output {format}=report --exit-zero");
            let ran = folder.run_with(&format!("check --format {format} {output} {paths}"), Some(b""));
            assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{format} of {paths}: {ran:?}");
            assert!(ran.err.contains(part), "{format} of {paths}: {}", ran.err);
            assert!(!folder.path().join("report").exists(), "{format} of {paths}");
        }
        let baseline = folder();
        let ran = baseline.run_with(&format!("check --write-baseline --baseline known {paths}"), Some(b""));
        assert_eq!((ran.code, baseline.path().join("known").exists()), (2, false), "{paths}: {ran:?}");
        let ran = folder().run_with(&format!("forecast {paths}"), Some(b""));
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "forecast of {paths}: {ran:?}");
        if paths != "-" {
            let ran = folder().run(&format!("diff {paths} {paths}"));
            assert_eq!((ran.code, ran.out.as_str()), (2, ""), "diff of {paths}: {ran:?}");
        }
    }
}

#[test]
fn one_bad_document_hides_no_other() {
    let bad = format!("kind: [\n---\n{}", GOOD.replace("Employee", "Robot"));
    let ran = Folder::new().with("a.yaml", bad).run("check --format json --select CX003 a.yaml");
    assert_eq!((ran.code, ran.findings()), (2, vec!["CX003 Person/p a.yaml:6:14".to_owned()]));
}

#[test]
fn paths_that_lead_nowhere_are_named() {
    let folder = Folder::new().with("good.yaml", GOOD);
    fs::create_dir(folder.path().join("none")).unwrap();
    for (arguments, part) in
        [("gone.yaml", "no such file"), ("none", "nothing to judge"), ("gone good.yaml", "no such file")]
    {
        let ran = folder.run(&format!("check {arguments}"));
        assert_eq!(ran.code, 2, "{arguments}: {ran:?}");
        assert!(ran.err.contains(part), "{arguments}: {}", ran.err);
    }
}

#[test]
fn folders_that_lead_in_a_circle_end() {
    let folder = Folder::new().with("a/good.yaml", GOOD);
    symlink(folder.path(), folder.path().join("a/back")).unwrap();
    let ran = folder.run("check .");
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("loop"), "{}", ran.err);
}

#[test]
fn line_ends_and_marks_of_other_systems_are_read() {
    let windows = format!("\u{feff}{}", GOOD.replace("Employee", "Robot").replace('\n', "\r\n"));
    let ran = Folder::new().with("a.yaml", windows).run("check --format json --select CX003 a.yaml");
    assert_eq!(ran.findings(), ["CX003 Person/p a.yaml:4:14"]);
}

#[test]
fn a_reader_that_has_had_enough_is_no_error() {
    let many: String = (0..2000)
        .map(|at| GOOD.replace("name: p", &format!("name: p{at}")).replace("Employee", "Robot") + "---\n")
        .collect();
    let folder = Folder::new().with("many.yaml", many);
    let mut command = folder.command("check --select CX003 many.yaml");
    let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = [0; 64];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn an_output_that_cannot_be_written_is_named_and_leaves_nothing() {
    let folder = Folder::new().with("good.yaml", GOOD).with("there/old.sarif", "old");
    for place in ["gone/out.sarif", "there"] {
        let ran = folder.run(&format!("check --output sarif={place} good.yaml"));
        assert_eq!(ran.code, 2, "{place}: {ran:?}");
        assert!(ran.err.contains("failed to write"), "{place}: {}", ran.err);
    }
    fs::set_permissions(folder.path().join("there"), fs::Permissions::from_mode(0o555)).unwrap();
    let ran = folder.run("check --output sarif=there/old.sarif good.yaml");
    // Root may write everywhere.
    if ran.code == 2 {
        assert_eq!(fs::read_to_string(folder.path().join("there/old.sarif")).unwrap(), "old");
    }
    fs::set_permissions(folder.path().join("there"), fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(fs::read_dir(folder.path().join("there")).unwrap().count(), 1);
}

#[test]
fn an_output_that_cannot_be_written_keeps_no_other_from_being() {
    let folder = Folder::new().with("good.yaml", GOOD);
    let ran = folder
        .run("check --output sarif=gone/out.sarif --output junit=out.xml --output json=/dev/full good.yaml");
    assert_eq!((ran.code, ran.err.matches("failed to write").count()), (2, 2), "{ran:?}");
    assert!(ran.out.contains("no findings"), "{ran:?}");
    assert!(fs::read_to_string(folder.path().join("out.xml")).unwrap().ends_with("</testsuites>\n"));
}

#[test]
fn a_hundred_thousand_documents_are_read() {
    let mut many = String::new();
    for at in 0..100_000 {
        writeln!(
            many,
            "---
apiVersion: v1
kind: Service
metadata: {{name: s{at}}}"
        )
        .unwrap();
    }
    let ran = Folder::new().with("many.yaml", many).run("check --format json many.yaml");
    assert_eq!((ran.code, ran.json()["objects"].clone()), (0, 100_000.into()));
}

/// A list of vendors without papers, on one line.
fn vendors(many: usize) -> String {
    let vendor = |nth| {
        let head = r#""apiVersion":"cxguard.dev/v1alpha1","kind":"Vendor""#;
        format!(r#"{{{head},"metadata":{{"name":"v{nth}"}},"spec":{{"country":"NO","role":"Processor"}}}}"#)
    };
    let items: Vec<String> = (0..many).map(vendor).collect();
    format!(r#"{{"apiVersion":"v1","kind":"List","items":[{}]}}"#, items.join(","))
}

/// So long that it would not end, if each finding had the whole line looked through.
#[test]
fn many_findings_on_one_line_are_found() {
    let ran = Folder::new().with("all.json", vendors(2_000)).run("check --format json all.json");
    let findings = ran.findings();
    assert!(findings.len() >= 2_000, "{}", findings.len());
    let last = findings.iter().filter(|finding| finding.contains("/v1999 ")).collect::<Vec<_>>();
    assert!(!last.is_empty() && last.iter().all(|finding| finding.contains(" all.json:1:")), "{last:?}");
}

#[test]
fn what_can_be_read_once_is_read_once() {
    let one_line = vendors(1);
    let folder = Folder::new().with("vendors.json", &one_line);
    let expected = folder.run("check --format json vendors.json").findings();
    assert!(!expected.is_empty());
    let of =
        |name: &str| -> Vec<_> { expected.iter().map(|one| one.replace("vendors.json", name)).collect() };
    let ran = folder.run_with("check --format json /dev/stdin", Some(one_line.as_bytes()));
    assert_eq!(ran.findings(), of("/dev/stdin"));
    let made = Command::new("mkfifo").arg(folder.path().join("pipe")).status().unwrap();
    assert!(made.success());
    // The pipe has one writer, who writes once.
    let pipe = folder.path().join("pipe");
    let writer = std::thread::spawn(move || fs::write(pipe, one_line));
    let ran = folder.run("check --format json pipe ./pipe");
    assert_eq!(ran.findings(), of("pipe"));
    writer.join().unwrap().unwrap();
    let ran = folder.run("check /dev/zero");
    assert!(ran.code == 2 && ran.err.contains("/dev/zero: has more than 256 MiB"), "{ran:?}");
}
