//! A binding that no grant covers, under a policy that has such removed, beside the life of the grant.

use cxguard::facts::{Kind, ObjectRef};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::judge;
use crate::run::{Crash, Faults, NAMESPACE, Outcome, Run};
use crate::server::Server;
use crate::stories::{access, at, document, stories, story};

fn foreign() -> ObjectRef {
    ObjectRef::namespaced(Kind::RoleBinding, NAMESPACE, "eves")
}

fn policy_id() -> ObjectRef {
    ObjectRef::cluster(Kind::CompliancePolicy, "strict")
}

fn policy(action: &str, grace: &str) -> Value {
    document(&format!(
        "{{apiVersion: cxguard.dev/v1alpha1, kind: CompliancePolicy, metadata: {{name: strict}},
          spec: {{access: {{ungoverned: {action}, ungovernedGrace: {grace}}}}}}}"
    ))
}

fn binding() -> Value {
    document(&format!(
        "{{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {{name: eves, namespace: {NAMESPACE}}},
          roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: feedback-reader}},
          subjects: [{{apiGroup: rbac.authorization.k8s.io, kind: User, name: eve}}]}}"
    ))
}

/// Eve has access by hand from the fifth second on, and forty seconds to make a grant of it.
fn by_hand(server: &mut Server) {
    server.put(policy("Remove", "40s"));
    server.put(binding());
}

/// When a binding of that name went, each time.
fn gone(outcome: &Outcome) -> Vec<Timestamp> {
    let steps = outcome.server.history.iter();
    steps.filter(|step| step.id == foreign() && step.object.is_none()).map(|step| step.at).collect()
}

fn phases(outcome: &Outcome) -> Vec<Value> {
    let entries = outcome.server.objects[&policy_id()]["status"]["ungoverned"].as_array();
    entries.into_iter().flatten().map(|entry| entry["phase"].clone()).collect()
}

/// What somebody does at a second.
type Edit = (i64, fn(&mut Server));

/// Runs a story without faults and with a crash at every write, from fresh and from old lists.
fn everywhere(name: &str, edits: &[Edit], check: impl Fn(&Outcome, Faults)) {
    let story = || story(edits.to_vec());
    let outcome = Run::of(&story(), Faults::default());
    check(&outcome, Faults::default());
    for at in 0..outcome.writes.len() {
        for crash in [Crash::Before, Crash::After, Crash::Late] {
            for stale in [0, 20] {
                let faults = Faults { crash: Some((at, crash)), stale, ..Faults::default() };
                let outcome = Run::of(&story(), faults);
                judge(name, faults, &outcome, outcome.entitled);
                check(&outcome, faults);
            }
        }
    }
}

#[test]
fn it_goes_when_its_grace_is_over_and_never_before() {
    everywhere("by hand", &[(5, by_hand)], |outcome, faults| {
        let gone = gone(outcome);
        assert!(
            matches!(gone.as_slice(), [when] if *when >= at(45) && *when <= at(62)),
            "{gone:?} {faults:?}"
        );
        if faults.crash.is_none() {
            assert_eq!(gone, [at(45)]);
        }
        assert_eq!(phases(outcome), ["Removed"], "{faults:?}");
    });
}

#[test]
fn what_a_grant_comes_to_cover_stays() {
    let covers: fn(&mut Server) = |server| {
        let mut grant = access(10_000, 20);
        grant["metadata"]["name"] = json!("eve");
        grant["spec"]["subject"]["name"] = json!("eve");
        server.put(grant);
    };
    everywhere("covered", &[(5, by_hand), (30, covers)], |outcome, faults| {
        assert!(gone(outcome).is_empty() && phases(outcome).is_empty(), "{faults:?}");
        assert!(outcome.server.objects.contains_key(&foreign()), "{faults:?}");
    });
}

#[test]
fn where_the_policy_goes_back_to_reporting_it_stays() {
    let report: fn(&mut Server) = |server| server.put(policy("Report", "40s"));
    everywhere("reported again", &[(5, by_hand), (44, report)], |outcome, faults| {
        assert!(gone(outcome).is_empty() && phases(outcome).is_empty(), "{faults:?}");
    });
}

#[test]
fn an_edit_of_the_policy_that_a_hanging_watch_hides_stops_it() {
    let report: fn(&mut Server) = |server| server.put(policy("Report", "40s"));
    let faults = Faults { hangs_from: Some(at(20)), ..Faults::default() };
    let story = story(vec![(5, by_hand), (30, report)]);
    assert!(gone(&Run::of(&story, faults)).is_empty());
}

#[test]
fn one_that_is_made_again_has_a_grace_of_its_own() {
    let again: fn(&mut Server) = |server| {
        server.delete(&foreign());
        server.put(binding());
    };
    everywhere("made again", &[(5, by_hand), (40, again)], |outcome, faults| {
        let gone = gone(outcome);
        assert!(
            matches!(gone.as_slice(), [first, last] if *first == at(40) && *last >= at(80)),
            "{gone:?} {faults:?}"
        );
    });
}

#[test]
fn the_bindings_of_grants_are_none_of_its_business() {
    for (name, mut story, entitled) in stories() {
        story.edits.push((at(0), Box::new(|server| server.put(policy("Remove", "1s")))));
        story.edits.sort_by_key(|(when, _)| *when);
        let outcome = Run::of(&story, Faults::default());
        judge(name, Faults::default(), &outcome, entitled);
        assert!(phases(&outcome).is_empty(), "{name}: {:?}", phases(&outcome));
    }
}
