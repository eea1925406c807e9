//! CX206: the map from identifiers to customers where others can read it.

use std::collections::BTreeSet;

use super::respondent::respondent_id;
use crate::api::{IdSource, PersonSpec, SubjectKind, SurveySpec};
use crate::engine::{Cause, Found, Query, Scope};
use crate::facts::{BindingSubject, Key, Kind, ObjectRef};
use crate::rules::access::is_going_on;
use crate::rules::access::reach::reaches_objects;
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// The map from respondent identifiers to customers is kept in a protected namespace (`respondentId.mappedIn`), and
    /// nobody of the survey's vendor has access there: no grant that is not over, no RoleBinding, and no
    /// ClusterRoleBinding names a Person whose firm is that vendor, by user or by group. What is bound in the whole
    /// cluster counts unless it allows nothing but non-resource URLs and questions about one's own rights.
    ///
    /// Where the identifier is personal data itself, there is no map: CX205 reports. Where links carry no identifier,
    /// there is none either. A namespace that does not exist is reported by CX001.
    ///
    /// # Why
    ///
    /// The identifier is anonymous only to those without the map. The vendor has the answers; with the map as well, it
    /// has the customers' opinions by name.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Survey
    /// spec:
    ///   respondentId: {source: Random, bits: 128, validFor: 30d, mappedIn: default}   # not protected
    /// ```
    ///
    /// # Fix
    ///
    /// Move the map to a namespace with the label `cxguard.dev/protected: "true"`, and end the vendor's access to it.
    ///
    /// # References
    ///
    /// GDPR Art. 4(5), Art. 25, Art. 32(1)(a).
    206 "id-map-exposed" Enforce since "0.1.0",
    Survey: check,
}

const PATH: &str = "/spec/respondentId/mappedIn";

fn check(case: &Case<'_, SurveySpec>, report: &mut Report<'_>) {
    let Some(id) = respondent_id(case.subject).filter(|id| id.source != Some(IdSource::PersonalData)) else {
        return;
    };
    let Some(namespace) = id.mapped_in.as_deref() else {
        let message = "where the map from respondent identifiers to customers is kept is not on record";
        report.violation(PATH, message, "keep the map in a protected namespace and name it in mappedIn");
        return;
    };
    if case.query.namespace(namespace).is_missing() {
        report.lacks(format!("Namespace/{namespace} does not exist"));
        return;
    }
    if !case.query.policy(&Scope::Namespace(namespace.into())).protected {
        let namespace = ObjectRef::cluster(Kind::Namespace, namespace);
        report.because(Cause::at(&namespace, "/metadata/labels")).violation(
            PATH,
            format!(
                "the map from respondent identifiers to customers is in {}, which is not protected",
                namespace.name
            ),
            "move the map to a protected namespace, or protect this one",
        );
    }
    let Some(vendor) = case.subject.vendor.as_deref() else { return };
    for id in case.query.members(Key::PeopleOf(vendor.into())) {
        match case.query.person(&id.name) {
            Found::Here(person) => {
                for access in accesses(case.query, &person, namespace) {
                    let remedy =
                        if access.kind == Kind::ClusterRoleBinding { LIMIT_OR_END } else { END_OR_MOVE };
                    report.because(Cause::at(&access, "")).violation(
                        PATH,
                        format!("{access} gives {id}, of the survey's vendor {vendor}, access to where the map is kept"),
                        remedy,
                    );
                }
            }
            Found::Missing => {}
            Found::Unreadable(_) => report.lacks(format!("{id} cannot be read")),
        }
    }
}

const END_OR_MOVE: &str = "end this access, or move the map";
const LIMIT_OR_END: &str =
    "end this access, or bind it in the namespaces where it is needed; moving the map ends none of it";

/// What gives a person access to a namespace.
fn accesses(query: &Query<'_>, person: &PersonSpec, namespace: &str) -> BTreeSet<ObjectRef> {
    let names = || person.usernames.iter().chain(&person.groups);
    let to = |name: &String| query.members(Key::GrantsInTo(namespace.into(), name.as_str().into()));
    let grants = names().flat_map(to).filter(|id| is_going_on(query, id));
    let everywhere = query.members(Key::BindingsIn("".into())).into_iter();
    let bindings = query.members(Key::BindingsIn(namespace.into())).into_iter().chain(everywhere);
    let bindings = bindings.filter(|id| {
        let binding = query.binding(id).here();
        binding.is_some_and(|binding| {
            // A grant's own binding is told by the grant.
            binding.grant_uid.is_none()
                && binding.subjects.iter().any(|subject| is_one(person, subject))
                && reaches_objects(query, id, &binding)
        })
    });
    grants.chain(bindings).collect()
}

/// Whether a subject is the person, or a group of theirs. A service account or a group of the same name is neither.
fn is_one(person: &PersonSpec, subject: &BindingSubject) -> bool {
    let named = match subject.kind {
        SubjectKind::User => &person.usernames,
        SubjectKind::Group => &person.groups,
        SubjectKind::ServiceAccount | SubjectKind::IssuedServiceAccount => return false,
    };
    named.iter().any(|name| **name == *subject.name)
}

#[cfg(test)]
mod tests {
    use super::super::samples::{ID, survey};
    use crate::rules::testing::Bench;

    const MAPPED: &str = "{vendor: hub, respondentId: {source: Random, mappedIn: identity}}";

    fn mapped() -> Bench {
        let person = "apiVersion: cxguard.dev/v1alpha1\nkind: Person\nmetadata: {name: theirs}\n\
                      spec: {usernames: [x@hub.example], groups: [hub], type: Consultant, vendor: hub}";
        survey(MAPPED).with(person)
    }

    #[test]
    fn the_map_is_in_a_protected_namespace() {
        for (spec, expected) in [
            (MAPPED, None),
            (
                "{respondentId: {source: Random, mappedIn: open}}",
                Some("the map from respondent identifiers to customers is in open, which is not protected"),
            ),
            (
                "{respondentId: {source: Random}}",
                Some("where the map from respondent identifiers to customers is kept is not on record"),
            ),
            ("{respondentId: {source: PersonalData}}", None),
            ("{links: ['https://s.example/r']}", None),
        ] {
            let expected = expected.map(|message| format!("/spec/respondentId/mappedIn: {message}"));
            assert_eq!(survey(spec).findings(206, ID), expected.into_iter().collect::<Vec<_>>(), "{spec}");
        }
    }

    #[test]
    fn a_namespace_that_is_not_there_is_reported_once() {
        let bench = survey("{respondentId: {source: Random, mappedIn: nowhere}}");
        assert!(bench.findings(206, ID).is_empty() && bench.lacks(206, ID));
    }

    #[test]
    fn the_vendor_has_no_grant_there() {
        let grant = |namespace: &str, kind: &str, name: &str, more: &str| {
            format!(
                "apiVersion: cxguard.dev/v1alpha1\nkind: AccessGrant\nmetadata: {{name: g, namespace: {namespace}}}\n\
                 spec: {{subject: {{kind: {kind}, name: {name}}}, role: {{kind: ClusterRole, name: view}}{more}}}"
            )
        };
        for (given, found) in [
            (grant("identity", "User", "x@hub.example", ""), 1),
            (grant("identity", "Group", "hub", ""), 1),
            (grant("cx", "User", "x@hub.example", ""), 0),
            (grant("identity", "User", "y@corp.example", ""), 0),
            (grant("identity", "User", "x@hub.example", ", expiresAt: 2026-11-23T12:00:00Z"), 0),
        ] {
            assert_eq!(mapped().with(&given).findings(206, ID).len(), found, "{given}");
        }
        let bench =
            mapped().with(&grant("identity", "User", "x@hub.example", ", expiresAt: 2026-11-24T12:00:00Z"));
        assert_eq!(
            bench.findings(206, ID),
            [
                "/spec/respondentId/mappedIn: AccessGrant/identity/g gives Person/theirs, of the survey's vendor hub, \
              access to where the map is kept"
            ]
        );
        assert_eq!(bench.horizon(ID), "2026-11-24T12:00:00Z");
        assert!(bench.at("2026-11-24T12:00:00Z").findings(206, ID).is_empty());
    }

    #[test]
    fn nor_a_binding() {
        let binding = "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\n\
                       metadata: {name: b, namespace: identity, uid: u}\n\
                       roleRef: {kind: ClusterRole, name: view}\nsubjects: [{kind: Group, name: hub}]";
        assert_eq!(mapped().with(binding).findings(206, ID).len(), 1);
        // Who only has the name of the group has nothing of the vendor's.
        for other in ["{kind: User, name: hub}", "{kind: ServiceAccount, name: hub, namespace: identity}"] {
            let bench = mapped().with(&binding.replace("{kind: Group, name: hub}", other));
            assert!(bench.findings(206, ID).is_empty(), "{other}");
        }
    }

    #[test]
    fn nor_a_binding_in_the_whole_cluster() {
        let binding = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: b}\n\
                       roleRef: {kind: ClusterRole, name: reader}\nsubjects: [{kind: User, name: x@hub.example}]";
        let reader =
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: reader}\nrules: ";
        for (rules, found) in [
            ("[{apiGroups: [''], resources: [configmaps], verbs: [get]}]", 1),
            ("[{nonResourceURLs: [/healthz], verbs: [get]}]", 0),
        ] {
            let bench = mapped().with(binding).with(&format!("{reader}{rules}"));
            assert_eq!(bench.findings(206, ID).len(), found, "{rules}");
        }
        // Of a role that is not known, the worst is assumed.
        assert_eq!(
            mapped().with(binding).findings(206, ID),
            [
                "/spec/respondentId/mappedIn: ClusterRoleBinding/b gives Person/theirs, of the survey's vendor hub, \
                 access to where the map is kept"
            ]
        );
    }
}
