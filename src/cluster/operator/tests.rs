//! What is remembered of what was done.

use serde_json::json;

use super::*;
use crate::cluster::effect::Target;
use crate::cluster::index::change;

#[test]
fn whom_a_deleted_binding_named_is_known_though_a_watch_was_faster_than_the_answer() {
    let now: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
    let grant = json!({
        "apiVersion": "cxguard.dev/v1alpha1", "kind": "AccessGrant",
        "metadata": {"name": "g", "namespace": "cx", "uid": "g-1", "resourceVersion": "1"}, "spec": {},
    });
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
        "metadata": {"name": "cxguard-g", "namespace": "cx", "uid": "b-1", "resourceVersion": "1",
            "labels": {"app.kubernetes.io/managed-by": "cxguard", "cxguard.dev/grant-uid": "g-1"}},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "reader"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "anna"}],
    });
    let grant = change(Kind::AccessGrant, &grant).unwrap();
    let stands = change(Kind::RoleBinding, &binding).unwrap();
    let Some((_, Seen { detail: Detail::Binding(seen), .. })) = stands.now.clone() else {
        panic!("no binding")
    };
    let (subject, id) = (grant.id.clone(), stands.id.clone());
    let lease = |grant_uid: &str| Lease {
        id: id.clone(),
        grant: "g".into(),
        grant_uid: grant_uid.into(),
        role: seen.role.clone(),
        subjects: seen.subjects.clone(),
        deadline: None,
        approved_at: None,
        returned_at: None,
    };
    let target = Target { id: id.clone(), uid: "b-1".into(), resource_version: "1".into() };
    let gone = Change::is_gone(id.clone(), "b-1".into());
    for (watch_first, written_for, known) in
        [(false, "g-1", true), (true, "g-1", true), (true, "an earlier one", false)]
    {
        let mut operator = Operator::default();
        operator.apply(grant.clone());
        operator.apply(stands.clone());
        operator.remember(&subject, &Effect::CreateBinding(lease(written_for)), &[], now);
        if watch_first {
            operator.apply(gone.clone());
        }
        operator.remember(&subject, &Effect::DeleteBinding(target.clone()), std::slice::from_ref(&gone), now);
        let deleted = operator.memory[&subject].deleted.as_ref().map(|deleted| &deleted.subjects);
        assert_eq!(deleted, known.then_some(&seen.subjects), "{watch_first} {written_for}");
    }
}

#[test]
fn what_finds_no_place_is_planned_when_there_is_one() {
    let now: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
    let mut operator = Operator::default();
    for nth in 0..20 {
        let vendor = json!({
            "apiVersion": "cxguard.dev/v1alpha1", "kind": "Vendor",
            "metadata": {"name": format!("v{nth}"), "uid": format!("v-{nth}"), "resourceVersion": "1"}, "spec": {},
        });
        operator.apply(change(Kind::Vendor, &vendor).unwrap());
    }
    operator.complete();
    operator.lead(true);
    let mut started = operator.step(now);
    assert_eq!(started.len(), 16);
    // Nothing to do until an answer comes.
    assert!(operator.step(now).is_empty() && operator.wake() != Some(Timestamp::MIN));
    for _ in 16..20 {
        let (ticket, _) = started.remove(0);
        operator.answer(ticket, Answer::Failed("busy".to_owned(), None), now);
        started.extend(operator.step(now));
        assert_eq!(started.len(), 16);
    }
    let (ticket, _) = started.remove(0);
    operator.answer(ticket, Answer::Failed("busy".to_owned(), None), now);
    assert!(operator.step(now).is_empty());
}
