//! A grant to a group whose members get access by name, with a crash at every write.

use cxguard::facts::{Kind, ObjectRef};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::judge;
use crate::run::{Crash, Faults, NAMESPACE, Outcome, Run, binding, grant};
use crate::server::Server;
use crate::stories::{access, at, document, story};

const ZOE: &str = "zoe@insight-partners.example";
const GUS: &str = "gus@insight-partners.example";

/// What somebody does at a second.
type Edit = (i64, fn(&mut Server));

fn person(name: &str) -> ObjectRef {
    ObjectRef::cluster(Kind::Person, name)
}

/// The user and Zoe have papers, Gus has none; the policy gives the others access.
fn crew(server: &mut Server) {
    server.put(document(
        "{apiVersion: cxguard.dev/v1alpha1, kind: CompliancePolicy, metadata: {name: strict},
          spec: {access: {groupMembersWithoutPapers: Exclude}}}",
    ));
    server.edit(&person("analyst-7"), |object| object["spec"]["groups"] = json!(["crew"]));
    for (name, username) in [("zoe", ZOE), ("gus", GUS)] {
        let mut papers = server.objects[&person("analyst-7")].clone();
        papers["metadata"] = json!({ "name": name });
        papers["spec"]["usernames"] = json!([username]);
        if name == "gus" {
            papers["spec"].as_object_mut().unwrap().remove("confidentiality");
        }
        server.put(papers);
    }
    let mut to_crew = access(10_000, 0);
    to_crew["spec"]["subject"] = json!({"kind": "Group", "name": "crew"});
    server.put(to_crew);
}

fn signs(server: &mut Server) {
    let paper = server.objects[&person("zoe")]["spec"]["confidentiality"].clone();
    server.edit(&person("gus"), |object| object["spec"]["confidentiality"] = paper);
}

fn lapses(server: &mut Server) {
    server.edit(&person("analyst-7"), |object| {
        object["spec"]["confidentiality"]["validUntil"] = json!("2026-11-22");
    });
}

fn ends(server: &mut Server) {
    server.edit(&grant(), |object| object["spec"]["revoked"] = json!({}));
}

fn leave(server: &mut Server) {
    for name in ["analyst-7", "zoe"] {
        server.edit(&person(name), |object| object["spec"]["groups"] = json!([]));
    }
}

/// The instants from which each version of the binding that names somebody stood.
fn named(outcome: &Outcome, username: &str) -> Vec<Timestamp> {
    let versions = outcome.server.history.iter().filter(|step| step.id == binding());
    let names = |object: &Value| object["subjects"].to_string().contains(username);
    versions.filter(|step| step.object.as_ref().is_some_and(names)).map(|step| step.at).collect()
}

/// Runs a story without faults and with a crash at every write, from fresh and from old lists.
fn everywhere(name: &str, edits: &[Edit], entitled: bool, check: impl Fn(&Outcome)) {
    let first: Edit = (0, crew);
    let all = || story([first].into_iter().chain(edits.iter().copied()).collect());
    let outcome = Run::of(&all(), Faults::default());
    judge(name, Faults::default(), &outcome, entitled);
    check(&outcome);
    for at in 0..outcome.writes.len() {
        for crash in [Crash::Before, Crash::After, Crash::Late] {
            for stale in [0, 20] {
                let faults = Faults { crash: Some((at, crash)), stale, ..Faults::default() };
                let outcome = Run::of(&all(), faults);
                judge(name, faults, &outcome, entitled);
                check(&outcome);
            }
        }
    }
}

#[test]
fn one_without_papers_is_left_out_and_joins_with_them() {
    everywhere("left out", &[], true, |outcome| {
        assert!(outcome.server.allows(NAMESPACE, ZOE) && named(outcome, GUS).is_empty());
        assert_eq!(outcome.server.objects[&grant()]["status"]["excluded"][0]["person"], "gus");
    });
    everywhere("joins", &[(20, signs)], true, |outcome| {
        assert!(outcome.server.allows(NAMESPACE, ZOE) && outcome.server.allows(NAMESPACE, GUS));
        assert!(named(outcome, GUS).into_iter().all(|since| since >= at(20)));
        assert!(outcome.server.objects[&grant()]["status"].get("excluded").is_none());
    });
}

#[test]
fn one_whose_papers_lapse_goes_and_the_others_stay() {
    everywhere("goes", &[(20, lapses)], false, |outcome| {
        assert!(outcome.server.allows(NAMESPACE, ZOE));
        let status = &outcome.server.objects[&grant()]["status"];
        assert_eq!(status["phase"], "Active");
        // Nobody's access was interrupted: the binding is one and the same.
        let uids = outcome.server.history.iter().filter(|step| step.id == binding());
        let uids: std::collections::BTreeSet<_> = uids.map(|step| &step.uid).collect();
        assert_eq!(uids.len(), 1);
    });
}

#[test]
fn where_the_last_with_papers_has_gone_nobody_has_access() {
    everywhere("leave", &[(20, leave)], false, |outcome| {
        assert!(!outcome.server.allows(NAMESPACE, ZOE) && !outcome.server.allows(NAMESPACE, GUS));
        let status = &outcome.server.objects[&grant()]["status"];
        // Gus, who never had access, is not the cause.
        let end = (&status["phase"], &status["revocation"]["cause"], &status["revocation"]["verified"]);
        assert_eq!(end, (&json!("Suspended"), &json!("Violation"), &json!("Partial")), "{status}");
    });
}

#[test]
fn the_end_of_the_grant_is_the_end_for_all() {
    everywhere("ends", &[(10, signs), (20, ends)], false, |outcome| {
        assert!(!outcome.server.allows(NAMESPACE, ZOE) && !outcome.server.allows(NAMESPACE, GUS));
        assert_eq!(outcome.server.objects[&grant()]["status"]["revocation"]["verified"], "True");
    });
}
