//! CX503: a binding that gives access to everybody.

use super::reach::reaches_objects;
use crate::api::SubjectKind;
use crate::facts::{ACCOUNTS, Binding, BindingSubject, accounts_in};
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// No binding in a protected namespace, and no binding of the whole cluster, names as its subject
    ///
    /// - the groups `system:authenticated` or `system:unauthenticated`, or the user `system:anonymous`;
    /// - the service accounts of a namespace or of all namespaces, the groups `system:serviceaccounts*`.
    ///
    /// Bindings of the whole cluster whose role allows nothing but non-resource URLs and questions about one's own
    /// rights are left out: every API server makes such bindings, as `system:discovery`, and they reach no object.
    ///
    /// # Why
    ///
    /// Who reads customer data must be known by name, or nobody can tell afterwards who it was, and nobody's access can
    /// be ended: GDPR Art. 32(4), ISO/IEC 27001 A.5.16.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: RoleBinding          # in a protected namespace
    /// subjects:
    ///   - {kind: Group, name: "system:authenticated"}
    /// ```
    ///
    /// # Fix
    ///
    /// Delete the binding. Give each person a grant, and each program a service account of its own.
    ///
    /// # References
    ///
    /// GDPR Art. 32(1)(b), 32(4); ISO/IEC 27001:2022 A.5.16; NIST SP 800-53 AC-2; SOC 2 CC6.1.
    503 "access-for-everyone" Enforce since "0.1.0",
    Binding: check,
}

fn check(case: &Case<'_, Binding>, report: &mut Report<'_>) {
    if !reaches_objects(case.query, case.id, case.subject) {
        return;
    }
    for (at, subject) in case.subject.subjects.iter().enumerate() {
        if let Some(everybody) = everybody(subject) {
            report.violation(
                format!("/subjects/{at}/name"),
                format!("gives {} {} to {everybody}", case.subject.role.kind, case.subject.role.name),
                "delete the binding: give each person a grant, and each program a service account of its own",
            );
        }
    }
}

/// Whom a subject means, if that is everybody of some sort.
fn everybody(subject: &BindingSubject) -> Option<String> {
    match (subject.kind, &*subject.name) {
        (SubjectKind::User, "system:anonymous") | (SubjectKind::Group, "system:unauthenticated") => {
            Some("everybody, also without credentials".to_owned())
        }
        (SubjectKind::Group, "system:authenticated") => {
            Some("everybody who has any account in the cluster".to_owned())
        }
        (SubjectKind::Group, ACCOUNTS) => Some("every service account".to_owned()),
        (SubjectKind::Group, name) => {
            let namespace = accounts_in(name)?;
            Some(format!("every service account of the namespace {namespace}"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::{Bench, PEOPLE};

    fn binding(kind: &str, namespace: &str, role: &str, subject: &str) -> String {
        format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata: {{name: b, namespace: {namespace}}}\n\
             roleRef: {{kind: ClusterRole, name: {role}}}\nsubjects: [{subject}]\n"
        )
    }

    fn found(kind: &str, role: &str, subject: &str) -> Vec<String> {
        let (namespace, id) = match kind {
            "RoleBinding" => ("cx-feedback", "RoleBinding/cx-feedback/b"),
            _ => ("''", "ClusterRoleBinding/b"),
        };
        Bench::new(PEOPLE).with(&binding(kind, namespace, role, subject)).findings(503, id)
    }

    #[test]
    fn whoever_is_everybody_is_named() {
        for (subject, everybody) in [
            ("{kind: User, name: 'system:anonymous'}", "everybody, also without credentials"),
            ("{kind: Group, name: 'system:unauthenticated'}", "everybody, also without credentials"),
            ("{kind: Group, name: 'system:authenticated'}", "everybody who has any account in the cluster"),
            ("{kind: Group, name: 'system:serviceaccounts'}", "every service account"),
            (
                "{kind: Group, name: 'system:serviceaccounts:cx-feedback'}",
                "every service account of the namespace cx-feedback",
            ),
        ] {
            let expected = [format!("/subjects/0/name: gives ClusterRole feedback-reader to {everybody}")];
            assert_eq!(found("RoleBinding", "feedback-reader", subject), expected);
            assert_eq!(found("ClusterRoleBinding", "feedback-reader", subject), expected);
        }
    }

    #[test]
    fn whoever_has_a_name_is_somebody() {
        for subject in [
            "{kind: User, name: 'system:authenticated'}",
            "{kind: User, name: ann@corp.example}",
            "{kind: Group, name: insight-analysts}",
            "{kind: Group, name: 'system:masters'}",
            "{kind: ServiceAccount, namespace: cx-feedback, name: sender}",
        ] {
            assert!(found("RoleBinding", "feedback-reader", subject).is_empty(), "{subject}");
        }
    }

    #[test]
    fn each_of_several_subjects_is_found() {
        let two = "{kind: User, name: a}, {kind: Group, name: 'system:authenticated'}, \
                   {kind: User, name: 'system:anonymous'}";
        let paths: Vec<String> = found("RoleBinding", "feedback-reader", two);
        assert!(paths[0].starts_with("/subjects/1/name") && paths[1].starts_with("/subjects/2/name"));
    }

    #[test]
    fn what_every_api_server_gives_everybody_reaches_nothing() {
        let group = "{kind: Group, name: 'system:authenticated'}";
        let role = |rule: &str| {
            let manifest = format!(
                "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: some}}\nrules: [{rule}]\n---\n"
            );
            let bench =
                Bench::new(PEOPLE).with(&(manifest + &binding("ClusterRoleBinding", "''", "some", group)));
            bench.findings(503, "ClusterRoleBinding/b").len()
        };
        assert_eq!(role("{nonResourceURLs: [/healthz], verbs: [get]}"), 0);
        assert_eq!(
            role(
                "{apiGroups: [authorization.k8s.io], resources: [selfsubjectaccessreviews], verbs: [create]}"
            ),
            0
        );
        assert_eq!(role("{apiGroups: [''], resources: [configmaps], verbs: [get]}"), 1);
        assert_eq!(found("ClusterRoleBinding", "unknown", group).len(), 1);
    }

    #[test]
    fn where_nothing_is_protected_nothing_is_found() {
        let group = "{kind: Group, name: 'system:authenticated'}";
        let unprotected = PEOPLE.replace(", labels: {cxguard.dev/protected: \"true\"}", "");
        let bench = Bench::new(&unprotected)
            .with(&binding("RoleBinding", "cx-feedback", "feedback-reader", group))
            .with(&binding("ClusterRoleBinding", "''", "feedback-reader", group));
        assert!(bench.findings(503, "RoleBinding/cx-feedback/b").is_empty());
        assert!(bench.findings(503, "ClusterRoleBinding/b").is_empty());
    }
}
