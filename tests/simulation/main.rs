//! The life of one grant, with a crash before and after each write, restarts from old lists, a hanging watch, and
//! another replica that begins to lead at any write.
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

mod issued;
mod many;
mod members;
mod returning;
mod run;
mod server;
mod standby;
mod stories;
mod ungoverned;

use run::{Crash, Faults, NAMESPACE, Outcome, Run, USER, grant};
use serde_json::json;
use server::Server;
use stories::{access, at, document, stories, story};

fn judge(name: &str, faults: Faults, outcome: &Outcome, entitled: bool) {
    let context = format!("{name}, {faults:?}\nwrites: {:#?}\naccess: {:?}", outcome.writes, outcome.access);
    assert!(outcome.broken.is_empty(), "{context}\nbroken: {:#?}", outcome.broken);
    assert_eq!(outcome.server.allows(NAMESPACE, outcome.who), entitled, "{context}");
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
    let revocation = &outcome.server.objects[&grant()]["status"]["revocation"];
    assert_eq!(revocation["verified"], "True");
    // When it should have ended, and when it did.
    let instant = |field: &str| revocation[field].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert_eq!(instant("dueAt"), at(60));
    assert!(instant("at") >= at(60) && instant("at") < at(61), "{revocation}");
}

#[test]
fn what_was_never_given_did_not_end() {
    let late: fn(&mut Server) = |server| {
        server.edit(&grant(), |object| object["spec"]["expiresAt"] = "2020-12-01T00:00:00Z".into());
    };
    let outcome = Run::of(&story(vec![(0, late)]), Faults::default());
    let status = &outcome.server.objects[&grant()]["status"];
    assert_eq!(
        (&status["phase"], &status["revocation"]),
        (&"Expired".into(), &serde_json::json!({"cause": "Expired"}))
    );
    assert!(status["conditions"].to_string().contains("no access was ever given"), "{status}");
    assert!(outcome.access.iter().all(|(_, allowed)| !allowed));
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
fn another_that_begins_to_lead_at_any_write_breaks_nothing() {
    let mut late = 0;
    for (name, story, _) in stories() {
        let count = Run::of(&story, Faults::default()).writes.len();
        for at in 0..count {
            for fate in [Crash::Before, Crash::After, Crash::Late] {
                for returns in [false, true] {
                    let faults = Faults { moves: Some((at, fate)), returns, ..Faults::default() };
                    let outcome = Run::of(&story, faults);
                    judge(name, faults, &outcome, outcome.entitled);
                    late += usize::from(outcome.server.conflicts > 0);
                }
            }
        }
    }
    assert!(late > 100, "late writes of who led before come to nothing {late} times");
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
    let mut noticed = [false; 2];
    for (_, story, _) in stories() {
        let count = Run::of(&story, Faults::default()).writes.len();
        for at in 0..count {
            let faults = Faults { careless: true, ..Faults::default() };
            let faults = [
                Faults { crash: Some((at, Crash::Late)), ..faults },
                Faults { moves: Some((at, Crash::Late)), ..faults },
            ];
            for (noticed, faults) in noticed.iter_mut().zip(faults) {
                *noticed |= !Run::of(&story, faults).broken.is_empty();
            }
        }
    }
    assert_eq!(noticed, [true; 2], "the invariants cannot see a binding in force being removed");
}
