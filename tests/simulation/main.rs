//! The life of one grant, with a crash before and after each write, restarts from old lists and a hanging watch.
//!
//! Time is virtual and the server a model ([`server`] says of what). Invariants: nobody keeps access beyond the end plus
//! a bound; no binding in force and no foreign one is removed; a renewed grant is never revoked by a stale view;
//! eventually nothing is written any more.

#![cfg(feature = "cluster")]
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test: clippy's own exceptions for tests do not reach its helper functions"
)]

mod run;
mod server;

use jiff::{SignedDuration, Timestamp};
use run::{Crash, Faults, NAMESPACE, Outcome, Run, Story, USER, binding, grant};
use serde_json::{Value, json};
use server::Server;

const START: &str = "2026-11-23T12:00:00Z";

fn at(seconds: i64) -> Timestamp {
    START.parse::<Timestamp>().unwrap() + SignedDuration::from_secs(seconds)
}

fn document(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap()
}

/// A consultant with papers, a role, and a grant of 60 seconds.
fn world(server: &mut Server) {
    server.put(document(
        "{apiVersion: v1, kind: Namespace, metadata: {name: cx-feedback, labels: {cxguard.dev/protected: 'true'}}}",
    ));
    server.put(document(
        "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: feedback-reader},
          rules: [{apiGroups: [''], resources: [configmaps], verbs: [get]}]}",
    ));
    server.put(document(
        "{apiVersion: cxguard.dev/v1alpha1, kind: Vendor, metadata: {name: insight-partners}, spec: {role: Processor,
          country: DE, agreement: {signedOn: 2026-09-01, validUntil: 2027-08-31, countries: [DE],
          measures: [EncryptionAtRest]}}}",
    ));
    server.put(person("2027-09-30"));
    server.put(access(60, 0));
}

fn person(nda: &str) -> Value {
    document(&format!(
        "{{apiVersion: cxguard.dev/v1alpha1, kind: Person, metadata: {{name: analyst-7}}, spec: {{
          usernames: [{USER}], type: Consultant, vendor: insight-partners, jobRole: data-analyst,
          confidentiality: {{signedOn: 2026-09-28, validUntil: {nda}}},
          engagement: {{from: 2026-10-01, until: 2026-12-31}}}}}}"
    ))
}

/// A grant that ends and was approved so many seconds from the start.
fn access(expires: i64, approved: i64) -> Value {
    document(&format!(
        "{{apiVersion: cxguard.dev/v1alpha1, kind: AccessGrant, metadata: {{name: analyst-7-churn,
          namespace: {NAMESPACE}}}, spec: {{subject: {{kind: User, name: {USER}}},
          role: {{kind: ClusterRole, name: feedback-reader}}, dataForm: Pseudonymised,
          expiresAt: '{}', approval: {{by: lead@corp.example, at: '{}'}}, reviewedOn: 2026-11-19}}}}",
        at(expires),
        at(approved)
    ))
}

fn story(edits: Vec<(i64, fn(&mut Server))>) -> Story {
    let mut all: Vec<(Timestamp, Box<dyn Fn(&mut Server)>)> = vec![(at(0), Box::new(world))];
    all.extend(edits.into_iter().map(|(when, edit)| (at(when), Box::new(edit) as Box<dyn Fn(&mut Server)>)));
    Story { start: at(0), end: at(600), edits: all }
}

fn stories() -> Vec<(&'static str, Story, bool)> {
    let extend = |server: &mut Server| {
        server.edit(&grant(), |object| object["spec"] = access(10_000, 30)["spec"].clone());
    };
    let late = |server: &mut Server| {
        server.edit(&grant(), |object| object["spec"] = access(10_000, 54)["spec"].clone());
    };
    vec![
        ("it expires", story(vec![]), false),
        ("it is extended early", story(vec![(30, extend)]), true),
        ("it is extended five seconds before the deadline", story(vec![(55, late)]), true),
        (
            "it expires and is renewed by a later approval",
            story(vec![(64, |server| {
                server.edit(&grant(), |object| object["spec"] = access(10_000, 64)["spec"].clone());
            })]),
            true,
        ),
        (
            "it is revoked",
            story(vec![(20, |server| {
                server.edit(&grant(), |object| {
                    object["spec"]["revoked"] = json!({"reason": "done"});
                });
            })]),
            false,
        ),
        ("it is deleted", story(vec![(20, |server| server.delete(&grant()))]), false),
        (
            "it is deleted and created again at once",
            story(vec![
                (20, |server| {
                    server.delete(&grant());
                }),
                (25, |server| server.put(access(10_000, 22))),
            ]),
            true,
        ),
        (
            "the NDA is found to have lapsed and is renewed",
            story(vec![
                (10, |server| server.put(person("2026-11-22"))),
                (20, |server| server.put(person("2027-09-30"))),
                (30, |server| {
                    server.edit(&grant(), |object| object["spec"] = access(10_000, 30)["spec"].clone());
                }),
            ]),
            true,
        ),
        ("its binding is deleted by somebody", story(vec![(10, |server| server.delete(&binding()))]), false),
        (
            "its binding is given to somebody else",
            story(vec![(10, |server| {
                server.edit(&binding(), |object| object["subjects"][0]["name"] = json!("mallory"));
            })]),
            false,
        ),
        (
            "its binding is stripped of its labels",
            story(vec![(10, |server| {
                server.edit(&binding(), |object| object["metadata"]["labels"] = json!({}));
            })]),
            false,
        ),
        (
            "its deadline is moved on the binding",
            story(vec![(10, |server| {
                server.edit(&binding(), |object| {
                    object["metadata"]["annotations"]["cxguard.dev/deadline"] = json!("2099-01-01T00:00:00Z");
                });
            })]),
            false,
        ),
    ]
}

fn judge(name: &str, faults: Faults, outcome: &Outcome, entitled: bool) {
    let context = format!("{name}, {faults:?}\nwrites: {:#?}\naccess: {:?}", outcome.writes, outcome.access);
    assert!(outcome.broken.is_empty(), "{context}\nbroken: {:#?}", outcome.broken);
    assert_eq!(outcome.server.allows(NAMESPACE, USER), entitled, "{context}");
    assert!(!outcome.server.allows(NAMESPACE, "mallory"), "{context}");
    let last = outcome.writes.last().expect("something was written").0;
    assert!(last < at(200), "writes do not end: {context}");
}

#[test]
fn every_story_ends_well_without_faults() {
    for (name, story, entitled) in stories() {
        let outcome = Run::of(&story, Faults::default());
        judge(name, Faults::default(), &outcome, entitled);
        assert!(outcome.access.iter().any(|(_, allowed)| *allowed), "{name}: nobody ever had access");
    }
}

#[test]
fn a_grant_ends_at_its_deadline_to_the_instant() {
    let outcome = Run::of(&story(vec![]), Faults::default());
    assert_eq!(outcome.access.last(), Some(&(at(60), false)));
    assert_eq!(outcome.server.objects[&grant()]["status"]["phase"], "Expired");
    assert_eq!(outcome.server.objects[&grant()]["status"]["revocation"]["verified"], "True");
}

#[test]
fn a_crash_before_or_after_any_write_breaks_nothing() {
    for (name, story, _) in stories() {
        let count = Run::of(&story, Faults::default()).writes.len();
        for at in 0..count {
            for crash in [Crash::Before, Crash::After, Crash::Late] {
                for stale in [0, 20] {
                    let faults = Faults { crash: Some((at, crash)), stale, ..Faults::default() };
                    let outcome = Run::of(&story, faults);
                    judge(name, faults, &outcome, outcome.entitled);
                }
            }
        }
    }
}

#[test]
fn an_extension_that_a_hanging_watch_hides_is_found() {
    let extend: fn(&mut Server) = |server| {
        server.edit(&grant(), |object| object["spec"] = access(10_000, 30)["spec"].clone());
    };
    let faults = Faults { hangs_from: Some(at(20)), ..Faults::default() };
    let outcome = Run::of(&story(vec![(30, extend)]), faults);
    judge("extended behind a hanging watch", faults, &outcome, true);
    assert_eq!(outcome.access.last().map(|(_, allowed)| *allowed), Some(true));
}

#[test]
fn a_hanging_watch_does_not_prolong_access() {
    let faults = Faults { hangs_from: Some(at(20)), ..Faults::default() };
    let outcome = Run::of(&story(vec![]), faults);
    assert_eq!(outcome.access.last(), Some(&(at(60), false)));
}

#[test]
fn a_grant_restored_from_a_backup_stays_without_access() {
    let restore: fn(&mut Server) = |server| server.put(access(10_000, 0));
    let story = story(vec![
        (20, |server| server.edit(&grant(), |object| object["spec"]["revoked"] = json!({}))),
        (30, |server| server.delete(&grant())),
        (40, restore),
    ]);
    let outcome = Run::of(&story, Faults::default());
    judge("restored", Faults::default(), &outcome, false);
    assert_eq!(outcome.server.objects[&grant()]["status"]["phase"], "Revoked");
}

#[test]
fn a_foreign_binding_of_that_name_is_left_alone() {
    let taken: fn(&mut Server) = |server| {
        server.put(document(
            "{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding,
              metadata: {name: cxguard-analyst-7-churn, namespace: cx-feedback},
              roleRef: {kind: ClusterRole, name: feedback-reader}, subjects: [{kind: User, name: somebody}]}",
        ));
    };
    let outcome = Run::of(&story(vec![(0, taken)]), Faults::default());
    assert!(outcome.broken.is_empty(), "{:?}", outcome.broken);
    assert!(outcome.server.allows(NAMESPACE, "somebody"));
    assert!(!outcome.server.allows(NAMESPACE, USER));
}

#[test]
fn a_deletion_without_preconditions_would_be_noticed() {
    let mut noticed = false;
    for (_, story, _) in stories() {
        let count = Run::of(&story, Faults::default()).writes.len();
        for at in 0..count {
            let faults = Faults { crash: Some((at, Crash::Late)), careless: true, ..Faults::default() };
            noticed |= !Run::of(&story, faults).broken.is_empty();
        }
    }
    assert!(noticed, "the invariants cannot see a binding in force being removed");
}
