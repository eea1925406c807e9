//! Roles and bindings.

use super::*;

const API: &str = "rbac.authorization.k8s.io";

fn binding(kind: &str, namespace: &str, role: &str, subject: &str) -> String {
    format!(
        "apiVersion: {API}/v1\nkind: {kind}\nmetadata: {{name: b, namespace: '{namespace}'}}\n\
         roleRef: {{apiGroup: {API}, kind: ClusterRole, name: {role}}}\nsubjects: [{subject}]\n"
    )
}

fn here(role: &str, subject: &str) -> String {
    binding("RoleBinding", "cx-feedback", role, subject)
}

fn role(name: &str, resources: &str, verbs: &str) -> String {
    format!(
        "apiVersion: {API}/v1\nkind: ClusterRole\nmetadata: {{name: {name}}}\n\
         rules: [{{apiGroups: [''], resources: [{resources}], verbs: [{verbs}]}}]\n"
    )
}

const ANALYST: &str = "{kind: User, name: analyst-7@insight.example}";
const STRANGER: &str = "{kind: User, name: stranger@corp.example}";
const CONTROLLER: &str = "{kind: ServiceAccount, namespace: tools, name: controller}";

#[test]
fn a_binding_needs_a_grant() {
    let hall = Hall::new().with("{apiVersion: v1, kind: Namespace, metadata: {name: open}}");
    for (made, told) in [
        (here("feedback-reader", ANALYST), ""),
        (here("feedback-reader", STRANGER), "deny CX504"),
        (here("feedback-reader", "{kind: Group, name: 'system:authenticated'}"), "deny CX503 CX504"),
        (here("feedback-reader", "{kind: Group, name: 'system:masters'}"), ""),
        (here("cluster-admin", ANALYST), "deny CX501 CX504"),
        (binding("RoleBinding", "open", "cluster-admin", STRANGER), ""),
        (binding("RoleBinding", "new", "view", STRANGER), "deny cxguard"),
        (binding("ClusterRoleBinding", "", "view", STRANGER), "deny CX504"),
    ] {
        assert_eq!(hall.told(create(&made)), told, "{made}");
    }
    let lenient = Hall::new().under("{rules: [{code: CX504, mode: Warn}]}");
    assert_eq!(lenient.told(create(&here("feedback-reader", STRANGER))), "warn CX504");
}

#[test]
fn a_second_of_the_same_kind_is_new() {
    let all = |resources: &str| format!("{{apiGroups: [''], resources: [{resources}], verbs: ['*']}}");
    let broad = |rules: &str| {
        format!(
            "apiVersion: {API}/v1\nkind: Role\nmetadata: {{name: broad, namespace: cx-feedback}}\nrules: [{rules}]\n"
        )
    };
    let given = here("broad", STRANGER).replace("kind: ClusterRole,", "kind: Role,");
    let one = broad(&all("configmaps"));
    let two = broad(&format!("{}, {}", all("configmaps"), all("secrets")));
    let hall = || Hall::new().with(&one).with(&given);
    assert_eq!(hall().told(update(&one, &two)), "deny CX501; warn CX501");
    assert_eq!(hall().told(update(&two, &one)), "warn CX501");
}

#[test]
fn kubernetes_adds_up_what_others_wrote() {
    let (narrow, wide) = (role("r", "configmaps", "get"), role("r", "'*'", "'*'"));
    let adds = "system:serviceaccount:kube-system:clusterrole-aggregation-controller";
    assert_eq!(Hall::new().by(adds, &[]).told(update(&narrow, &wide)), "");
}

#[test]
fn a_grant_that_cannot_be_read_covers_nothing() {
    let broken = GRANT.replace("dataForm: Pseudonymised", "dataForm: Any");
    let mut labelled = create(&here("feedback-reader", ANALYST));
    labelled.object["metadata"]["name"] = json!("cxguard-churn");
    assert!(Hall::new().with(&broken).told(labelled).starts_with("deny CX504"));
}

#[test]
fn nobody_makes_a_binding_in_the_operators_place() {
    let waiting = GRANT.replace("  approval: {by: lead@corp.example, at: 2026-11-19T15:00:00Z}\n", "");
    let mut request = create(&here("feedback-reader", ANALYST));
    request.object["metadata"] = json!({"name": "cxguard-churn", "namespace": "cx-feedback", "labels": {"cxguard.dev/grant-uid": "u"}});
    let hall = Hall::new().with(&waiting);
    assert_eq!(hall.told(request.clone()), "deny CX504");
    assert_eq!(hall.by("system:serviceaccount:cxguard-system:cxguard", &[]).told(request), "");
}

#[test]
fn a_role_is_not_widened_behind_what_gives_it() {
    let bound = Hall::new()
        .with(&here("feedback-reader", ANALYST))
        .with(&role("controller", "pods", "list"))
        .with(&binding("ClusterRoleBinding", "", "controller", CONTROLLER));
    let narrow = role("feedback-reader", "configmaps", "get, list, watch");
    for (old, new, told) in [
        (narrow.clone(), role("feedback-reader", "configmaps", "get"), ""),
        (narrow.clone(), role("feedback-reader", "'*'", "get"), "deny CX501; warn CX511"),
        // It was so before.
        (
            role("feedback-reader", "'*'", "get"),
            role("feedback-reader", "'*'", "get, list"),
            "warn CX501 CX511",
        ),
        (narrow.clone(), role("feedback-reader", "pods/exec", "create"), "warn CX511"),
        (role("controller", "pods", "list"), role("controller", "pods", "list, watch"), ""),
        (role("controller", "pods", "list"), role("controller", "secrets", "list"), "deny CX504"),
        (role("unbound", "pods", "list"), role("unbound", "'*'", "'*'"), ""),
    ] {
        assert_eq!(bound.told(update(&old, &new)), told, "{new}");
    }
}

#[test]
fn who_asks_and_who_approves_need_no_grant_for_that() {
    let hall = Hall::new().with(include_str!("../../../deploy/roles.yaml"));
    for part in ["requester", "approver", "voucher"] {
        let role = format!("cxguard-grant-{part}");
        assert_eq!(hall.told(create(&here(&role, CONTROLLER))), "", "{part}");
        // One person who vouches needs no other.
        let told = if part == "voucher" { "deny CX504" } else { "" };
        assert_eq!(hall.told(create(&here(&role, STRANGER))), told, "{part}");
        // Everybody is nobody, and what is decided in a namespace is not decided everywhere.
        let everybody = hall.told(create(&here(&role, "{kind: Group, name: 'system:authenticated'}")));
        assert!(everybody.starts_with("deny CX503"), "{everybody}");
        assert_eq!(hall.told(create(&binding("ClusterRoleBinding", "", &role, STRANGER))), "deny CX504");
    }
    assert_eq!(hall.told(create(&binding("ClusterRoleBinding", "", "cxguard-viewer", STRANGER))), "");
    // Once it is bound, such a role does not become another.
    let more = |group: &str| {
        format!(
            "apiVersion: {API}/v1\nkind: ClusterRole\nmetadata: {{name: cxguard-grant-requester}}\n\
             rules: [{{apiGroups: [{group}], resources: [accessgrants], verbs: [get]}}]\n"
        )
    };
    let bound = hall.with(&here("cxguard-grant-requester", STRANGER));
    let changed = |from: &str, to: &str| bound.told(update(&more(from), &more(to)));
    assert_eq!(changed("cxguard.dev", "cxguard.dev, apps"), "deny CX504");
    assert_eq!(changed("cxguard.dev", "cxguard.dev"), "");
    let vouching = more("cxguard.dev").replace("[get]", "[get, vouch]");
    assert_eq!(bound.told(update(&more("cxguard.dev"), &vouching)), "deny CX504");
}
