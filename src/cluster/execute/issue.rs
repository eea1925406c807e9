//! Issuing an account for a grant, and withdrawing it.

use kube::core::Request;
use kube::core::params::{PostParams, Preconditions};
use serde_json::{Map, Value, json};

use super::access::{RBAC, metadata, remove, subject};
use super::answer::Refusal;
use super::http::{DEADLINE, Lines};
use super::{changed, get, unsendable};
use crate::cluster::effect::{Issue, Target};
use crate::cluster::index::read::ISSUED_AT;
use crate::cluster::resource::{api_resource, collection_of};
use crate::cluster::seen::Change;
use crate::facts::Kind;

/// Creates the account, or what allows to fetch its tokens. What has the name already is returned for the plan to judge.
pub(super) async fn issue(lines: &Lines, issue: &Issue) -> Result<Vec<Change>, Refusal> {
    let request = Request::new(collection_of(&issue.id));
    let request = request.create(&PostParams::default(), body(issue).to_string().into_bytes());
    match lines.send(request.map_err(|error| unsendable(&error))?, DEADLINE).await {
        Err(Refusal::AlreadyExists) => match get(lines, &issue.id).await? {
            Some(there) => Ok(vec![changed(&issue.id, &there)?]),
            None => Ok(Vec::new()),
        },
        // Nothing that a second look at the grant would tell.
        Err(Refusal::NotFound) => {
            Err(Refusal::Failed(format!("for {} the namespace or the role does not exist", issue.id), None))
        }
        answer => Ok(vec![changed(&issue.id, &answer?)?]),
    }
}

/// Deletes one of these. Its version is of no matter: whoever changed it meanwhile changed nothing about its end.
pub(super) async fn withdraw(lines: &Lines, target: &Target) -> Result<Change, Refusal> {
    remove(lines, target, Preconditions { uid: Some(target.uid.to_string()), resource_version: None }).await
}

fn body(issue: &Issue) -> Value {
    let mut annotations = Map::new();
    if issue.id.kind == Kind::ServiceAccount {
        annotations.insert(ISSUED_AT.to_owned(), issue.at.to_string().into());
    }
    let of = api_resource(issue.id.kind);
    let mut body = match issue.id.kind {
        Kind::Role => json!({"rules": [{
            "apiGroups": [""],
            "resources": ["serviceaccounts/token"],
            "resourceNames": [&*issue.account],
            "verbs": ["create"],
        }]}),
        Kind::RoleBinding => json!({
            "roleRef": {"apiGroup": RBAC, "kind": Kind::Role.as_str(), "name": &*issue.id.name},
            "subjects": [subject(&issue.holder, &issue.id.namespace)],
        }),
        // Only a person's own request makes tokens of it, never a pod that runs under it by accident.
        _ => json!({"automountServiceAccountToken": false}),
    };
    if let Some(fields) = body.as_object_mut() {
        fields.insert("apiVersion".to_owned(), of.api_version.into());
        fields.insert("kind".to_owned(), of.kind.into());
        fields.insert(
            "metadata".to_owned(),
            metadata(&issue.id, (&issue.grant, &issue.grant_uid), &annotations),
        );
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::SubjectKind;
    use crate::cluster::seen::{Detail, Made};
    use crate::engine::{token_binding_of, token_role_of};
    use crate::facts::{BindingSubject, ObjectRef};

    fn issue(id: ObjectRef) -> Issue {
        Issue {
            id,
            grant: "churn".into(),
            grant_uid: "g-1".into(),
            account: "bot".into(),
            holder: BindingSubject { kind: SubjectKind::User, namespace: "".into(), name: "anna".into() },
            at: "2026-11-23T12:00:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn an_account_is_ours_and_is_mounted_nowhere() {
        let issue = issue(ObjectRef::namespaced(Kind::ServiceAccount, "cx", "bot"));
        let body = body(&issue);
        assert_eq!((&body["apiVersion"], &body["kind"]), (&json!("v1"), &json!("ServiceAccount")));
        assert_eq!(body["automountServiceAccountToken"], false);
        let change = changed(&issue.id, &body).unwrap();
        let made = Made {
            managed: true,
            grant_uid: Some("g-1".into()),
            owner: Some(("churn".into(), "g-1".into())),
            issued_at: Some(issue.at),
        };
        assert_eq!((change.id, change.now.unwrap().1.detail), (issue.id, Detail::Made(made)));
    }

    #[test]
    fn one_person_may_fetch_the_tokens_of_one_account() {
        let grant = ObjectRef::namespaced(Kind::AccessGrant, "cx", "churn");
        let role = body(&issue(token_role_of(&grant)));
        let expected = json!([{
            "apiGroups": [""], "resources": ["serviceaccounts/token"], "resourceNames": ["bot"], "verbs": ["create"],
        }]);
        assert_eq!((&role["kind"], &role["rules"]), (&json!("Role"), &expected));
        let binding = body(&issue(token_binding_of(&grant)));
        let expected = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": role["metadata"],
            "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": "cxguard:token:churn"},
            "subjects": [{"apiGroup": RBAC, "kind": "User", "name": "anna"}],
        });
        assert_eq!(binding, expected);
        assert_eq!(role["metadata"]["annotations"], json!({}));
    }
}
