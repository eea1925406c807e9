//! `cxguard forecast`: formats, spans, and how it ends.

use std::io::Read;
use std::path::{Path, PathBuf};

use super::Folder;
use super::folder::AT;

fn compliant() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/compliant")
}

#[test]
fn the_end_of_a_grant_is_foreseen_in_every_format() {
    let folder = Folder::new();
    let run = |rest: &str| folder.run(&format!("forecast --at {AT} {} {rest}", compliant().display()));
    let text = run("--until 30d");
    assert_eq!((text.code, text.err.as_str()), (0, ""), "{text:?}");
    assert!(text.out.starts_with("Fri 2026-12-18 18:00:00 UTC\n"), "{}", text.out);
    assert!(
        text.out.contains("1 change from 2026-11-23T12:00:00Z until 2026-12-23T12:00:00Z."),
        "{}",
        text.out
    );
    let json = run("--until 2026-12-18T18:00:00Z --format json").json();
    let entry = &json["entries"][0];
    assert_eq!(entry["at"], "2026-12-18T18:00:00Z");
    assert_eq!(entry["grants"][0]["to"], "Expired");
    assert_eq!(entry["documents"][0]["path"], "/spec/expiresAt");
    assert!(entry["documents"][0]["file"].as_str().unwrap().ends_with("cx-feedback.yaml"), "{entry}");
    let calendar = run("--until 30d --format ics");
    assert!(calendar.out.contains("\r\nDTSTART:20261218T180000Z\r\n"), "{}", calendar.out);
    let nothing = run("--until 2026-12-18T17:59:59Z");
    assert!(nothing.out.starts_with("Nothing changes"), "{}", nothing.out);
}

#[test]
fn reminders_are_listed_when_asked_for() {
    let folder = Folder::new();
    let run = |rest: &str| folder.run(&format!("forecast --at {AT} {} {rest}", compliant().display()));
    assert!(!run("").out.contains("(Audit)"));
    assert!(run("--verbose").out.contains("(Audit)"));
}

#[test]
fn what_is_asked_wrongly_is_said() {
    let folder = Folder::new().with("a.yaml", "a: [");
    for (arguments, part) in [
        ("forecast --until soon .", "a duration such as 180d"),
        (&*format!("forecast --at {AT} --until 2026-11-23T12:00:00Z ."), "is not after 2026-11-23T12:00:00Z"),
        ("forecast none", "none: there is no such file or folder"),
        ("forecast a.yaml", "a.yaml:1"),
        ("forecast --facts none.json", "none.json: failed to read it"),
        ("forecast --facts a --cluster", "cannot be used with"),
    ] {
        let ran = folder.run(arguments);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.err.contains(part), "{arguments}: {ran:?}");
    }
}

#[test]
fn a_reader_that_has_had_enough_is_no_error() {
    let folder = Folder::new();
    let mut command = folder.command(&format!("forecast --at {AT} --until 36500d {}", compliant().display()));
    let mut child = command.spawn().unwrap();
    let mut first = [0; 1];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0), "{output:?}");
}
