//! What users do to one grant, second by second.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::run::{ACCOUNT, Edit, NAMESPACE, Story, USER, binding, grant};
use crate::server::Server;

/// An edit that needs nothing but the server.
type Plain = fn(&mut Server);

const START: &str = "2026-11-23T12:00:00Z";

pub(crate) fn at(seconds: i64) -> Timestamp {
    START.parse::<Timestamp>().unwrap() + SignedDuration::from_secs(seconds)
}

pub(crate) fn document(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap()
}

/// A consultant with papers, a role, and a grant of 60 seconds.
fn world(server: &mut Server) {
    server.put(document(
        "{apiVersion: v1, kind: Namespace, metadata: {name: cx-feedback, labels: {cxguard.dev/protected: 'true'}}}",
    ));
    server.put(document(
        "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: feedback-reader},
          rules: [{apiGroups: [''], resources: [configmaps], verbs: [get]}]}",
    ));
    server.put(document(
        "{apiVersion: cxguard.dev/v1alpha1, kind: Vendor, metadata: {name: insight-partners}, spec: {role: Processor,
          country: DE, agreement: {signedOn: 2026-09-01, validUntil: 2027-08-31, countries: [DE],
          measures: [EncryptionAtRest]}}}",
    ));
    server.put(person("2027-09-30"));
    server.put(access(60, 0));
}

fn person(nda: &str) -> Value {
    document(&format!(
        "{{apiVersion: cxguard.dev/v1alpha1, kind: Person, metadata: {{name: analyst-7}}, spec: {{
          usernames: [{USER}], type: Consultant, vendor: insight-partners, jobRole: data-analyst, country: DE,
          confidentiality: {{signedOn: 2026-09-28, validUntil: {nda}}},
          engagement: {{from: 2026-10-01, until: 2026-12-31}}}}}}"
    ))
}

/// An incident of a flow in the grant's namespace, open or closed at its beginning.
pub(crate) fn incident(fields: &str) -> Value {
    document(&format!(
        "{{apiVersion: cxguard.dev/v1alpha1, kind: Incident, metadata: {{name: leak}}, spec: {{role: Controller,
          flows: [{{namespace: {NAMESPACE}, name: answers}}], awareAt: '{}', containment: SuspendGrants{fields}}}}}",
        at(0)
    ))
}

/// A grant that ends and was approved so many seconds from the start.
pub(crate) fn access(expires: i64, approved: i64) -> Value {
    document(&format!(
        "{{apiVersion: cxguard.dev/v1alpha1, kind: AccessGrant, metadata: {{name: analyst-7-churn,
          namespace: {NAMESPACE}}}, spec: {{subject: {{kind: User, name: {USER}}},
          role: {{kind: ClusterRole, name: feedback-reader}}, dataForm: Pseudonymised,
          expiresAt: '{}', approval: {{by: lead@corp.example, at: '{}'}}, reviewedOn: 2026-11-19}}}}",
        at(expires),
        at(approved)
    ))
}

pub(crate) fn story(edits: Vec<(i64, Plain)>) -> Story {
    let mut all: Vec<(Timestamp, Edit)> = vec![(at(0), Box::new(world))];
    all.extend(edits.into_iter().map(|(when, edit)| (at(when), Box::new(edit) as Edit)));
    Story { start: at(0), end: at(600), edits: all, who: USER }
}

/// The same story of a grant for which an account is issued: whatever users write into its spec, the subject stays.
pub(crate) fn issued(mut story: Story) -> Story {
    let wrapped = std::mem::take(&mut story.edits).into_iter().map(|(when, edit)| {
        let edit: Edit = Box::new(move |server| {
            edit(server);
            if server.objects.contains_key(&grant()) {
                server.edit(&grant(), |object| {
                    object["spec"]["subject"] = json!({"kind": "IssuedServiceAccount", "name": ACCOUNT});
                    object["spec"]["issuedTo"] = json!({"kind": "User", "name": USER});
                });
            }
        });
        (when, edit)
    });
    story.edits = wrapped.collect();
    story.who = ACCOUNT;
    story
}

/// Each story, and whether the user is entitled to access at its end.
pub(crate) fn stories() -> Vec<(&'static str, Story, bool)> {
    let mut stories = of_the_grant();
    stories.extend(contained());
    stories.extend(tampering());
    stories
}

fn of_the_grant() -> Vec<(&'static str, Story, bool)> {
    let extend = |server: &mut Server| {
        server.edit(&grant(), |object| object["spec"] = access(10_000, 30)["spec"].clone());
    };
    let late = |server: &mut Server| {
        server.edit(&grant(), |object| object["spec"] = access(10_000, 54)["spec"].clone());
    };
    vec![
        ("it expires", story(vec![]), false),
        ("it is extended early", story(vec![(30, extend)]), true),
        ("it is extended five seconds before the deadline", story(vec![(55, late)]), true),
        (
            "it expires and is renewed by a later approval",
            story(vec![(64, |server| {
                server.edit(&grant(), |object| object["spec"] = access(10_000, 64)["spec"].clone());
            })]),
            true,
        ),
        (
            "it is revoked",
            story(vec![(20, |server| {
                server.edit(&grant(), |object| {
                    object["spec"]["revoked"] = json!({"reason": "done"});
                });
            })]),
            false,
        ),
        ("it is deleted", story(vec![(20, |server| server.delete(&grant()))]), false),
        (
            "it is deleted and created again at once",
            story(vec![
                (20, |server| {
                    server.delete(&grant());
                }),
                (25, |server| server.put(access(10_000, 22))),
            ]),
            true,
        ),
        (
            "the NDA is said to have lapsed, by mistake, for a second",
            story(vec![
                (5, |server| {
                    server.edit(&grant(), |object| object["spec"] = access(10_000, 5)["spec"].clone());
                }),
                (10, |server| server.put(person("2026-11-22"))),
                (11, |server| server.put(person("2027-09-30"))),
            ]),
            true,
        ),
        (
            "the NDA is found to have lapsed and is renewed",
            story(vec![
                (10, |server| server.put(person("2026-11-22"))),
                (20, |server| server.put(person("2027-09-30"))),
                (30, |server| {
                    server.edit(&grant(), |object| object["spec"] = access(10_000, 30)["spec"].clone());
                }),
            ]),
            true,
        ),
    ]
}

/// Each story of an incident that suspends it.
fn contained() -> Vec<(&'static str, Story, bool)> {
    let extend = |server: &mut Server| {
        server.edit(&grant(), |object| object["spec"] = access(10_000, 5)["spec"].clone());
    };
    vec![
        (
            "an incident suspends it and is closed",
            story(vec![
                (5, extend),
                (10, |server| server.put(incident(""))),
                (40, |server| server.put(incident(&format!(", closedAt: '{}'", at(20))))),
            ]),
            true,
        ),
        (
            "an incident suspends it and is over at once",
            story(vec![
                (5, extend),
                (10, |server| server.put(incident(""))),
                (11, |server| server.put(incident(&format!(", closedAt: '{}'", at(11))))),
            ]),
            true,
        ),
        (
            "an incident suspends it twice, each time for a second",
            story(vec![
                (5, extend),
                (10, |server| server.put(incident(""))),
                (11, |server| server.put(incident(&format!(", closedAt: '{}'", at(11))))),
                (12, |server| server.put(incident(""))),
                (13, |server| server.put(incident(&format!(", closedAt: '{}'", at(13))))),
            ]),
            true,
        ),
        (
            "an incident suspends it and stays open",
            story(vec![(5, extend), (10, |server| server.put(incident("")))]),
            false,
        ),
    ]
}

/// Each story of somebody who tampers with the binding.
fn tampering() -> Vec<(&'static str, Story, bool)> {
    vec![
        ("its binding is deleted by somebody", story(vec![(10, |server| server.delete(&binding()))]), false),
        (
            "its binding is given to somebody else",
            story(vec![(10, |server| {
                server.edit(&binding(), |object| object["subjects"][0]["name"] = json!("mallory"));
            })]),
            false,
        ),
        (
            "its binding is stripped of its labels",
            story(vec![(10, |server| {
                server.edit(&binding(), |object| object["metadata"]["labels"] = json!({}));
            })]),
            false,
        ),
        (
            "its deadline is moved on the binding",
            story(vec![(10, |server| {
                server.edit(&binding(), |object| {
                    object["metadata"]["annotations"]["cxguard.dev/deadline"] = json!("2099-01-01T00:00:00Z");
                });
            })]),
            false,
        ),
    ]
}
