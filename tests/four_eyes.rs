//! Who may do what with grants, status and protected namespaces: `deploy/` on a real API server.

#![cfg(feature = "cluster")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, also in its helpers")]

mod support;

use std::collections::BTreeMap;

use kube::Client;
use kube::api::{Api, DeleteParams, DynamicObject, Patch, PatchParams};
use kube::core::{ApiResource, GroupVersionKind};
use serde_json::{Value, json};
use support::{OPERATOR, SOON, apply, documents, eventually, install, try_create, until_allowed};
use xtask::controlplane::{ControlPlane, Options};

const SETUP: &str = include_str!("four_eyes/setup.yaml");
const POLICIES: &str = include_str!("four_eyes/policies.yaml");
const EXAMPLES: [&str; 5] = [
    include_str!("../examples/compliant/policy.yaml"),
    include_str!("../examples/compliant/vendors.yaml"),
    include_str!("../examples/compliant/people.yaml"),
    include_str!("../examples/compliant/cx-feedback.yaml"),
    include_str!("../examples/compliant/incidents.yaml"),
];

/// The users of `setup.yaml`, with their groups.
const USERS: [(&str, &[&str]); 9] = [
    ("rita", &[]),
    ("anna", &["approvers"]),
    ("ralf", &["on-call"]),
    ("vera", &[]),
    ("carl", &[]),
    ("bea", &[]),
    ("nick", &[]),
    ("una", &[]),
    (OPERATOR, &["system:serviceaccounts", "system:serviceaccounts:cxguard-system"]),
];

type Users = BTreeMap<&'static str, Client>;

/// One attempt: by whom, where, at which grant (`new` is created), with what in its spec, and the refusal, if any.
type Case = (&'static str, &'static str, &'static str, Value, Option<&'static str>);

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn four_eyes() {
    let plane = ControlPlane::start(Options { scheduler: false, ..Options::default() }).await.unwrap();
    install(&plane).await;
    let admin = plane.admin().unwrap();
    policies_are_well_typed(&admin).await;
    apply(&admin, SETUP).await;
    let users = users(&plane, &admin).await;

    try_all(&users, asking()).await;
    try_all(&users, approving()).await;
    try_all(&users, extending()).await;
    what_is_not_spec_is_free(&users).await;
    only_the_operator_writes_status(&users).await;
    a_namespace_stays_protected(&users).await;

    apply(&admin, POLICIES).await;
    until_policies_count(&users["rita"]).await;
    try_all(&users, asking()).await;
    try_all(&users, without_approval()).await;
    try_all(&users, emergencies()).await;

    the_examples_apply(&users["admin"]).await;
    namespaces_can_be_deleted(&users["admin"]).await;
}

async fn users(plane: &ControlPlane, admin: &Client) -> Users {
    let mut users = Users::from([("admin", admin.clone())]);
    for (user, groups) in USERS {
        users.insert(user, plane.client(user, groups).unwrap());
    }
    let on_grants = |verb: &str| json!({"verb": verb, "group": "cxguard.dev", "resource": "accessgrants", "namespace": "cx-light"});
    let on_namespaces = |verb: &str| json!({"verb": verb, "group": "", "resource": "namespaces"});
    let bind = json!({"verb": "bind", "group": "rbac.authorization.k8s.io", "resource": "clusterroles", "name": "feedback-reader", "namespace": "cx-light"});
    for (user, right) in [
        ("rita", on_grants("create")),
        ("anna", on_grants("approve")),
        ("ralf", on_grants("approve")),
        ("vera", on_grants("vouch")),
        ("carl", on_grants("patch")),
        ("bea", bind),
        ("nick", on_namespaces("patch")),
        ("una", on_namespaces("unprotect")),
        (OPERATOR, on_grants("patch")),
    ] {
        until_allowed(&users[user], right).await;
    }
    users
}

fn grants(client: &Client, namespace: &str) -> Api<DynamicObject> {
    let kind = ApiResource::from_gvk(&GroupVersionKind::gvk("cxguard.dev", "v1alpha1", "AccessGrant"));
    Api::namespaced_with(client.clone(), namespace, &kind)
}

/// Tries each case without storing anything, so that every case meets the same grants.
async fn try_all(users: &Users, cases: Vec<Case>) {
    let mut wrong = Vec::new();
    for (user, namespace, grant, change, refusal) in cases {
        let client = &users[user];
        let result = if grant == "new" {
            let mut spec = asked_for();
            spec.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            let object = json!({
                "apiVersion": "cxguard.dev/v1alpha1", "kind": "AccessGrant",
                "metadata": {"name": "new", "namespace": namespace}, "spec": spec,
            });
            try_create(client, &object, true).await.map(drop)
        } else {
            let how = PatchParams { dry_run: true, ..PatchParams::default() };
            let patch = Patch::Merge(json!({ "spec": change }));
            grants(client, namespace).patch(grant, &how, &patch).await.map(drop)
        };
        let said = result.err().map(|error| error.to_string()).unwrap_or_default();
        let right = refusal.map_or(said.is_empty(), |part| said.contains(part));
        if !right {
            wrong.push(format!(
                "{user}: {grant} in {namespace} with {change}\n  is to be {refusal:?}\n  and is {said:?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What every new grant asks for.
fn asked_for() -> Value {
    json!({
        "subject": {"kind": "User", "name": "sam"},
        "role": {"kind": "ClusterRole", "name": "feedback-reader"},
        "expiresAt": "2026-12-18T18:00:00Z",
    })
}

fn asking() -> Vec<Case> {
    let in_another_name =
        Some("CX508: rita creates this grant and must be its requester: set spec.requestedBy to rita");
    vec![
        ("rita", "cx", "new", json!({"requestedBy": "rita"}), None),
        ("rita", "cx", "new", json!({"requestedBy": "anna"}), in_another_name),
        ("rita", "cx", "new", json!({}), in_another_name),
        ("rita", "cx", "asked", json!({"requestedBy": "anna"}), Some("requestedBy is immutable")),
        ("rita", "cx", "asked", json!({"requestedBy": null}), Some("requestedBy is immutable")),
        ("rita", "cx", "asked", json!({"revoked": {"reason": "a mistake"}}), None),
        ("rita", "cx", "asked", json!({"startsAt": "2026-11-20T08:00:00Z", "dataForm": "Aggregate"}), None),
        ("rita", "cx", "asked", json!({"expiresAt": "2026-12-01T00:00:00Z"}), None),
        ("vera", "cx", "new", json!({"requestedBy": "rita"}), None),
        ("vera", "cx", "new", json!({}), None),
        // `vouch` is held where it is bound.
        ("vera", "cx-other", "new", json!({"requestedBy": "rita"}), Some("CX508: vera creates this grant")),
    ]
}

/// An approval by this user.
fn by(name: &str) -> Value {
    json!({"by": name, "at": "2026-11-20T15:00:00Z"})
}

fn approving() -> Vec<Case> {
    let verb = Some("lacks the verb approve on accessgrants in cx: leave spec.approval as it is");
    let other_name =
        Some("CX508: anna approves and must sign with the own name: set spec.approval.by to anna");
    let own = Some("gets access by this grant or asked for it, and cannot approve it");
    let signed = |by_whom: &str| json!({ "approval": by(by_whom) });
    let subject = |kind: &str, name: &str| json!({"requestedBy": "ralf", "approval": by("ralf"), "subject": {"kind": kind, "name": name}});
    let vouched = |subject: Value, requester: &str, approver: &str| json!({"subject": subject, "requestedBy": requester, "approval": by(approver)});
    let bot = json!({"kind": "ServiceAccount", "name": "bot"});
    let issued = |holder: Value| {
        json!({
            "subject": {"kind": "IssuedServiceAccount", "name": "bot"}, "issuedTo": holder,
            "requestedBy": "rita", "approval": by("anna"),
        })
    };
    vec![
        ("anna", "cx", "asked", signed("anna"), None),
        ("rita", "cx", "asked", signed("rita"), Some("CX508: rita lacks the verb approve")),
        ("rita", "cx", "asked", signed("anna"), verb),
        ("carl", "cx", "asked", signed("carl"), verb),
        ("anna", "cx", "asked", signed("lead"), other_name),
        ("anna", "cx-other", "asked", signed("anna"), None),
        // A requester who holds `approve`.
        ("ralf", "cx", "asked", signed("ralf"), None),
        ("ralf", "cx", "asked-by-ralf", signed("ralf"), own),
        ("anna", "cx", "asked-by-ralf", signed("anna"), None),
        // The subject in each of its forms.
        ("anna", "cx", "for-anna", signed("anna"), Some("CX508: anna gets access by this grant")),
        ("anna", "cx", "for-approvers", signed("anna"), own),
        ("ralf", "cx", "for-approvers", signed("ralf"), None),
        ("anna", "cx", "issued-to-anna", signed("anna"), own),
        ("anna", "cx", "issued-to-approvers", signed("anna"), own),
        ("ralf", "cx", "issued-to-anna", signed("ralf"), None),
        // An approval in a new grant.
        ("rita", "cx", "new", json!({"requestedBy": "rita", "approval": by("anna")}), verb),
        ("rita", "cx", "new", json!({"requestedBy": "rita", "approval": by("rita")}), verb),
        ("ralf", "cx", "new", json!({"requestedBy": "ralf", "approval": by("ralf")}), own),
        ("ralf", "cx", "new", subject("User", "ralf"), own),
        (
            "ralf",
            "cx",
            "new",
            json!({"requestedBy": "ralf", "approval": by("anna")}),
            Some("must sign with the own name"),
        ),
        // Vouching: any names, except that nobody approves their own.
        ("vera", "cx", "new", vouched(json!({"kind": "User", "name": "sam"}), "rita", "anna"), None),
        ("vera", "cx", "new", vouched(json!({"kind": "User", "name": "sam"}), "rita", "rita"), own),
        ("vera", "cx", "new", vouched(json!({"kind": "User", "name": "sam"}), "rita", "sam"), own),
        ("vera", "cx", "new", vouched(bot.clone(), "rita", "system:serviceaccount:cx:bot"), own),
        ("vera", "cx", "new", vouched(bot, "rita", "system:serviceaccount:cx-other:bot"), None),
        ("vera", "cx", "new", issued(json!({"kind": "User", "name": "anna"})), own),
        ("vera", "cx", "new", issued(json!({"kind": "ServiceAccount", "name": "anna"})), None),
        ("vera", "cx", "asked", signed("anna"), None),
        ("vera", "cx", "asked", signed("rita"), own),
        ("vera", "cx-other", "asked", signed("anna"), Some("lacks the verb approve")),
        // The operator gives access, and approves none.
        (OPERATOR, "cx", "asked", signed(OPERATOR), verb),
    ]
}

fn extending() -> Vec<Case> {
    let longer = "2027-01-31T00:00:00Z";
    let again = |by: &str| json!({"by": by, "at": "2026-11-21T00:00:00Z"});
    let later = Some("expiresAt moves later only with a later approval");
    let verb = Some("CX508: rita lacks the verb approve");
    vec![
        ("rita", "cx", "approved", json!({ "expiresAt": longer }), later),
        ("rita", "cx", "approved", json!({ "expiresAt": null }), later),
        ("anna", "cx", "approved", json!({ "expiresAt": longer }), later),
        ("rita", "cx", "approved", json!({"expiresAt": longer, "approval": again("anna")}), verb),
        ("rita", "cx", "approved", json!({"expiresAt": null, "approval": again("anna")}), verb),
        ("rita", "cx", "approved", json!({"approval": again("anna")}), verb),
        ("anna", "cx", "approved", json!({"expiresAt": longer, "approval": again("anna")}), None),
        ("anna", "cx", "approved", json!({"expiresAt": null, "approval": again("anna")}), None),
        ("anna", "cx", "endless", json!({ "expiresAt": longer }), None),
        ("anna", "cx", "endless", json!({"approval": again("anna")}), None),
        ("rita", "cx", "approved", json!({ "approval": null }), Some("approval stays")),
        ("anna", "cx", "approved", json!({ "approval": null }), Some("approval stays")),
        (
            "anna",
            "cx",
            "approved",
            json!({"approval": {"at": "2026-11-01T00:00:00Z"}}),
            Some("approval stays"),
        ),
        ("rita", "cx", "approved", json!({"reviewedOn": "2026-11-22"}), None),
        ("rita", "cx", "approved", json!({"revoked": {}}), None),
    ]
}

/// In `cx-light` a policy asks for no approval, in `cx-audit` one enforces nothing; `cx` knows neither.
fn without_approval() -> Vec<Case> {
    let asks = |user: &str| json!({ "requestedBy": user });
    let bind = Some("lacks the verb bind on ClusterRole feedback-reader: ask somebody who holds it");
    let mut cases = vec![
        (
            "rita",
            "cx-light",
            "new",
            asks("rita"),
            Some("CX508: CompliancePolicy light asks for no approval in cx-light"),
        ),
        ("rita", "cx-audit", "new", asks("rita"), Some("CX508: CompliancePolicy audit asks for no approval")),
        ("rita", "cx-warn", "new", asks("rita"), Some("CX508: CompliancePolicy warn asks for no approval")),
        ("bea", "cx-light", "new", asks("bea"), None),
        ("bea", "cx", "new", asks("bea"), None),
        ("vera", "cx-light", "new", json!({"requestedBy": "rita", "approval": by("anna")}), None),
        (
            "bea",
            "cx-light",
            "new",
            json!({"requestedBy": "bea", "role": {"kind": "Role", "name": "feedback-reader"}}),
            Some("lacks the verb bind on Role"),
        ),
        (
            "bea",
            "cx-light",
            "new",
            json!({"requestedBy": "bea", "role": {"kind": "ClusterRole", "name": "admin"}}),
            Some("lacks the verb bind on ClusterRole admin"),
        ),
    ];
    // The grant was there before the policy.
    for change in [
        json!({"startsAt": "2026-11-20T08:00:00Z"}),
        json!({"dataForm": "Identifiable"}),
        json!({"emergency": true}),
    ] {
        cases.push(("rita", "cx-light", "asked", change.clone(), bind));
        cases.push(("bea", "cx-light", "asked", change, None));
    }
    for change in [
        json!({"revoked": {}}),
        json!({"reviewedOn": "2026-11-22"}),
        json!({"expiresAt": "2026-12-01T00:00:00Z"}),
    ] {
        cases.push(("rita", "cx-light", "asked", change, None));
    }
    cases
}

/// In `cx-light` the group on-call may approve its own.
fn emergencies() -> Vec<Case> {
    let own = |by_whom: &str| json!({"requestedBy": by_whom, "emergency": true, "approval": by(by_whom), "subject": {"kind": "User", "name": by_whom}});
    let refused = Some("approve an own grant in an emergency (access.emergency)");
    vec![
        ("ralf", "cx-light", "new", own("ralf"), None),
        ("ralf", "cx", "new", own("ralf"), refused),
        ("anna", "cx-light", "for-anna", json!({"emergency": true, "approval": by("anna")}), refused),
        ("anna", "cx-light", "asked", json!({"emergency": true, "approval": by("anna")}), None),
        ("rita", "cx-light", "new", own("rita"), Some("CX508: rita lacks the verb approve")),
        (
            "vera",
            "cx-light",
            "new",
            own("ralf"),
            Some("CX508: vera cannot sign for ralf a grant to themselves"),
        ),
        (
            "ralf",
            "cx-light",
            "new",
            json!({"requestedBy": "ralf", "emergency": false, "approval": by("ralf")}),
            Some("cannot approve it"),
        ),
    ]
}

async fn policies_are_well_typed(admin: &Client) {
    let kind = GroupVersionKind::gvk("admissionregistration.k8s.io", "v1", "ValidatingAdmissionPolicy");
    let api: Api<DynamicObject> = Api::all_with(admin.clone(), &ApiResource::from_gvk(&kind));
    let checked = async || {
        let policies =
            api.list(&kube::api::ListParams::default()).await.map_err(|error| error.to_string())?;
        assert!(policies.items.len() >= 5, "{:?}", policies.items);
        let unchecked = policies
            .items
            .iter()
            .find(|policy| policy.data["status"]["observedGeneration"] != json!(policy.metadata.generation));
        unchecked.map_or(Ok(policies.items.clone()), |policy| Err(format!("{:?}", policy.metadata.name)))
    };
    for policy in eventually("type checks of the policies", SOON, checked).await {
        let warnings = &policy.data["status"]["typeChecking"]["expressionWarnings"];
        assert!(warnings.is_null(), "{:?}: {warnings:#}", policy.metadata.name);
    }
}

async fn until_policies_count(rita: &Client) {
    let object = json!({
        "apiVersion": "cxguard.dev/v1alpha1", "kind": "AccessGrant",
        "metadata": {"name": "new", "namespace": "cx-light"},
        "spec": {"subject": {"kind": "User", "name": "sam"}, "role": {"kind": "ClusterRole", "name": "view"}, "requestedBy": "rita"},
    });
    for namespace in ["cx-light", "cx-audit", "cx-warn"] {
        let mut object = object.clone();
        object["metadata"]["namespace"] = json!(namespace);
        let refused = async || match try_create(rita, &object, true).await {
            Err(error) if error.to_string().contains("asks for no approval") => Ok(()),
            other => Err(format!("{other:?}")),
        };
        eventually(&format!("the policy of {namespace}"), SOON, refused).await;
    }
}

async fn what_is_not_spec_is_free(users: &Users) {
    let merge = PatchParams::default();
    for user in ["rita", "carl", OPERATOR] {
        let finalizer = Patch::Merge(
            json!({"metadata": {"finalizers": ["cxguard.dev/revoke"], "labels": {"by": "a-test"}}}),
        );
        grants(&users[user], "cx").patch("approved", &merge, &finalizer).await.unwrap();
        let without = Patch::Merge(json!({"metadata": {"finalizers": null, "labels": null}}));
        grants(&users[user], "cx").patch("approved", &merge, &without).await.unwrap();
    }
}

async fn only_the_operator_writes_status(users: &Users) {
    let forged = Patch::Merge(json!({"status": {"phase": "Active", "activatedAt": "2020-01-01T00:00:00Z"}}));
    for user in ["admin", "carl"] {
        let refused =
            grants(&users[user], "cx").patch_status("asked", &PatchParams::default(), &forged).await;
        let said = refused.unwrap_err().to_string();
        assert!(
            said.contains("cxguard: status is written by system:serviceaccount:cxguard-system:cxguard only"),
            "{said}"
        );
    }
    for user in ["rita", "anna", "vera"] {
        let refused =
            grants(&users[user], "cx").patch_status("asked", &PatchParams::default(), &forged).await;
        assert!(refused.unwrap_err().to_string().contains("cannot patch resource \"accessgrants/status\""));
    }
    // Neither by the main resource.
    let stored = grants(&users["carl"], "cx").patch("asked", &PatchParams::default(), &forged).await.unwrap();
    assert!(stored.data["status"].is_null(), "{:?}", stored.data);
    let pending = Patch::Merge(json!({"status": {"phase": "Pending"}}));
    let operator = grants(&users[OPERATOR], "cx");
    let stored = operator.patch_status("asked", &PatchParams::default(), &pending).await.unwrap();
    assert_eq!(stored.data["status"]["phase"], "Pending");
}

async fn a_namespace_stays_protected(users: &Users) {
    let label =
        |value: Value| Patch::Merge(json!({"metadata": {"labels": {"cxguard.dev/protected": value}}}));
    let dry = PatchParams { dry_run: true, ..PatchParams::default() };
    let kind = ApiResource::from_gvk(&GroupVersionKind::gvk("", "v1", "Namespace"));
    let namespaces = |user: &str| Api::<DynamicObject>::all_with(users[user].clone(), &kind);
    for value in [Value::Null, json!("false"), json!("")] {
        for subresource in ["", "status"] {
            let patch = label(value.clone());
            let result = match subresource {
                "" => namespaces("nick").patch("cx", &dry, &patch).await,
                name => namespaces("nick").patch_subresource(name, "cx", &dry, &patch).await,
            };
            let said = result.err().map(|error| error.to_string()).unwrap_or_default();
            assert!(
                said.contains("nick lacks the verb unprotect on namespace cx: keep the label"),
                "{value} by {subresource:?}: {said:?}"
            );
        }
        namespaces("una").patch("cx", &dry, &label(value)).await.unwrap();
    }
    let other = Patch::Merge(json!({"metadata": {"labels": {"team": "cx"}}}));
    namespaces("nick").patch("cx", &dry, &other).await.unwrap();
    namespaces("nick").patch("cx-other", &dry, &label(json!("true"))).await.unwrap();
}

async fn the_examples_apply(admin: &Client) {
    let known: Vec<String> = cxguard::api::crds().into_iter().map(|crd| crd.spec.names.kind).collect();
    for document in EXAMPLES.into_iter().flat_map(documents) {
        let ours = document["apiVersion"] == "cxguard.dev/v1alpha1";
        if !ours || known.iter().any(|kind| document["kind"] == *kind) {
            support::try_apply(admin, &document, false)
                .await
                .unwrap_or_else(|error| panic!("{document}: {error}"));
        }
    }
    // The one that its subject approved is refused, whoever applies it.
    for document in documents(include_str!("../examples/violating/employee-access.yaml")) {
        if document["kind"] == "AccessGrant" {
            let said = support::try_apply(admin, &document, true).await.unwrap_err().to_string();
            assert!(said.contains("CX508: marketing-3@corp.example gets access by this grant"), "{said}");
        }
    }
}

async fn namespaces_can_be_deleted(admin: &Client) {
    let kind = ApiResource::from_gvk(&GroupVersionKind::gvk("", "v1", "Namespace"));
    let namespaces = Api::<DynamicObject>::all_with(admin.clone(), &kind);
    namespaces.delete("cx", &DeleteParams::default()).await.unwrap();
    let gone = async || match namespaces.get_opt("cx").await {
        Ok(None) => Ok(()),
        other => Err(format!("{other:?}")),
    };
    eventually("the end of namespace cx", SOON, gone).await;
}
