use cxguard::api::EndCause;
use cxguard::cluster::execute::Executor;
use cxguard::cluster::{Answer, Asked, Change, Detail, Effect, Known, Questions};
use cxguard::engine::Right;
use cxguard::facts::{Fact, GrantEnd, Kind, Name, ObjectRef};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::server::{OWN, Server, binding, eventually, grant, lease, now, target};

pub(crate) async fn finalizers_of_others_stay(server: &Server) {
    let mut with_other = grant("fin", &json!({}));
    with_other["metadata"]["finalizers"] = json!(["other.dev/x"]);
    for object in [with_other, grant("fin-bare", &json!({}))] {
        let created = server.create(&object).await;
        let first = target(Kind::AccessGrant, &created);
        let added = server.done(Effect::AddFinalizer(first.clone())).await;
        let (second, seen) = now(&added);
        assert!(matches!(seen.detail, Detail::Own { finalizer: true, .. }));
        assert_eq!(server.run(Effect::AddFinalizer(first.clone())).await, Answer::Conflict);
        assert_eq!(server.run(Effect::RemoveFinalizer(first)).await, Answer::Conflict);
        // Again, of the present version: nothing to do.
        assert_eq!(server.done(Effect::AddFinalizer(second.clone())).await, added);

        server.delete(&object).await;
        let deleted = server.get(&object).await.unwrap();
        let removed = server.done(Effect::RemoveFinalizer(target(Kind::AccessGrant, &deleted))).await;
        if object["metadata"]["finalizers"].is_array() {
            assert!(now(&removed).1.deleting);
            let left = server.get(&object).await.unwrap();
            assert_eq!(left["metadata"]["finalizers"], json!(["other.dev/x"]));
        } else {
            let gone = Change::is_gone(second.id.clone(), second.uid.clone());
            assert_eq!(removed, gone);
            assert_eq!(server.done(Effect::RemoveFinalizer(second)).await, gone);
        }
    }
    a_failed_test_is_worded_as_expected(server).await;
}

/// The executor looks before it patches, so that a test fails only in a race. Hence its wording is checked apart.
async fn a_failed_test_is_worded_as_expected(server: &Server) {
    let url = "/apis/cxguard.dev/v1alpha1/namespaces/cx/accessgrants/fin";
    let patch = json!([{"op": "test", "path": "/metadata/uid", "value": "another"}]);
    let request = http::Request::patch(url)
        .header("content-type", "application/json-patch+json")
        .body(patch.to_string().into_bytes())
        .unwrap();
    let Err(kube::Error::Api(status)) = server.admin.request::<Value>(request).await else {
        panic!("it was refused")
    };
    assert_eq!(status.code, 422);
    assert!(status.message.contains("the server rejected our request due to an error in our request"));
}

pub(crate) async fn bindings_are_the_version_they_were_decided_upon(server: &Server) {
    let grant = server.create(&grant("anna", &json!({}))).await;
    let mut lease = lease(&grant);
    let created = server.done(Effect::CreateBinding(lease.clone())).await;
    let (first, seen) = now(&created);
    let Detail::Binding(found) = seen.detail else { panic!("a binding") };
    assert!(found.managed && found.deadline.is_none());
    assert_eq!(found.owner, Some((lease.grant.clone(), lease.grant_uid.clone())));
    assert_eq!((&found.role, &found.subjects), (&lease.role, &lease.subjects));

    let deadline: Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
    lease.deadline = Some(deadline);
    let replaced = server.done(Effect::ReplaceBinding(first.clone(), lease.clone())).await;
    let (second, seen) = now(&replaced);
    assert!(matches!(seen.detail, Detail::Binding(found) if found.deadline == Some(Some(deadline))));
    // The stale view: neither replaces nor deletes what was extended.
    assert_eq!(server.run(Effect::ReplaceBinding(first.clone(), lease.clone())).await, Answer::Conflict);
    assert_eq!(server.run(Effect::DeleteBinding(first)).await, Answer::Conflict);

    let mut other = lease.clone();
    other.role = ObjectRef::cluster(Kind::ClusterRole, "edit");
    let answer = server.run(Effect::ReplaceBinding(second.clone(), other)).await;
    assert!(matches!(&answer, Answer::Forbidden(words) if words.contains("roleRef")), "{answer:?}");

    let grant_id = target(Kind::AccessGrant, &grant).id;
    let read = |uid: Option<Name>| {
        let known = |id: &ObjectRef, uid| Known { id: id.clone(), uid };
        Effect::Read(known(&grant_id, None), known(&lease.id, uid))
    };
    let Answer::Done(both) = server.run(read(None)).await else { panic!("read") };
    assert!(matches!(both[0].now, Some((Fact::Grant(_), _))));
    assert_eq!(both[1], replaced);

    let gone = Change::is_gone(second.id.clone(), second.uid.clone());
    assert_eq!(server.done(Effect::DeleteBinding(second.clone())).await, gone);
    assert_eq!(server.done(Effect::DeleteBinding(second.clone())).await, gone);
    // RBAC objects can be created by PUT: the UID prevents it.
    assert_eq!(server.run(Effect::ReplaceBinding(second.clone(), lease.clone())).await, Answer::Conflict);
    let Answer::Done(both) = server.run(read(Some(second.uid.clone()))).await else { panic!("read") };
    assert_eq!(both[1], gone);
    // Of what was not known, nothing can be gone.
    let Answer::Done(one) = server.run(read(None)).await else { panic!("read") };
    assert!(matches!(one[..], [Change { now: Some((Fact::Grant(_), _)), .. }]), "{one:?}");

    // A namesake is another binding.
    let namesake = server.done(Effect::CreateBinding(lease.clone())).await;
    assert_eq!(server.run(Effect::DeleteBinding(second)).await, Answer::Conflict);
    server.done(Effect::DeleteBinding(now(&namesake).0)).await;
}

pub(crate) async fn what_a_finalizer_keeps_is_not_gone(server: &Server) {
    let grant = server.create(&grant("kept", &json!({}))).await;
    let lease = lease(&grant);
    server.done(Effect::CreateBinding(lease.clone())).await;
    let object = binding(&lease.id.name);
    let held = server.merge(&object, &json!({"metadata": {"finalizers": ["other.dev/x"]}})).await;
    let left = server.done(Effect::DeleteBinding(target(Kind::RoleBinding, &held))).await;
    assert!(now(&left).1.deleting);
    server.merge(&object, &json!({"metadata": {"finalizers": null}})).await;
    assert_eq!(server.get(&object).await, None);
}

pub(crate) async fn an_existing_binding_is_shown_as_it_is(server: &Server) {
    let grant = server.create(&grant("taken", &json!({}))).await;
    let lease = lease(&grant);
    let mut foreign = binding(&lease.id.name);
    foreign["roleRef"] =
        json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit"});
    foreign["subjects"] = json!([{"kind": "User", "name": "mallory"}]);
    server.create(&foreign).await;
    let found = server.done(Effect::CreateBinding(lease)).await;
    let Detail::Binding(found) = now(&found).1.detail else { panic!("a binding") };
    assert!(!found.managed && found.owner.is_none());
    assert_eq!(&*found.subjects[0].name, "mallory");

    let mut nowhere = crate::server::lease(&grant);
    nowhere.id.namespace = "nowhere".into();
    let answer = server.run(Effect::CreateBinding(nowhere)).await;
    assert!(matches!(&answer, Answer::Forbidden(words) if words.contains("namespace nowhere")), "{answer:?}");
}

pub(crate) async fn ends_are_recorded(server: &Server) {
    let end = |grant: &str, cause| {
        let at: Timestamp = "2026-11-23T10:00:00.25Z".parse().unwrap();
        let grant = ObjectRef::namespaced(Kind::AccessGrant, "cx", grant);
        (Effect::RecordEnd { grant, at, cause }, GrantEnd { at, cause })
    };
    for (grant, cause) in
        [("anna", EndCause::Expired), ("anna", EndCause::Left), ("bea.x-1", EndCause::Deleted)]
    {
        let (effect, expected) = end(grant, cause);
        let change = server.done(effect).await;
        assert_eq!(change.id, ObjectRef::namespaced(Kind::GrantEnd, "cx", grant));
        assert_eq!(change.now.unwrap().0, Fact::GrantEnd(expected));
    }
    let maps: kube::Api<k8s_openapi::api::core::v1::ConfigMap> =
        kube::Api::namespaced(server.admin.clone(), OWN);
    let ours = kube::api::ListParams::default().labels("cxguard.dev/grant-ends=true");
    let records = maps.list(&ours).await.unwrap().items;
    let entries: usize = records.iter().filter_map(|record| Some(record.data.as_ref()?.len())).sum();
    assert_eq!(entries, 2);
}

pub(crate) async fn what_is_left_is_found_by_asking(server: &Server) {
    // Not one of the server's own: those are put together by the controller manager, which does not run here.
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "reader"},
        "rules": [{"apiGroups": [""], "resources": ["pods", "configmaps"], "verbs": ["get", "list"]}],
    });
    server.create(&role).await;
    let grant = server.create(&grant("vera", &json!({}))).await;
    let mut lease = lease(&grant);
    lease.role = ObjectRef::cluster(Kind::ClusterRole, "reader");
    let right = |verb: &str, resource: &str| Right {
        verb: verb.into(),
        group: "".into(),
        resource: resource.into(),
        subresource: "".into(),
        name: "".into(),
    };
    let questions = |groups: &[&str]| {
        Effect::Verify(Questions {
            namespace: "cx".into(),
            who: vec![Asked {
                user: "vera".to_owned(),
                groups: groups.iter().map(|group| (*group).to_owned()).collect(),
            }],
            rights: vec![right("list", "pods"), right("delete", "pods"), right("get", "configmaps")],
        })
    };
    let created = server.done(Effect::CreateBinding(lease)).await;
    let allowed = async || match server.run(questions(&["system:authenticated"])).await {
        Answer::Verified(left) => left,
        answer => panic!("not verified: {answer:?}"),
    };
    let left = eventually("access", async || Some(allowed().await).filter(|left| !left.is_empty())).await;
    let rights: Vec<&Right> = left.iter().map(|(right, _)| right).collect();
    assert_eq!(rights, [&right("list", "pods"), &right("get", "configmaps")]);
    assert!(left[0].1.contains("cxguard-vera"), "{}", left[0].1);
    server.done(Effect::DeleteBinding(now(&created).0)).await;
    eventually("no access", async || allowed().await.is_empty().then_some(())).await;
    let masters = server.run(questions(&["system:masters"])).await;
    assert!(matches!(masters, Answer::Verified(left) if left.len() == 3));
}

pub(crate) async fn what_is_forbidden_says_so(server: &Server) {
    let config = server.config("nobody", &[]).await;
    let nobody = Executor::new(&config, OWN, "test", Timestamp::now).unwrap();
    let grant = server.create(&grant("wanda", &json!({}))).await;
    let answer = nobody.run(Effect::CreateBinding(lease(&grant))).await;
    assert!(
        matches!(&answer, Answer::Forbidden(words) if words.contains("cannot create resource \"rolebindings\"")),
        "{answer:?}"
    );
    // A look-up that fails is not an object that is gone.
    let known = |id| Known { id, uid: None };
    let read = Effect::Read(known(target(Kind::AccessGrant, &grant).id), known(lease(&grant).id));
    assert!(matches!(nobody.run(read).await, Answer::Forbidden(_)));
}
