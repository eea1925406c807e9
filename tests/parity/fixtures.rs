//! The fixtures: for each rule, `tests/fixtures/cxNNN.yaml` is a world in which it finds something. Others show it in
//! what else can be wrong in the same way.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cxguard::rules::RULES;
use serde_json::{Value, json};

use crate::offline::{Offline, files, objects};
use crate::server::{Server, full_name};

/// Rules that have no fixture, and why.
const WITHOUT: [(&str, &str); 3] = [
    ("CX002", "how a file is written is not what the API server stores"),
    ("CX003", "what cannot be read is refused; tests/crds compares what is refused with what is reported"),
    ("CX513", "access that is left over after its end is what only a cluster shows"),
];

/// Further worlds, each made of these files and folders.
const FURTHER: [&[&str]; 4] = [
    &["tests/crds/stored.yaml"],
    &["tests/roles/setup.yaml", "deploy/roles.yaml"],
    &["tests/four_eyes/setup.yaml", "tests/four_eyes/policies.yaml", "deploy/roles.yaml"],
    &["examples/compliant", "examples/violating", "deploy/roles.yaml"],
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn fixtures() -> PathBuf {
    root().join("tests/fixtures")
}

/// The files of each world.
pub(crate) fn worlds() -> Vec<Vec<PathBuf>> {
    let mut worlds: Vec<Vec<PathBuf>> = files(&fixtures()).into_iter().map(|file| vec![file]).collect();
    worlds.extend(FURTHER.map(|paths| paths.iter().map(|path| root().join(path)).collect()));
    worlds
}

#[test]
fn each_rule_has_a_fixture_in_which_it_finds_something() {
    let found = files(&fixtures()).into_iter().map(|file| {
        let code = file.file_name().unwrap().to_str().unwrap()[..5].to_uppercase();
        let found = Offline::new(&[file]).codes().contains(&code);
        assert!(found, "{code} finds nothing in its fixture");
        code
    });
    let wanted: BTreeSet<String> = RULES.iter().map(|rule| rule.code.to_string()).collect();
    let found: BTreeSet<String> = found.chain(WITHOUT.map(|(code, _)| code.to_owned())).collect();
    assert_eq!(found, wanted);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn each_fixture_is_judged_as_offline() {
    let mut server = Server::start().await;
    let mut problems = BTreeMap::new();
    for paths in worlds() {
        if let Err(problem) = judged_alike(&mut server, &paths).await {
            problems.insert(paths, problem);
        }
    }
    assert!(problems.is_empty(), "{problems:#?}");
    server.stop().await;
}

/// Applies a world, compares, and takes it away again.
async fn judged_alike(server: &mut Server, paths: &[PathBuf]) -> Result<(), String> {
    let objects = objects(paths);
    let mut outcome = put_world(server, &objects).await;
    if outcome.is_ok() {
        let offline = Offline::new(paths);
        outcome = server.until_said(&objects, &offline.said()).await;
        if outcome.is_ok() {
            outcome = offline.is_reported_as_told(&server.told(&objects).await);
        }
    }
    remove_world(server, &objects).await;
    outcome
}

/// Applies the objects of a world, its namespaces first.
pub(crate) async fn put_world(server: &mut Server, objects: &[Value]) -> Result<(), String> {
    let (namespaces, others) = parted(objects);
    server.put_all(&namespaces).await;
    if others.iter().any(|object| object["kind"] == "Pod") {
        server.until_accounts(&namespaces).await;
    }
    for object in &others {
        let refused = |why| format!("{} is refused: {why}", full_name(object));
        server.put(object).await.map_err(refused)?;
    }
    Ok(())
}

/// Takes a world away again.
pub(crate) async fn remove_world(server: &mut Server, objects: &[Value]) {
    let (namespaces, others) = parted(objects);
    server.remove_all(&others).await;
    // A namespace takes its time to go; one without labels is none of ours.
    let bare = |namespace: &Value| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace["metadata"]["name"]}});
    server.put_all(&namespaces.iter().map(bare).collect::<Vec<_>>()).await;
}

/// The namespaces of a world, and what else is in it.
fn parted(objects: &[Value]) -> (Vec<Value>, Vec<Value>) {
    objects.iter().cloned().partition(|object| object["kind"] == "Namespace")
}
