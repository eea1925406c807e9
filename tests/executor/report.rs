use std::collections::BTreeMap;

use cxguard::api::labels::{COMPLIANCE, DATA_FLOWS, FINDINGS};
use cxguard::cluster::{Answer, Change, Detail, Effect, Note};
use cxguard::facts::{Kind, ObjectRef};
use k8s_openapi::api::events::v1::Event;
use kube::Api;
use kube::api::ListParams;
use serde_json::json;

use crate::server::{Server, grant, now, target};

pub(crate) async fn statuses_are_bound_to_a_version(server: &Server) {
    let object = grant("status", &json!({}));
    let created = server.create(&object).await;
    let first = target(Kind::AccessGrant, &created);
    let status = json!({"phase": "Pending", "observedGeneration": 1});
    let write = |target, status: &serde_json::Value| Effect::WriteStatus(target, status.clone());
    let written = server.done(write(first.clone(), &status)).await;
    let (second, seen) = now(&written);
    assert_eq!(seen.detail, Detail::Own { status: status.clone(), finalizer: false });
    assert_eq!(server.run(write(first, &json!({"phase": "Active"}))).await, Answer::Conflict);
    // What is said again changes nothing, and what is not said any more goes.
    assert_eq!(server.done(write(second.clone(), &status)).await, written);
    let less = server.done(write(second.clone(), &json!({"phase": "Pending"}))).await;
    let seen = now(&less).1;
    assert_eq!(seen.detail, Detail::Own { status: json!({"phase": "Pending"}), finalizer: false });

    // Nor does what somebody else wrote stay.
    let url = "/apis/cxguard.dev/v1alpha1/namespaces/cx/accessgrants/status/status";
    let body = json!({"status": {"binding": {"name": "b", "uid": "u"}}}).to_string().into_bytes();
    let request = http::Request::patch(url).header("content-type", "application/merge-patch+json").body(body);
    server.admin.request::<serde_json::Value>(request.unwrap()).await.unwrap();
    let others = target(Kind::AccessGrant, &server.get(&object).await.unwrap());
    let (third, seen) = now(&server.done(write(others, &status)).await);
    assert_eq!(seen.detail, Detail::Own { status: status.clone(), finalizer: false });
    // What the definition has no place for is not written over and over.
    let pruned = server.run(write(third, &json!({"phase": "Pending", "unheardOf": 1}))).await;
    assert!(matches!(&pruned, Answer::Failed(words, None) if words.contains("not kept")), "{pruned:?}");
    let third = target(Kind::AccessGrant, &server.get(&object).await.unwrap());

    server.delete(&object).await;
    let gone = Change::is_gone(third.id.clone(), third.uid.clone());
    assert_eq!(server.done(write(third.clone(), &status)).await, gone);
    server.create(&object).await;
    assert_eq!(server.run(write(third, &status)).await, Answer::Conflict);
    assert_eq!(server.get(&object).await.unwrap().get("status"), None);
}

pub(crate) async fn annotations_are_bound_to_a_uid(server: &Server) {
    let object = json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "app", "namespace": "cx", "annotations": {"other": "x"}},
        "spec": {
            "selector": {"matchLabels": {"app": "app"}},
            "template": {
                "metadata": {"labels": {"app": "app"}},
                "spec": {"containers": [{"name": "app", "image": "app"}]},
            },
        },
    });
    let created = server.create(&object).await;
    let target = target(Kind::Deployment, &created);
    let write = |target: &cxguard::cluster::Target, compliance: Option<&str>, findings: Option<&str>| {
        let ours = [(COMPLIANCE, compliance), (FINDINGS, findings), (DATA_FLOWS, None)];
        let ours: BTreeMap<_, _> = ours.map(|(key, value)| (key, value.map(str::to_owned))).into();
        Effect::Annotate(target.clone(), ours)
    };
    let written = server.done(write(&target, Some("Violating"), Some("CX101"))).await;
    let (_, seen) = now(&written);
    // No rollout, though the server counts up the generation of a Deployment also for annotations.
    assert_eq!(server.get(&object).await.unwrap()["spec"], created["spec"]);
    assert_eq!(seen.detail, Detail::Workload([Some("Violating".into()), Some("CX101".into()), None]));
    // The version may have moved on meanwhile.
    server.merge(&object, &json!({"metadata": {"annotations": {DATA_FLOWS: "by hand"}}})).await;
    let written = server.done(write(&target, Some("Compliant"), None)).await;
    assert_eq!(now(&written).1.detail, Detail::Workload([Some("Compliant".into()), None, None]));
    server.done(write(&target, None, None)).await;
    let left = server.get(&object).await.unwrap();
    assert_eq!(left["metadata"]["annotations"], json!({"other": "x"}));

    let mut namesake = target.clone();
    namesake.uid = "00000000-0000-0000-0000-000000000000".into();
    for effect in [write(&namesake, Some("Compliant"), None), write(&namesake, None, None)] {
        assert_eq!(server.run(effect).await, Answer::Conflict);
    }
    server.delete(&object).await;
    for effect in [write(&target, Some("Compliant"), None), write(&target, None, None)] {
        assert_eq!(server.run(effect).await, Answer::Conflict);
    }
    assert_eq!(server.get(&object).await, None);
}

pub(crate) async fn events_are_sent_once(server: &Server) {
    let created = server.create(&grant("told", &json!({}))).await;
    let grant = target(Kind::AccessGrant, &created);
    let vendor = ObjectRef::cluster(Kind::Vendor, "told");
    for (regarding, namespace) in [(grant.id, "cx"), (vendor, "default")] {
        let note = Note {
            regarding,
            uid: grant.uid.clone(),
            warning: true,
            reason: "Expired",
            action: "Revoke",
            text: "ü".repeat(2000),
        };
        for _ in 0..2 {
            assert_eq!(server.run(Effect::Event(note.clone())).await, Answer::Done(Vec::new()));
        }
        let events: Api<Event> = Api::namespaced(server.admin.clone(), namespace);
        let events = events.list(&ListParams::default()).await.unwrap().items;
        let ours =
            events.iter().filter(|event| event.regarding.as_ref().unwrap().name.as_deref() == Some("told"));
        assert_eq!(ours.count(), 1);
    }
}
