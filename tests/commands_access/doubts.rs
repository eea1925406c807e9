//! What is not as it looks: bindings that wear our labels, names that nothing has, requests that nothing can come of.

use serde_json::{Value, json};

use crate::objects::{foreign_binding, subject};
use crate::stage::{Stage, later};
use crate::support::{SOON, eventually};

/// What the filter for auditors in the help shows: who has access by no grant.
fn by_no_grant(stage: &Stage) -> Vec<String> {
    let table: Value = serde_json::from_str(&stage.said("aud", &["access", "cx", "-o", "json"])).unwrap();
    let paths = table["paths"].as_array().unwrap().iter().filter(|path| path["grant"].is_null());
    paths
        .map(|path| format!("{} by {}", path["subject"].as_str().unwrap(), path["binding"].as_str().unwrap()))
        .collect()
}

pub(crate) async fn a_foreign_binding_with_our_labels_is_by_no_grant(stage: &Stage, grant: &str) {
    let mut fake = foreign_binding("cx", "cxguard-fake", &subject("User", "evil@corp.example"));
    fake["metadata"]["labels"] = json!({
        "app.kubernetes.io/managed-by": "cxguard", "cxguard.dev/grant-uid": stage.grant(grant).await["metadata"]["uid"],
    });
    stage.apply(&[fake]).await;
    let found = by_no_grant(stage);
    assert!(found.contains(&"User evil@corp.example by RoleBinding/cx/cxguard-fake".to_owned()), "{found:?}");
    assert!(
        !found.iter().any(|path| path.starts_with("User ana by RoleBinding/cx/cxguard-ana")),
        "{found:?}"
    );
}

pub(crate) fn what_does_not_exist_is_an_error(stage: &Stage) {
    for (arguments, part) in [
        (&["access", "nosuch"][..], "failed to look at namespace nosuch: namespaces \"nosuch\" not found"),
        (&["access", "explain", "ana", "nosuch"], "namespaces \"nosuch\" not found"),
        (
            &["access", "explain", "ana", "cx", "--verb", "get", "--resource", "configmapz"],
            "the API server has no resource configmapz: kubectl api-resources lists what it has",
        ),
        (
            &["access", "explain", "ana", "cx", "--verb", "get", "--resource", "pods/logs"],
            "no logs below the resource pods",
        ),
    ] {
        let said = stage.refused("aud", arguments);
        assert!(said.contains(part), "{arguments:?}: {said}");
    }
    for (name, resource) in [
        ("cm", "configmaps"),
        ("configmap", "configmaps"),
        ("deployments", "deployments.apps"),
        ("deploy/scale", "deployments.apps/scale"),
        ("grant", "accessgrants.cxguard.dev"),
    ] {
        let said =
            stage.said("aud", &["access", "explain", "ana", "cx", "--verb", "get", "--resource", name]);
        assert!(said.starts_with(&format!("May ana get {resource} in namespace cx?\n")), "{name}: {said}");
    }
    let said = stage.said("aud", &["access", "explain", "nils", "cx"]);
    assert!(said.starts_with("What may nils do in namespace cx?\n"), "{said}");
}

/// A request for access to configmaps, with more arguments.
fn request<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let asked = ["grant", "request", "--role", "ClusterRole/feedback-reader", "--data-form", "Aggregate"];
    [&asked[..], &["--reason", "a report", "-n", "cx", "--dry-run"], more].concat()
}

pub(crate) fn what_cannot_be_asked_for_is_told_at_once(stage: &Stage) {
    let said = stage.refused("rolf", &request(&["--for", "ben"]));
    assert!(
        said.contains("say when access ends, with --until or --duration")
            && said.contains("you may not list compliancepolicies.cxguard.dev, namespaces"),
        "{said}"
    );
    let said = stage.refused("rolf", &request(&["--for", "ben", "--until", &later(-60)]));
    assert!(said.contains("has passed: ask for access that ends later"), "{said}");
    // Who may look is told what the policies allow: an employee has 180 days.
    let said = stage.warned("aud", &request(&["--for", "ben"]));
    assert!(said.contains("note: access ends at ") && said.contains("180d is the longest"), "{said}");
    let said = stage.said("aud", &request(&["--for", "ben", "-o", "yaml"]));
    assert!(said.contains("expiresAt: "), "{said}");
    let said = stage.warned("aud", &request(&["--for", "ben", "--duration", "181d"]));
    assert!(said.contains("note: the policies let this access last 180d"), "{said}");
    // A role is named to who lacks it, and to nobody else.
    let said = stage.refused("rolf", &request(&["--group", "system:masters", "--duration", "1d"]));
    assert!(
        said.contains("names that begin with system:") && !said.contains("cxguard-grant-requester"),
        "{said}"
    );
}

/// By a policy that warns of every request, as the webhook does of what is not enforced.
pub(crate) async fn warnings_of_the_api_server_are_said(stage: &Stage) {
    let policy = "admissionregistration.k8s.io/v1";
    let resources = json!([{
        "apiGroups": ["cxguard.dev"], "apiVersions": ["*"], "operations": ["CREATE"], "resources": ["accessgrants"],
    }]);
    let validation = json!({"expression": "object.spec.reason != 'a report'", "message": "say \"more\""});
    stage
        .apply(&[
            json!({
                "apiVersion": policy, "kind": "ValidatingAdmissionPolicy", "metadata": {"name": "test-warns"},
                "spec": {"matchConstraints": {"resourceRules": resources}, "validations": [validation]},
            }),
            json!({
                "apiVersion": policy, "kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": "test-warns"},
                "spec": {"policyName": "test-warns", "validationActions": ["Warn"]},
            }),
        ])
        .await;
    let warned = async || {
        let said = stage.warned("aud", &request(&["--for", "ben", "--duration", "1d"]));
        let line = said.lines().find(|line| line.starts_with("Warning: ")).map(str::to_owned);
        line.ok_or(said)
    };
    let line = eventually("a warning", SOON, warned).await;
    assert!(line.contains("say \"more\""), "{line}");
}

pub(crate) async fn an_account_to_be_issued_is_told_to_whom(stage: &Stage) {
    let arguments =
        request(&["--for", "ben", "--issued-account", "ben-reads", "--duration", "1d", "ben-issued"]);
    let arguments: Vec<&str> = arguments.into_iter().filter(|argument| *argument != "--dry-run").collect();
    stage.said("lena", &arguments);
    let said = stage.until_said("aud", &["access", "explain", "ben", "cx"], "phase        Pending: ").await;
    for part in [
        "AccessGrant ben-issued\n",
        "  gives        ClusterRole/feedback-reader to IssuedServiceAccount cx/ben-reads, issued to User ben, until ",
        "  may approve  User olga (RoleBinding/cx/approvers)\n",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

/// In the namespace of the emergency, whose policy lists what may be granted.
pub(crate) fn a_role_that_may_not_be_granted_is_told(stage: &Stage) {
    let adopt = ["grant", "adopt", "wide", "-n", "night"];
    let warned = stage.warned("aud", &adopt);
    let said = stage.said("aud", &adopt);
    for problem in [
        "CX514: ClusterRole test-wide may not be granted; grantable: feedback-reader",
        "CX501: allows every verb, every resource; it is bound by RoleBinding/night/wide",
    ] {
        assert!(warned.contains(&format!("warning: {problem}")), "{problem}: {warned}");
        assert!(said.contains(&format!("# Not as it stands: {problem}")), "{problem}: {said}");
    }
}
