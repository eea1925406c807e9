//! Parity at the door: each object of the fixtures and the examples, asked for by a request, is found to be what
//! `cxguard check` finds of it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, also in its helpers")]
#![expect(clippy::disallowed_methods, reason = "a test may read its files")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use cxguard::admission::{Freshness, Operation, Request, Resource, User, answer};
use cxguard::engine::{Finding, Knowledge, Memos, Query};
use cxguard::facts::{Fact, Kind, ObjectRef, World, read};
use cxguard::rules::Code;
use jiff::Timestamp;
use serde_json::Value;

fn now() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

/// The worlds: one per fixture, and the examples with each story.
fn worlds() -> Vec<Vec<PathBuf>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = |folder: &str| {
        let mut files: Vec<PathBuf> =
            fs::read_dir(root.join(folder)).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        files
    };
    let compliant = files("examples/compliant");
    let stories = files("examples/violating").into_iter().map(|story| {
        let mut all = compliant.clone();
        all.push(story);
        all
    });
    files("tests/fixtures").into_iter().map(|fixture| vec![fixture]).chain(stories).collect()
}

/// The objects of some files, the last of each name.
fn objects(files: &[PathBuf]) -> BTreeMap<ObjectRef, (Fact, Value)> {
    let documents = files
        .iter()
        .flat_map(|file| serde_saphyr::from_multiple::<Value>(&fs::read_to_string(file).unwrap()).unwrap());
    documents.filter_map(|object| read(&object).map(|(id, fact)| (id, (fact, object)))).collect()
}

/// The resource of the kinds that are judged at the door.
fn resource(id: &ObjectRef) -> Option<Resource> {
    let group = id.kind.api_version().split_once('/').map_or("", |(group, _)| group);
    let judged = id.kind.is_own() || id.kind.runs() || group == "rbac.authorization.k8s.io";
    let kind = id.kind.as_str().to_lowercase();
    let plural = match kind.as_str() {
        "person" => "people".to_owned(),
        "compliancepolicy" => "compliancepolicies".to_owned(),
        _ => format!("{kind}s"),
    };
    judged.then(|| Resource { group: group.to_owned(), version: String::new(), resource: plural })
}

fn create(id: &ObjectRef, resource: Resource, object: Value) -> Request {
    Request {
        uid: "u".to_owned(),
        operation: Operation::Create,
        resource,
        sub_resource: String::new(),
        namespace: id.namespace.to_string(),
        name: id.name.to_string(),
        user_info: User { username: "voucher".to_owned(), groups: Vec::new() },
        object,
        old_object: Value::Null,
        dry_run: true,
    }
}

/// What is found of an object in a world that has it.
fn checked(world: &World, id: &ObjectRef) -> Vec<Finding> {
    let none = Memos::new();
    let (verdict, _) = Query::once(world, &none, now()).judge(id);
    verdict.findings.clone()
}

/// What the door finds of it in a world that does not.
fn told(world: &World, id: &ObjectRef, resource: Resource, object: &Value) -> (Vec<Finding>, Option<String>) {
    let mut known = Knowledge { world: world.clone(), complete: true, ..Knowledge::default() };
    known.world.set(id, None);
    for subject in world.objects().filter(|subject| *subject != id) {
        known.memos.want(subject);
    }
    known.memos.settle(&known.world, now());
    let answer = answer(&create(id, resource, object.clone()), &known, &Freshness::default(), now());
    (answer.findings, answer.denied)
}

#[test]
fn what_is_asked_for_is_found_to_be_what_a_check_finds() {
    let (mut rules, mut asked, mut refused) = (BTreeSet::new(), 0, 0);
    for files in worlds() {
        let objects = objects(&files);
        let mut world = World::new();
        for (id, (fact, _)) in &objects {
            world.set(id, Some(fact.clone()));
        }
        for (id, (_, object)) in &objects {
            let Some(resource) = resource(id) else { continue };
            // Of a pod that a controller made, the controller is judged.
            if id.kind == Kind::Pod && object.pointer("/metadata/ownerReferences").is_some() {
                continue;
            }
            let mut expected = checked(&world, id);
            // A policy's status tells of its namespaces; at the door it stands for itself.
            expected.retain(|finding| id.kind != Kind::CompliancePolicy || finding.subject == *id);
            let (mut found, denied) = told(&world, id, resource, object);
            // What a new role makes of others is said of it too.
            let role = matches!(id.kind, Kind::Role | Kind::ClusterRole);
            found.retain(|finding| !role || finding.subject == *id);
            found.sort();
            assert_eq!(found, expected, "{id} of {files:?}");
            rules.extend(found.iter().map(|finding| finding.rule));
            (asked, refused) = (asked + 1, refused + usize::from(denied.is_some()));
        }
    }
    assert!(asked > 300 && refused > 50, "{refused} of {asked} refused");
    // What has no door is told of by the status of others; what only a cluster shows is in no file.
    let without: BTreeSet<Code> = [2, 3, 125, 513, 701].map(Code).into();
    let all: BTreeSet<Code> = cxguard::rules::RULES.iter().map(|rule| rule.code).collect();
    let missing: BTreeSet<&Code> = all.difference(&rules).filter(|code| !without.contains(code)).collect();
    assert!(missing.is_empty(), "no request was found to violate {missing:?}");
}
