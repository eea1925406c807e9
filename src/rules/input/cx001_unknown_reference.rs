//! CX001: a name that no object has.

use crate::api::{
    DataFlowSpec, ExemptionSpec, IncidentSpec, PersonSpec, Phase, RoleKind, SubjectKind, SurveySpec,
    VendorSpec,
};
use crate::facts::{GrantFact, Key, Kind, ObjectRef, destinations, exempted};
use crate::rules::access::{grant_is_over, is_over};
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// Every object that a manifest names exists:
    ///
    /// - of a data flow, the vendors and namespaces under `to` and under `ai.retrieval`;
    /// - of a vendor, its sub-processors;
    /// - of a person, the consulting firm;
    /// - of a survey, the vendor and the namespace of `respondentId.mappedIn`;
    /// - of a grant, the role: a `ClusterRole`, or a `Role` of the grant's own namespace;
    /// - of a grant to an `IssuedServiceAccount` that has given no access yet, the other way round: the account must not be
    ///   there, for it is made for this grant alone, and no other grant may name it (files say nothing of accounts, so a
    ///   check of them knows the other grants only);
    /// - of an incident, its flows;
    /// - of an exemption, its subject.
    ///
    /// No references are the names in a policy, an approver, the subject of a binding, the subject of a grant and the
    /// CronJob of a backup. The roles that every API server has (`view`, `edit`, `admin`, `cluster-admin` and `system:*`) are known without
    /// their manifests. An object that exists and cannot be read is reported by CX003, there.
    ///
    /// All files of one check are one world: check a flow together with its vendors.
    ///
    /// # Why
    ///
    /// Where data goes, and who gets access to it, must be known before anything can be said about it. A name that
    /// leads nowhere is often a typing error, or a vendor that nobody vetted. The outcome is Unknown, which is not
    /// Compliant; the rules that needed the object say nothing of their own.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: DataFlow
    /// spec:
    ///   to:
    ///     - vendor: feedbakhub   # the Vendor is named feedbackhub
    /// ```
    ///
    /// # Fix
    ///
    /// Correct the name, or apply the object that it means.
    ///
    /// # References
    ///
    /// GDPR Art. 5(2) (accountability), Art. 28(1) (only processors that give guarantees), Art. 30(1)(d) (record of
    /// recipients).
    1 "unknown-reference" Enforce since "0.1.0",
    Flow: flow,
    Vendor: vendor,
    Person: person,
    Survey: survey,
    Grant: grant,
    Grant: account,
    Incident: incident,
    Exemption: exemption,
}

fn flow(case: &Case<'_, DataFlowSpec>, report: &mut Report<'_>) {
    for (path, to) in destinations(case.subject) {
        if let Some(vendor) = &to.vendor {
            refers(case, format!("{path}/vendor"), &ObjectRef::cluster(Kind::Vendor, vendor), report);
        }
        if let Some(namespace) = &to.namespace {
            refers(
                case,
                format!("{path}/namespace"),
                &ObjectRef::cluster(Kind::Namespace, namespace),
                report,
            );
        }
    }
}

fn vendor(case: &Case<'_, VendorSpec>, report: &mut Report<'_>) {
    for (at, sub) in case.subject.sub_processors.iter().enumerate() {
        let vendor = ObjectRef::cluster(Kind::Vendor, &sub.vendor);
        refers(case, format!("/spec/subProcessors/{at}/vendor"), &vendor, report);
    }
}

fn person(case: &Case<'_, PersonSpec>, report: &mut Report<'_>) {
    if let Some(firm) = &case.subject.vendor {
        refers(case, "/spec/vendor".to_owned(), &ObjectRef::cluster(Kind::Vendor, firm), report);
    }
}

fn survey(case: &Case<'_, SurveySpec>, report: &mut Report<'_>) {
    if let Some(vendor) = &case.subject.vendor {
        refers(case, "/spec/vendor".to_owned(), &ObjectRef::cluster(Kind::Vendor, vendor), report);
    }
    let mapped_in = case.subject.respondent_id.as_ref().and_then(|id| id.mapped_in.as_deref());
    if let Some(namespace) = mapped_in {
        let namespace = ObjectRef::cluster(Kind::Namespace, namespace);
        refers(case, "/spec/respondentId/mappedIn".to_owned(), &namespace, report);
    }
}

fn incident(case: &Case<'_, IncidentSpec>, report: &mut Report<'_>) {
    for (at, flow) in case.subject.flows.iter().enumerate() {
        let flow = ObjectRef::namespaced(Kind::DataFlow, &flow.namespace, &flow.name);
        refers(case, format!("/spec/flows/{at}"), &flow, report);
    }
}

fn exemption(case: &Case<'_, ExemptionSpec>, report: &mut Report<'_>) {
    match exempted(case.subject) {
        Some(role) if role.kind == Kind::ClusterRole && is_built_in(&role.name) => {}
        Some(subject) => refers(case, "/spec/subject".to_owned(), &subject, report),
        None => report.unknown(
            "/spec/subject/kind",
            format!("no rule is about objects of kind {}", case.subject.subject.kind),
            "name the kind as its manifest does, such as Vendor or Deployment",
        ),
    }
}

fn grant(case: &Case<'_, GrantFact>, report: &mut Report<'_>) {
    let role = &case.subject.spec.role;
    let id = match role.kind {
        RoleKind::ClusterRole if is_built_in(&role.name) => return,
        RoleKind::ClusterRole => ObjectRef::cluster(Kind::ClusterRole, &role.name),
        RoleKind::Role => ObjectRef::namespaced(Kind::Role, &case.id.namespace, &role.name),
    };
    refers(case, "/spec/role/name".to_owned(), &id, report);
}

/// An account is issued for one grant alone. Who has it already keeps it, so only a grant that has none yet is told.
fn account(case: &Case<'_, GrantFact>, report: &mut Report<'_>) {
    let subject = &case.subject.spec.subject;
    if subject.kind != SubjectKind::IssuedServiceAccount
        || case.subject.activated_at.is_some()
        || is_over(case)
    {
        return;
    }
    let account = ObjectRef::namespaced(Kind::ServiceAccount, &case.id.namespace, &subject.name);
    let taken = match case.query.account(&account).here() {
        Some(Some(grant)) if grant == case.id.name => return,
        Some(Some(grant)) => format!("was made for AccessGrant/{}/{grant}", case.id.namespace),
        Some(None) => "exists and was made for no grant".to_owned(),
        None => match named_by_another(case) {
            Some(grant) => format!("is named by {grant} too"),
            None => return,
        },
    };
    let remedy = "make the grant with a name in subject that nothing has yet";
    report.violation("/spec/subject/name", format!("{account} {taken}"), remedy);
}

/// The first other grant of the namespace that is not over and has an account of the name.
fn named_by_another(case: &Case<'_, GrantFact>) -> Option<ObjectRef> {
    let name = case.subject.spec.subject.name.as_str().into();
    let grants = case.query.members(Key::GrantsInTo(case.id.namespace.clone(), name));
    grants.into_iter().filter(|id| id != case.id).find(|id| {
        let Some(other) = case.query.grant(&id.namespace, &id.name).here() else { return false };
        let kind = other.spec.subject.kind;
        let account = matches!(kind, SubjectKind::ServiceAccount | SubjectKind::IssuedServiceAccount);
        let over = || grant_is_over(case.query, &other.spec) || other.phase.is_some_and(Phase::is_final);
        account && other.spec.subject.name == case.subject.spec.subject.name && !over()
    })
}

/// Whether every API server makes a `ClusterRole` of this name itself.
fn is_built_in(name: &str) -> bool {
    matches!(name, "view" | "edit" | "admin" | "cluster-admin") || name.starts_with("system:")
}

fn refers<T>(case: &Case<'_, T>, path: String, to: &ObjectRef, report: &mut Report<'_>) {
    if !case.query.exists(to) {
        let remedy = format!("correct the name, or apply the {} {}", to.kind, to.name);
        report.unknown(path, format!("{to} does not exist"), remedy);
    } else if case.query.unreadable(to).is_some() {
        report.lacks(format!("{to} cannot be read"));
    }
}

#[cfg(test)]
mod tests {
    use crate::api::FindingOutcome;
    use crate::engine::Outcome;
    use crate::facts::{Fact, Kind, Name, ObjectRef};
    use crate::rules::Code;
    use crate::rules::testing::Bench;

    const WORLD: &str = r#"
apiVersion: v1
kind: Namespace
metadata: {name: cx, labels: {cxguard.dev/protected: "true"}}
---
apiVersion: cxguard.dev/v1alpha1
kind: Vendor
metadata: {name: hub}
spec: {locations: [{use: Storage, country: "DE"}]}
---
apiVersion: cxguard.dev/v1alpha1
kind: Vendor
metadata: {name: broken}
spec: {agreement: {validUntil: 31.12.2027}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: reader}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: writer, namespace: cx}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: elsewhere, namespace: other}
"#;

    fn bench(kind: &str, spec: &str) -> Bench {
        Bench::new(WORLD).with(&format!(
            "apiVersion: cxguard.dev/v1alpha1\nkind: {kind}\nmetadata: {{name: it, namespace: cx}}\nspec: {spec}\n"
        ))
    }

    #[test]
    fn a_flow_names_vendors_and_namespaces() {
        for (spec, expected) in [
            ("{to: [{vendor: hub}, {namespace: cx}]}", [].as_slice()),
            (
                "{to: [{vendor: hub}, {vendor: hup}, {namespace: cy}]}",
                &[
                    "/spec/to/1/vendor: Vendor/hup does not exist",
                    "/spec/to/2/namespace: Namespace/cy does not exist",
                ],
            ),
            ("{ai: {retrieval: {index: {namespace: cx}, embeddings: {vendor: hub}}}}", &[]),
            (
                "{ai: {retrieval: {index: {vendor: hup}, embeddings: {namespace: cy}}}}",
                &[
                    "/spec/ai/retrieval/embeddings/namespace: Namespace/cy does not exist",
                    "/spec/ai/retrieval/index/vendor: Vendor/hup does not exist",
                ],
            ),
        ] {
            let bench = bench("DataFlow", spec);
            assert_eq!(bench.findings(1, "DataFlow/cx/it"), expected, "{spec}");
        }
    }

    #[test]
    fn an_object_that_cannot_be_read_exists() {
        let bench = bench("DataFlow", "{to: [{vendor: broken}]}");
        assert!(bench.findings(1, "DataFlow/cx/it").is_empty());
        assert!(bench.lacks(1, "DataFlow/cx/it"));
        assert_eq!(bench.outcome("Vendor/broken"), Outcome::Unknown);
    }

    #[test]
    fn a_grant_names_a_role_of_the_cluster_or_of_its_namespace() {
        for (kind, name, missing) in [
            ("ClusterRole", "reader", None),
            ("ClusterRole", "view", None),
            ("ClusterRole", "cluster-admin", None),
            ("ClusterRole", "system:auth-delegator", None),
            ("ClusterRole", "writer", Some("ClusterRole/writer")),
            ("ClusterRole", "viewer", Some("ClusterRole/viewer")),
            ("Role", "writer", None),
            ("Role", "elsewhere", Some("Role/cx/elsewhere")),
            // Only the ClusterRole of that name comes with the API server.
            ("Role", "view", Some("Role/cx/view")),
        ] {
            let spec =
                format!("{{subject: {{kind: User, name: nobody}}, role: {{kind: {kind}, name: '{name}'}}}}");
            let found = bench("AccessGrant", &spec).findings(1, "AccessGrant/cx/it");
            let expected = missing.map(|missing| format!("/spec/role/name: {missing} does not exist"));
            assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{kind} {name}");
        }
    }

    const ISSUED: &str = "apiVersion: cxguard.dev/v1alpha1\nkind: AccessGrant\nmetadata: {name: it, namespace: cx}\n\
        spec: {subject: {kind: IssuedServiceAccount, name: bot}, issuedTo: {kind: User, name: anna}, \
        role: {kind: ClusterRole, name: reader}}\n";

    #[test]
    fn an_account_is_issued_for_one_grant_alone() {
        let account = ObjectRef::namespaced(Kind::ServiceAccount, "cx", "bot");
        let bench = |status: &str| Bench::new(WORLD).with(&format!("{ISSUED}{status}"));
        let found = |status: &str, beside: &str| bench(status).with(beside).findings(1, "AccessGrant/cx/it");
        let with = |status: &str, grant: Option<&str>| {
            let fact = Fact::Account(grant.map(Name::from));
            bench(status).fact(&account, fact).findings(1, "AccessGrant/cx/it")
        };
        let said = |what: &str| vec![format!("/spec/subject/name: ServiceAccount/cx/bot {what}")];
        let other = ISSUED.replace("name: it", "name: other");
        assert!(with("", Some("it")).is_empty());
        assert_eq!(with("", Some("other")), said("was made for AccessGrant/cx/other"));
        assert_eq!(with("", None), said("exists and was made for no grant"));
        assert_eq!(found("", &other), said("is named by AccessGrant/cx/other too"));
        let existing = other.replace("IssuedServiceAccount", "ServiceAccount");
        assert_eq!(found("", &existing), said("is named by AccessGrant/cx/other too"));
        // Who has it keeps it.
        let active = "status: {activatedAt: 2026-11-20T08:00:00Z, phase: Active}\n";
        assert!(found(active, &other).is_empty() && with(active, None).is_empty());
        for free in [
            other.replace("namespace: cx", "namespace: cy"),
            other.replace("name: bot", "name: bat"),
            other.replace("IssuedServiceAccount, name: bot", "User, name: bot"),
            other.replace("role: {", "revoked: {}, role: {"),
            format!("{other}status: {{phase: Expired}}\n"),
        ] {
            assert!(found("", &free).is_empty(), "{free}");
        }
    }

    #[test]
    fn vendors_and_people_name_vendors() {
        let cluster = |kind: &str, spec: &str| {
            Bench::new(WORLD).with(&format!(
                "apiVersion: cxguard.dev/v1alpha1\nkind: {kind}\nmetadata: {{name: it}}\nspec: {spec}\n"
            ))
        };
        let vendor = cluster("Vendor", "{subProcessors: [{vendor: hub}, {vendor: hup}]}");
        assert_eq!(
            vendor.findings(1, "Vendor/it"),
            ["/spec/subProcessors/1/vendor: Vendor/hup does not exist"]
        );
        let (verdict, _) = vendor.judge("Vendor/it");
        let outcome = verdict.findings.iter().find(|found| found.rule == Code(1)).map(|found| found.outcome);
        assert_eq!(outcome, Some(FindingOutcome::Unknown));
        let person = cluster("Person", "{type: Consultant, vendor: hup}");
        assert_eq!(person.findings(1, "Person/it"), ["/spec/vendor: Vendor/hup does not exist"]);
        assert!(cluster("Person", "{type: Employee}").findings(1, "Person/it").is_empty());
        assert!(cluster("Person", "{type: Consultant, vendor: hub}").findings(1, "Person/it").is_empty());
    }

    #[test]
    fn a_survey_names_a_vendor_and_a_namespace() {
        for (spec, expected) in [
            ("{}", [].as_slice()),
            ("{vendor: hub, respondentId: {mappedIn: cx}}", &[]),
            (
                "{vendor: hup, respondentId: {mappedIn: cy}}",
                &[
                    "/spec/respondentId/mappedIn: Namespace/cy does not exist",
                    "/spec/vendor: Vendor/hup does not exist",
                ],
            ),
        ] {
            assert_eq!(bench("Survey", spec).findings(1, "Survey/cx/it"), expected, "{spec}");
        }
        let broken = bench("Survey", "{vendor: broken}");
        assert!(broken.findings(1, "Survey/cx/it").is_empty() && broken.lacks(1, "Survey/cx/it"));
    }

    #[test]
    fn an_incident_names_flows() {
        let bench = bench("DataFlow", "{}");
        let incident = |flows: &str| {
            format!(
                "apiVersion: cxguard.dev/v1alpha1\nkind: Incident\nmetadata: {{name: i}}\nspec: {{flows: {flows}}}\n"
            )
        };
        let bench = bench.with(&incident("[{namespace: cx, name: it}]"));
        assert!(bench.findings(1, "Incident/i").is_empty());
        let bench = bench.with(&incident("[{namespace: cx, name: it}, {namespace: cy, name: it}]"));
        assert_eq!(bench.findings(1, "Incident/i"), ["/spec/flows/1: DataFlow/cy/it does not exist"]);
    }

    #[test]
    fn an_exemption_names_what_some_rule_is_about() {
        for (subject, expected) in [
            ("kind: Vendor, name: hub", None),
            ("kind: Vendor, name: broken", None),
            ("kind: ClusterRole, name: reader", None),
            ("kind: ClusterRole, name: view", None),
            ("kind: Role, namespace: cx, name: writer", None),
            ("kind: Vendor, name: hup", Some("/spec/subject: Vendor/hup does not exist")),
            ("kind: Role, namespace: cy, name: writer", Some("/spec/subject: Role/cy/writer does not exist")),
            ("kind: Wendor, name: hub", Some("/spec/subject/kind: no rule is about objects of kind Wendor")),
        ] {
            let bench = Bench::new(WORLD).with(&format!(
                "apiVersion: cxguard.dev/v1alpha1\nkind: Exemption\nmetadata: {{name: e}}\n\
                 spec: {{rules: [CX111], subject: {{{subject}}}}}\n"
            ));
            let expected: Vec<String> = expected.into_iter().map(str::to_owned).collect();
            assert_eq!(bench.findings(1, "Exemption/e"), expected, "{subject}");
        }
    }
}
