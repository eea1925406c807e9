//! The examples with known answers: every finding that `examples/expected.txt` lists, and no other.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, also in its helpers")]
#![expect(clippy::panic, reason = "a test fails by panicking, also in its helpers")]
#![expect(clippy::disallowed_methods, reason = "a test may read its files")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use cxguard::api::Mode;
use cxguard::engine::Memos;
use cxguard::facts::{ObjectRef, World, read};
use serde_json::Value;

const NOW: &str = "2026-11-23T12:00:00Z";

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

/// The manifests of a folder, in order.
fn manifests(folder: &str) -> Vec<PathBuf> {
    let folder = examples().join(folder);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "{} is empty", folder.display());
    files
}

/// What is found in a world made of some files: `CODE Kind namespace/name`, each once, where the cause is.
fn judge(files: &[PathBuf]) -> BTreeSet<String> {
    let mut world = World::new();
    for file in files {
        let documents: Vec<Value> = serde_saphyr::from_multiple(&fs::read_to_string(file).unwrap()).unwrap();
        for (id, fact) in documents.iter().filter_map(read) {
            world.set(&id, Some(fact));
        }
    }
    let objects: Vec<ObjectRef> = world.objects().cloned().collect();
    let mut memos = Memos::new();
    for id in &objects {
        memos.want(id);
    }
    memos.settle(&world, NOW.parse().unwrap());
    let verdicts = objects.iter().map(|id| memos.verdict(id).unwrap().0);
    let findings = verdicts.flat_map(|verdict| verdict.findings.clone());
    let shown = findings.filter(|finding| finding.mode.0 >= Mode::Warn && !finding.exempted);
    shown.map(|finding| format!("{} {}", finding.rule, place(&finding.subject))).collect()
}

fn place(id: &ObjectRef) -> String {
    let namespace = if id.namespace.is_empty() { "-" } else { &id.namespace };
    format!("{} {namespace}/{}", id.kind, id.name)
}

#[test]
fn who_does_everything_right_has_no_findings() {
    assert_eq!(judge(&manifests("compliant")), BTreeSet::new());
}

#[test]
fn each_story_has_the_findings_that_are_expected_of_it() {
    let expected = fs::read_to_string(examples().join("expected.txt")).unwrap();
    let mut stories = BTreeSet::new();
    for story in manifests("violating") {
        let name = format!("violating/{}", story.file_name().unwrap().to_str().unwrap());
        let known: BTreeSet<String> = expected
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>())
            .filter(|line| line.first() == Some(&name.as_str()))
            .map(|line| line[1..].join(" "))
            .collect();
        assert!(!known.is_empty(), "nothing is expected of {name}");
        let mut files = manifests("compliant");
        files.push(story);
        assert_eq!(judge(&files), known, "{name}");
        stories.insert(name);
    }
    let of_no_story = expected.lines().filter(|line| !stories.iter().any(|name| line.starts_with(name)));
    assert_eq!(of_no_story.collect::<Vec<_>>(), Vec::<&str>::new());
}
