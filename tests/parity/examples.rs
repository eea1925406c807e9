//! The examples: `examples/expected.txt` is what statuses and annotations say, and what `cxguard check` says.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use kube::Client;
use serde_json::Value;

use crate::offline::{Offline, files, objects, read};
use crate::server::{Server, full_name};
use crate::support::{install_admission, try_apply};

/// Approved by its own subject: judged where it is stored already, and refused where it is new.
const REFUSED: &str = "AccessGrant/cx-feedback/marketing-3-campaign";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn each_story_is_judged_as_expected_and_as_offline() {
    let mut server = Server::start().await;
    let compliant = files(&examples().join("compliant"));
    let mut right = objects(&compliant);
    // What lies in a namespace needs the namespace.
    right.sort_by_key(|object| object["kind"] != "Namespace");
    let nothing_wrong = Offline::new(&compliant).said();
    server.put_all(&right).await;
    server.until_said(&right, &nothing_wrong).await.unwrap();
    assert_eq!(found(&mut server, &right).await, BTreeSet::new());

    let mut compared = 0;
    for story in files(&examples().join("violating")) {
        let name = format!("violating/{}", story.file_name().unwrap().to_str().unwrap());
        let wrong = objects(std::slice::from_ref(&story));
        server.put_all(&wrong).await;
        let offline = Offline::new(&[&compliant[..], &[story]].concat());
        let all = [&right[..], &wrong].concat();
        server.until_said(&all, &offline.said()).await.unwrap_or_else(|why| panic!("{name}: {why}"));
        offline.is_reported_as_told(&server.told(&all).await).unwrap_or_else(|why| panic!("{name}: {why}"));
        let (expected, found) = (expected(&name), found(&mut server, &all).await);
        assert_eq!(found, expected, "{name}");
        compared += expected.len();
        server.remove_all(&wrong).await;
        server.until_said(&right, &nothing_wrong).await.unwrap_or_else(|why| panic!("after {name}: {why}"));
    }
    assert_eq!(compared, read(&examples().join("expected.txt")).lines().count());
    only_one_is_refused_at_the_door(&server.admin).await;
    server.stop().await;
}

async fn only_one_is_refused_at_the_door(admin: &Client) {
    install_admission(admin).await;
    for object in
        objects(&[files(&examples().join("compliant")), files(&examples().join("violating"))].concat())
    {
        match (try_apply(admin, &object, true).await, full_name(&object)) {
            (Ok(_), name) => assert_ne!(name, REFUSED),
            (Err(error), name) => assert!(name == REFUSED && error.to_string().contains("CX508"), "{error}"),
        }
    }
}

/// What is found on the server of these objects, as `expected.txt` has it: enforced or a warning, where the cause is.
async fn found(server: &mut Server, objects: &[Value]) -> BTreeSet<String> {
    let (mut found, mut inherited, mut annotated) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for object in objects {
        let (name, stored) = (full_name(object), server.find(object).await.unwrap());
        let codes = stored["metadata"]["annotations"]["cxguard.dev/findings"].as_str().unwrap_or_default();
        let codes = codes.split(',').filter(|code| !code.is_empty());
        annotated.extend(codes.map(|code| (code.to_owned(), name.clone())));
        for finding in stored["status"]["findings"].as_array().into_iter().flatten() {
            if finding["mode"] == "Audit" || finding["exempted"] == true {
                continue;
            }
            let code = finding["rule"].as_str().unwrap().to_owned();
            if ["DataFlow", "Survey"].contains(&stored["kind"].as_str().unwrap()) {
                inherited.insert(code.clone());
            }
            found.insert((code, finding["object"].as_str().unwrap_or(&name).to_owned()));
        }
    }
    // The annotation of a workload does not say which of its findings are those of its flows and surveys.
    annotated.retain(|(code, _)| !inherited.contains(code));
    found.extend(annotated);
    found.into_iter().map(|(code, name)| format!("{code} {name}")).collect()
}

/// The lines of `expected.txt` about a story, with names as findings have them.
fn expected(story: &str) -> BTreeSet<String> {
    let text = read(&examples().join("expected.txt"));
    let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let lines = lines.filter(|line| line[0] == story);
    lines.map(|line| format!("{} {}/{}", line[1], line[2], line[3].trim_start_matches("-/"))).collect()
}

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}
