//! Worlds of a few bindings, and who gets at what in them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::*;
use crate::api::AccessGrant;
use crate::engine::Right;
use crate::facts::{World, read};

const WORLD: &str = r#"
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: feedback-reader}
rules:
  - {apiGroups: [""], resources: [configmaps], verbs: [get, list]}
  - {apiGroups: [""], resources: [pods/log], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: deployer, namespace: cx}
rules: [{apiGroups: [""], resources: [pods], verbs: [create]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: approver}
rules: [{apiGroups: [cxguard.dev], resources: [accessgrants], verbs: [get, approve]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: "system:discovery"}
rules: [{nonResourceURLs: ["/api"], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: "system:controller:job"}
rules: [{apiGroups: [""], resources: [pods], verbs: [create]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: discovery}
roleRef: {kind: ClusterRole, name: "system:discovery"}
subjects: [{kind: Group, name: "system:authenticated"}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: jobs}
roleRef: {kind: ClusterRole, name: "system:controller:job"}
subjects: [{kind: ServiceAccount, namespace: kube-system, name: job}, {kind: User, name: "system:job"}, {kind: User, name: eve}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: analysts, namespace: cx}
roleRef: {kind: ClusterRole, name: feedback-reader}
subjects: [{kind: Group, name: analysts}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: cxguard-churn, namespace: cx, labels: {cxguard.dev/grant-uid: u-1}}
roleRef: {kind: ClusterRole, name: feedback-reader}
subjects: [{kind: User, name: ann}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: deployers, namespace: cx}
roleRef: {kind: Role, name: deployer}
subjects: [{kind: ServiceAccount, namespace: ci, name: bot}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: approvers, namespace: cx}
roleRef: {kind: ClusterRole, name: approver}
subjects: [{kind: Group, name: leads}, {kind: User, name: ann}, {kind: User, name: lea}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: elsewhere, namespace: cx-other}
roleRef: {kind: ClusterRole, name: feedback-reader}
subjects: [{kind: User, name: zoe}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: dangling, namespace: cx}
roleRef: {kind: ClusterRole, name: gone}
subjects: [{kind: User, name: dan}]
---
apiVersion: cxguard.dev/v1alpha1
kind: Person
metadata: {name: ann-a}
spec: {usernames: [ann], groups: [analysts], type: Employee}
"#;

fn grant(name: &str, uid: &str, subject: &str, status: &serde_json::Value) -> AccessGrant {
    serde_json::from_value(json!({
        "apiVersion": "cxguard.dev/v1alpha1", "kind": "AccessGrant",
        "metadata": {"name": name, "namespace": "cx", "uid": uid, "generation": 2},
        "spec": {
            "subject": {"kind": "User", "name": subject}, "owner": "team-a", "requestedBy": "rita",
            "role": {"kind": "ClusterRole", "name": "feedback-reader"}, "reviewedOn": "2026-11-01",
        },
        "status": status,
    }))
    .unwrap()
}

fn active() -> serde_json::Value {
    json!({
        "phase": "Active", "deadline": "2026-12-18T18:00:00Z", "deadlineCause": "ExpiresAt",
        "observedGeneration": 2,
    })
}

fn pending() -> serde_json::Value {
    json!({
        "phase": "Pending", "observedGeneration": 2,
        "conditions": [{
            "type": "Ready", "status": "False", "reason": "Pending", "message": "CX508: nobody has approved it",
            "lastTransitionTime": "2026-11-20T00:00:00Z",
        }],
    })
}

fn known(manifests: &str, grants: &[AccessGrant]) -> Known {
    let mut world = World::new();
    let documents: Vec<serde_json::Value> = serde_saphyr::from_multiple(manifests).unwrap();
    for (id, fact) in documents.iter().filter_map(read) {
        world.set(&id, Some(fact));
    }
    let grants = grants.iter().map(|grant| (grant.metadata.name.clone().unwrap(), grant.clone()));
    Known { namespace: "cx".to_owned(), world, grants: grants.collect(), unseen: Vec::new() }
}

fn ways(table: &Table) -> Vec<String> {
    table.paths.iter().map(|path| format!("{} by {}", path.subject, path.binding)).collect()
}

#[test]
fn every_way_into_a_namespace_is_in_the_table() {
    let table = paths(&known(WORLD, &[grant("churn", "u-1", "ann", &active())]));
    assert_eq!(
        ways(&table),
        [
            "Group analysts by RoleBinding/cx/analysts",
            "Group leads by RoleBinding/cx/approvers",
            "ServiceAccount ci/bot by RoleBinding/cx/deployers",
            "User ann by RoleBinding/cx/approvers",
            "User ann by RoleBinding/cx/cxguard-churn",
            "User dan by RoleBinding/cx/dangling",
            "User eve by ClusterRoleBinding/jobs",
            "User lea by RoleBinding/cx/approvers",
        ]
    );
    assert_eq!(table.parts_of_kubernetes, 2);
    assert!(table.waiting.is_empty());
}

#[test]
fn a_way_says_what_until_when_and_what_it_leads_to() {
    let table = paths(&known(WORLD, &[grant("churn", "u-1", "ann", &active())]));
    let path = |binding: &str| table.paths.iter().find(|path| path.binding == binding).unwrap();
    let own = path("RoleBinding/cx/cxguard-churn");
    assert_eq!(
        (own.may.join("; ").as_str(), own.could.join("; ").as_str()),
        ("get pods/log; get, list configmaps", "get pods/log")
    );
    assert_eq!(own.until.map(|end| end.to_string()).as_deref(), Some("2026-12-18T18:00:00Z"));
    assert_eq!(own.reviewed_on.map(|day| day.to_string()).as_deref(), Some("2026-11-01"));
    assert_eq!(own.grant.as_deref(), Some("churn"));
    assert_eq!(own.people, ["ann-a"]);
    let group = path("RoleBinding/cx/analysts");
    assert_eq!((group.people.join(",").as_str(), group.until, &group.grant), ("ann-a", None, &None));
    assert_eq!(path("RoleBinding/cx/deployers").could, ["create pods"]);
    assert!(!path("RoleBinding/cx/dangling").role_seen);
}

#[test]
fn what_cannot_be_seen_hides_no_active_grant() {
    let unseen = vec![Unseen { what: "rolebindings".to_owned(), why: "forbidden".to_owned() }];
    let known = Known { unseen, ..known("", &[grant("churn", "u-1", "ann", &active())]) };
    let table = paths(&known);
    assert_eq!(ways(&table), ["User ann by RoleBinding/cx/cxguard-churn"]);
    assert!(table.to_string().contains("not seen, so there may be more: rolebindings: forbidden"));
    assert!(
        table
            .to_string()
            .contains("not known: ClusterRole/feedback-reader does not exist, or may not be read")
    );
}

/// A binding with our label for the grant of Ann, as somebody else could write it.
fn labelled(name: &str, role: &str, subjects: &str) -> String {
    format!(
        "{WORLD}---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {{name: {name}, \
         namespace: cx, labels: {{cxguard.dev/grant-uid: u-9}}}}\nroleRef: {{kind: ClusterRole, name: {role}}}\n\
         subjects: [{subjects}]\n"
    )
}

#[test]
fn our_label_makes_no_binding_that_of_a_grant() {
    let team = serde_json::from_value(json!({"kind": "Group", "name": "analysts"})).unwrap();
    let mut to_group = grant("g", "u-9", "", &active());
    to_group.spec.subject = team;
    let (user, group) = ("{kind: User, name: ann}", "{kind: Group, name: analysts}");
    let evil = "{kind: User, name: evil}";
    for (name, role, subjects, of, expected) in [
        ("cxguard-g", "feedback-reader", user, &grant("g", "u-9", "ann", &active()), &["User ann"][..]),
        ("cxguard-fake", "feedback-reader", user, &grant("g", "u-9", "ann", &active()), &[]),
        ("cxguard-g", "approver", user, &grant("g", "u-9", "ann", &active()), &[]),
        ("cxguard-g", "feedback-reader", evil, &grant("g", "u-9", "ann", &active()), &[]),
        ("cxguard-g", "feedback-reader", user, &grant("g", "u-8", "ann", &active()), &[]),
        // The members of a group may be in it by name; Ann is on record in the group, and who is not is nobody's.
        ("cxguard-g", "feedback-reader", group, &to_group, &["Group analysts"]),
        ("cxguard-g", "feedback-reader", user, &to_group, &["User ann"]),
        ("cxguard-g", "feedback-reader", evil, &to_group, &[]),
    ] {
        let table = paths(&known(&labelled(name, role, subjects), std::slice::from_ref(of)));
        let binding = format!("RoleBinding/cx/{name}");
        let here = table.paths.iter().filter(|path| path.binding == binding);
        let (by_grant, by_none): (Vec<_>, Vec<_>) = here.partition(|path| path.grant.is_some());
        let found: Vec<&str> = by_grant.iter().map(|path| path.subject.as_str()).collect();
        assert_eq!(found, expected, "{name} {role} {subjects}");
        assert!(by_none.iter().all(|path| path.until.is_none() && path.reviewed_on.is_none()), "{by_none:?}");
        assert_eq!(by_grant.len() + by_none.len(), 1, "{name} {role} {subjects}");
    }
}

#[test]
fn what_gives_nothing_yet_waits_and_what_is_over_is_left_out() {
    let expired = json!({"phase": "Expired", "observedGeneration": 2});
    let grants = [
        grant("asked", "u-2", "bob", &pending()),
        grant("new", "u-3", "bob", &serde_json::Value::Null),
        grant("over", "u-4", "bob", &expired),
    ];
    let table = paths(&known("", &grants));
    let waiting: Vec<_> =
        table.waiting.iter().map(|waiting| (waiting.grant.as_str(), waiting.why.as_str())).collect();
    assert_eq!(
        waiting,
        [
            ("asked", "CX508: nobody has approved it"),
            ("new", "not judged yet: the operator has said nothing of it"),
        ]
    );
    assert!(table.paths.is_empty());
}

fn right(verb: &str, resource: &str) -> Right {
    let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
    Right {
        verb: verb.into(),
        group: "".into(),
        resource: resource.into(),
        subresource: subresource.into(),
        name: "".into(),
    }
}

fn explained(user: &str, groups: Option<&[&str]>, right: Option<Right>) -> Explanation {
    let known =
        known(WORLD, &[grant("churn", "u-1", "ann", &active()), grant("asked", "u-2", "bob", &pending())]);
    let groups: Option<BTreeSet<String>> =
        groups.map(|groups| groups.iter().map(ToString::to_string).collect());
    explain(&known, &Asked { user: user.to_owned(), groups, right })
}

#[test]
fn who_may_do_something_is_told_by_which_way() {
    for (user, groups, verb, resource, expected) in [
        ("ann", None, "get", "configmaps", "RoleBinding/cx/analysts RoleBinding/cx/cxguard-churn"),
        ("ann", Some(&[][..]), "get", "configmaps", "RoleBinding/cx/cxguard-churn"),
        ("ann", None, "delete", "configmaps", ""),
        ("ann", None, "get", "pods", ""),
        ("ann", None, "get", "pods/log", "RoleBinding/cx/analysts RoleBinding/cx/cxguard-churn"),
        ("bob", Some(&["analysts"]), "list", "configmaps", "RoleBinding/cx/analysts"),
        ("bob", None, "list", "configmaps", ""),
        ("zoe", None, "get", "configmaps", ""),
        ("system:serviceaccount:ci:bot", None, "create", "pods", "RoleBinding/cx/deployers"),
        // Of a role that cannot be seen nobody can say that it does not allow it.
        ("dan", None, "get", "configmaps", "RoleBinding/cx/dangling"),
    ] {
        let explained = explained(user, groups, Some(right(verb, resource)));
        let found: Vec<&str> = explained.paths.iter().map(|path| path.binding.as_str()).collect();
        assert_eq!(found.join(" "), expected, "{user} {verb} {resource}");
        assert_eq!(explained.groups_known, groups.is_some() || user == "ann", "{user}");
    }
}

#[test]
fn who_has_no_access_is_told_what_waits_and_whom_to_ask() {
    let explained = explained("bob", None, Some(right("get", "configmaps")));
    let grants: Vec<(&str, &str)> =
        explained.grants.iter().map(|grant| (grant.name.as_str(), grant.why.as_str())).collect();
    assert_eq!(grants, [("asked", "CX508: nobody has approved it")]);
    assert_eq!(explained.owners, ["team-a"]);
    let approvers: Vec<&str> = explained.approvers.iter().map(|approver| approver.subject.as_str()).collect();
    assert_eq!(approvers, ["Group leads", "User ann", "User lea"]);
    let text = explained.to_string();
    for part in [
        "May bob get configmaps in namespace cx?",
        "no: no binding that could be seen gives it",
        "not on record, so there may be more",
        "Pending: CX508: nobody has approved it",
        "may approve  Group leads (RoleBinding/cx/approvers)",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn nobody_is_asked_to_approve_for_themselves() {
    let explained = explained("ann", None, None);
    let approvers: Vec<&str> = explained.approvers.iter().map(|approver| approver.subject.as_str()).collect();
    assert_eq!(approvers, ["Group leads", "User lea"]);
}

#[test]
fn neither_who_asked_nor_who_gets_it_is_among_those_to_ask() {
    let known = known(&WORLD.replace("name: lea}", "name: rita}"), &[]);
    let subjects = |subject: &str| {
        let found = approvers(&known, &grant("asked", "u-2", subject, &pending())).into_iter();
        found.map(|approver| approver.subject).collect::<Vec<_>>()
    };
    assert_eq!(subjects("ann"), ["Group leads"]);
    assert_eq!(subjects("bob"), ["Group leads", "User ann"]);
}

#[test]
fn what_could_not_be_seen_is_no_denial() {
    let mut explained = explained("bob", None, Some(right("get", "configmaps")));
    explained
        .unseen
        .push(Unseen { what: "rolebindings".to_owned(), why: "rolebindings is forbidden".to_owned() });
    let text = explained.to_string();
    assert!(
        text.contains("cannot be told: no binding that could be seen gives it, and not all could be"),
        "{text}"
    );
    assert!(text.contains("not seen, so there may be more: rolebindings: is forbidden"), "{text}");
    let dangling = self::explained("dan", None, Some(right("get", "configmaps")));
    assert!(dangling.to_string().contains("cannot be told: perhaps by what is below"), "{dangling}");
}

#[test]
fn the_api_server_has_the_last_word() {
    let mut explained = explained("bob", None, Some(right("get", "configmaps")));
    explained.confirmed = Some(Confirmed { allowed: true, reason: "a webhook says so".to_owned() });
    assert!(explained.to_string().contains("yes, says the API server: a webhook says so; no binding"));
}

#[test]
fn a_grant_is_described_in_full() {
    let mut status = pending();
    status["findings"] = json!([{
        "rule": "CX508", "mode": "Enforce", "outcome": "Violating", "path": "/spec/approval",
        "message": "nobody has approved it\u{1b}[2J", "remedy": "ask an approver",
    }]);
    let text = describe(&grant("asked", "u-2", "bob", &status));
    for part in [
        "AccessGrant cx/asked\n",
        "  phase        Pending: CX508: nobody has approved it\n",
        "  who          User bob\n",
        "  asked until  without an end\n",
        "  requested    by rita\n",
        "  approved     not yet\n",
        "  finding      CX508 (Enforce) /spec/approval: nobody has approved it␛[2J\n",
        "    remedy     ask an approver\n",
        "  generation   2\n",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let ended = json!({
        "phase": "Revoked", "observedGeneration": 2,
        "revocation": {"at": "2026-11-22T10:00:00Z", "cause": "Revoked", "verified": "False", "residual": ["RoleBinding/cx/analysts (Group analysts)"], "retained": ["RoleBinding/cx/b (User bob): AccessGrant/cx/other"]},
    });
    let text = describe(&grant("over", "u-2", "bob", &ended));
    for part in [
        "  ended        at 2026-11-22T10:00:00Z (Revoked)\n",
        "  denied now   False\n",
        "  still open   RoleBinding/cx/analysts (Group analysts)\n",
        "  retained     RoleBinding/cx/b (User bob): AccessGrant/cx/other\n",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let late = json!({
        "phase": "Revoked", "observedGeneration": 2,
        "revocation": {"at": "2026-11-22T10:00:00Z", "dueAt": "2026-11-21T00:00:00Z", "cause": "Left"},
    });
    let text = describe(&grant("late", "u-2", "bob", &late));
    let ended = "  ended        at 2026-11-22T10:00:00Z (Left), due at 2026-11-21T00:00:00Z\n  denied now   not asked yet\n";
    assert!(text.contains(ended), "{text}");
    let never = json!({"phase": "Expired", "observedGeneration": 2, "revocation": {"cause": "Expired"}});
    let text = describe(&grant("never", "u-2", "bob", &never));
    assert!(!text.contains("  ended ") && !text.contains("  denied now "), "{text}");
    let without = json!({
        "phase": "Active", "observedGeneration": 2,
        "excluded": [{"person": "gus", "reasons": ["no agreement", "abroad"]}],
    });
    let mut named = grant("team", "u-2", "bob", &without);
    named.spec.reviewed_on = "2026-11-20".parse().ok();
    assert!(describe(&named).contains("  reviewed     2026-11-20\n"));
    named.spec.reviewed_by = Some("anna".to_owned());
    let text = describe(&named);
    for part in ["  reviewed     2026-11-20 by anna\n", "  without      Person/gus: no agreement; abroad\n"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn what_was_edited_since_the_judgement_is_not_shown_as_judged() {
    let mut status = pending();
    status["observedGeneration"] = json!(1);
    let found = rows(&[grant("asked", "u-2", "bob", &status)]);
    assert_eq!(found[0].why, "the last change is not judged yet");
    assert_eq!(BTreeMap::from([(&*found[0].phase, &*found[0].until)]), BTreeMap::from([("Pending", "-")]));
}

#[test]
fn an_account_that_is_issued_to_somebody_is_a_grant_of_theirs() {
    let mut issued = grant("bot", "u-2", "ann", &pending());
    issued.spec.subject =
        serde_json::from_value(json!({"kind": "IssuedServiceAccount", "name": "ann"})).unwrap();
    issued.spec.issued_to = serde_json::from_value(json!({"kind": "User", "name": "bob"})).unwrap();
    let known = known(WORLD, &[issued.clone()]);
    let explain = |user: &str| explain(&known, &Asked { user: user.to_owned(), groups: None, right: None });
    assert_eq!(explain("ann").grants, []);
    let found = explain("bob");
    assert_eq!(found.grants[0].issued_to.as_deref(), Some("User bob"));
    let text = found.to_string();
    for part in [
        "What may bob do in namespace cx?",
        "nothing, by any binding that could be seen\n",
        "ClusterRole/feedback-reader to IssuedServiceAccount cx/ann, issued to User bob, until -",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    // Who may fetch the tokens approves nothing of it.
    issued.spec.issued_to = serde_json::from_value(json!({"kind": "User", "name": "lea"})).unwrap();
    let found = approvers(&known, &issued);
    let found: Vec<&str> = found.iter().map(|approver| approver.subject.as_str()).collect();
    assert_eq!(found, ["Group leads", "User ann"]);
}

#[test]
fn who_is_left_out_of_a_group_is_told_why() {
    let status = json!({
        "phase": "Active", "observedGeneration": 2,
        "excluded": [{"person": "ann-a", "reasons": ["no agreement", "abroad"]}, {"person": "gus", "reasons": ["left"]}],
    });
    let mut to_group = grant("team", "u-9", "", &status);
    to_group.spec.subject = serde_json::from_value(json!({"kind": "Group", "name": "analysts"})).unwrap();
    let known = known(WORLD, &[to_group]);
    let found = explain(&known, &Asked { user: "ann".to_owned(), groups: None, right: None });
    assert_eq!(found.grants[0].left_out, ["Person/ann-a: no agreement; abroad"]);
    assert!(found.to_string().contains("  but not for  Person/ann-a: no agreement; abroad\n"), "{found}");
}
