//! Sessions.

use super::*;
use crate::rules::testing::edit;

const ANALYST: &str = "analyst-7@insight.example";

fn connect(what: &str, namespace: &str) -> Request {
    through(
        Operation::Connect,
        what,
        "sender-1-a",
        namespace,
        json!({"kind": "PodExecOptions", "command": ["sh"]}),
    )
}

fn exec() -> Request {
    connect("pods/exec", "cx-feedback")
}

fn debugger(rules: &str) -> String {
    format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: feedback-reader}}\nrules: [{rules}]\n"
    )
}

const EXEC: &str = "{apiGroups: [''], resources: [pods/exec], verbs: [create]}";

fn hall() -> Hall {
    Hall::new().with(&debugger(EXEC)).by(ANALYST, &["system:authenticated"])
}

#[test]
fn a_session_needs_a_grant_that_is_active_now() {
    assert_eq!(hall().told(exec()), "");
    for (changed, why) in [
        (GRANT.replace("2026-12-18T18", "2026-11-23T11"), "expired"),
        (GRANT.replace("startsAt: 2026-11-20", "startsAt: 2026-11-24"), "to come"),
        (edit(GRANT, "  approval: {by: lead@corp.example, at: 2026-11-19T15:00:00Z}\n", ""), "not approved"),
        (GRANT.replace("analyst-7@insight", "a7@corp"), "another name"),
        (GRANT.replace("kind: ClusterRole", "kind: Role"), "another role"),
        (edit(PEOPLE, "until: 2026-12-31", "until: 2026-11-20"), "engagement over"),
    ] {
        let hall = hall().with(&changed).with(POLICY).with(&debugger(EXEC));
        assert_eq!(hall.told(exec()), "deny CX504", "{why}");
    }
    assert_eq!(hall().by("stranger@corp.example", &[]).told(exec()), "deny CX504");
    let denied = hall().by("stranger@corp.example", &[]).answer(exec()).denied.unwrap();
    assert!(
        denied.contains("has no grant in cx-feedback that is active now and allows pods/exec"),
        "{denied}"
    );
}

#[test]
fn the_clock_decides_at_that_instant() {
    let hall = Hall { user: User { username: ANALYST.to_owned(), groups: Vec::new() }, ..hall() };
    let request = || Request { user_info: hall.user.clone(), ..exec() };
    for (at, told_then) in [("2026-12-18T17:59:59Z", ""), ("2026-12-18T18:00:00Z", "deny CX504")] {
        let answer = answer(&request(), &hall.known, &hall.freshness, at.parse().unwrap());
        assert_eq!(told(&answer), told_then, "{at}");
    }
}

#[test]
fn the_role_allows_what_is_asked() {
    for (rule, what, told) in [
        (EXEC, "pods/exec", ""),
        (EXEC, "pods/attach", "deny CX504"),
        (EXEC, "pods/proxy", "deny CX504"),
        ("{apiGroups: [''], resources: [pods/portforward], verbs: [get]}", "pods/portforward", ""),
        ("{apiGroups: [''], resources: [pods/portforward], verbs: [list]}", "pods/portforward", "deny CX504"),
        ("{apiGroups: [''], resources: ['*/proxy'], verbs: ['*']}", "services/proxy", ""),
        (
            "{apiGroups: [''], resources: [pods/exec], verbs: [create], resourceNames: [sender-1-a]}",
            "pods/exec",
            "",
        ),
        (
            "{apiGroups: [''], resources: [pods/exec], verbs: [create], resourceNames: [other]}",
            "pods/exec",
            "deny CX504",
        ),
    ] {
        let hall = hall().with(&debugger(rule));
        assert_eq!(hall.told(connect(what, "cx-feedback")), told, "{rule} {what}");
    }
    let debug =
        || through(Operation::Update, "pods/ephemeralcontainers", "p", "cx-feedback", json!({"kind": "Pod"}));
    assert_eq!(hall().told(debug()), "deny CX504");
    let rule = "{apiGroups: [''], resources: [pods/ephemeralcontainers], verbs: [patch]}";
    assert_eq!(hall().with(&debugger(rule)).told(debug()), "");
}

#[test]
fn groups_and_accounts_are_who_they_are() {
    let to = |subject: &str| GRANT.replace("{kind: User, name: analyst-7@insight.example}", subject);
    let group = hall().with(&to("{kind: Group, name: analysts}"));
    assert_eq!(group.told(exec()), "deny CX504");
    assert_eq!(group.by("x@corp.example", &["analysts"]).told(exec()), "");
    let account = "system:serviceaccount:cx-feedback:tool";
    let of_account = || hall().with(&to("{kind: ServiceAccount, name: tool}"));
    assert_eq!(of_account().by("tool", &[]).told(exec()), "deny CX504");
    assert_eq!(of_account().by(account, &[]).told(exec()), "");
    // A program of the namespace itself is no concern of grants; one of another is.
    assert_eq!(hall().by(account, &[]).told(exec()), "");
    assert_eq!(hall().by("system:serviceaccount:tools:tool", &[]).told(exec()), "deny CX504");
}

#[test]
fn whom_the_policy_trusts_needs_no_grant() {
    for (user, groups, told) in [
        ("system:kube-controller-manager", &[][..], ""),
        ("system:node:n", &["system:nodes"][..], ""),
        ("admin", &["system:masters", "system:authenticated"][..], ""),
        ("admin", &["system:authenticated"][..], "deny CX504"),
        ("admin", &["system:authenticated:oauth"][..], "deny CX504"),
        ("system:anonymous", &["system:unauthenticated"][..], "deny CX504"),
        ("system:serviceaccount:kube-system:x", &["system:serviceaccounts"][..], "deny CX504"),
    ] {
        assert_eq!(hall().by(user, groups).told(exec()), told, "{user} {groups:?}");
    }
    let own = hall().under("{access: {trustedSubjects: [sre]}}");
    assert_eq!(own.by("kim@corp.example", &["sre"]).told(exec()), "");
}

#[test]
fn a_binding_that_somebody_answers_for_needs_no_grant() {
    let binding = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: tools}\n\
                   roleRef: {kind: ClusterRole, name: cluster-admin}\n\
                   subjects: [{kind: ServiceAccount, namespace: tools, name: tool}]\n";
    let hall = hall().with(binding).by("system:serviceaccount:tools:tool", &[]);
    let node = || connect("nodes/proxy", "");
    assert_eq!((hall.told(exec()), hall.told(node())), ("deny CX504".to_owned(), "warn CX504".to_owned()));
    let aside = hall.with(&exemption("CX504", "{kind: ClusterRoleBinding, name: tools}"));
    assert_eq!((aside.told(exec()), aside.told(node())), (String::new(), String::new()));
    assert!(aside.answer(exec()).audit["findings"].contains("\"exempted\":true"));
}

#[test]
fn as_the_rule_on_ungoverned_access_goes_so_do_sessions() {
    for (mode, told) in [("Warn", "warn CX504"), ("Audit", ""), ("Disabled", "")] {
        let hall = hall().under(&format!("{{rules: [{{code: CX504, mode: {mode}}}]}}"));
        assert_eq!(hall.by("stranger@corp.example", &[]).told(exec()), told, "{mode}");
    }
    for (mode, noted) in [("Enforce", true), ("Warn", true), ("Audit", true), ("Disabled", false)] {
        let hall = hall().under(&format!("{{rules: [{{code: CX504, mode: {mode}}}]}}"));
        let stranger = hall.by("stranger@corp.example", &[]);
        for what in ["pods/exec", "services/proxy"] {
            let note = stranger.answer(connect(what, "cx-feedback")).audit.remove("findings");
            assert_eq!(note.is_some_and(|note| note.contains("\"code\":\"CX504\"")), noted, "{mode} {what}");
        }
    }
    let open = hall().with("{apiVersion: v1, kind: Namespace, metadata: {name: open}}");
    assert_eq!(open.told(connect("pods/exec", "open")), "");
    assert_eq!(open.told(connect("pods/exec", "new")), "deny cxguard");
}
