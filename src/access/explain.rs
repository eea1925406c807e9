//! Why somebody has access, or has none, and whom to ask.

use std::collections::BTreeSet;

use serde::Serialize;

use super::grant::{Row, row};
use super::known::{Known, Unseen};
use super::paths::{Path, path};
use crate::api::{AccessGrant, SubjectKind};
use crate::engine::{Identity, Query, Right, bindings_over, holder_of, rules_overlap, subject_of};
use crate::facts::{BindingSubject, Key, Kind, ObjectRef, Role, RoleRule};
use crate::rules::access::reach::reaches_objects;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Asked {
    /// About whom: a user name as the API server sees it.
    pub user: String,
    /// The groups that the API server told of; without, those of the person on record.
    pub groups: Option<BTreeSet<String>>,
    /// About which right; without, about any.
    pub right: Option<Right>,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// About whom.
    pub user: String,
    /// The groups that were looked at.
    pub groups: Vec<String>,
    /// Whether these are all: the API server alone knows them of somebody who is not on record.
    pub groups_known: bool,
    /// Where.
    pub namespace: String,
    /// Which right, if one was asked about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub right: Option<String>,
    /// What the API server says, if it was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmed: Option<Confirmed>,
    /// The ways that give it.
    pub paths: Vec<Path>,
    /// The grants to this user or to groups of theirs, also of an account that is issued to them.
    pub grants: Vec<Row>,
    /// Whom to ask: who owns such a grant.
    pub owners: Vec<String>,
    /// Whom to ask: who may approve one.
    pub approvers: Vec<Approver>,
    /// What could not be seen.
    pub unseen: Vec<Unseen>,
}

/// What an access review said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Confirmed {
    /// Whether it allows.
    pub allowed: bool,
    /// Why, in the API server's words.
    pub reason: String,
}

/// Somebody who may approve grants in a namespace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Approver {
    /// Who: `Group leads`.
    pub subject: String,
    /// By which binding.
    pub binding: String,
}

/// Why somebody may do something in a namespace, or may not.
pub fn explain(known: &Known, asked: &Asked) -> Explanation {
    known.ask(|query| {
        let subject = BindingSubject {
            kind: SubjectKind::User,
            namespace: "".into(),
            name: asked.user.as_str().into(),
        };
        let on_record = groups_on_record(query, &subject);
        let groups = asked.groups.as_ref().or(on_record.as_ref());
        let who = Identity::of(&subject, groups);
        let mine = |(_, grant): &(&String, &AccessGrant)| is_to(known, grant, &who);
        let grants: Vec<&AccessGrant> = known.grants.iter().filter(mine).map(|(_, grant)| grant).collect();
        let owners: BTreeSet<String> = grants.iter().filter_map(|grant| grant.spec.owner.clone()).collect();
        Explanation {
            user: asked.user.clone(),
            groups: who.groups().iter().cloned().collect(),
            groups_known: groups.is_some(),
            namespace: known.namespace.clone(),
            right: asked.right.as_ref().map(ToString::to_string),
            confirmed: None,
            paths: ways(known, query, &who, asked.right.as_ref()),
            grants: grants
                .iter()
                .map(|grant| Row { left_out: left_out(query, grant, &subject), ..row(grant) })
                .collect(),
            owners: owners.into_iter().collect(),
            approvers: approvers_but(known, query, &[who]),
            unseen: known.unseen.clone(),
        }
    })
}

/// Who may approve a grant of the namespace: neither who gets access by it nor who asked for it.
pub fn approvers(known: &Known, grant: &AccessGrant) -> Vec<Approver> {
    let name = grant.metadata.name.as_deref().unwrap_or_default();
    let id = ObjectRef::namespaced(Kind::AccessGrant, &known.namespace, name);
    let subject = subject_of(&id, &grant.spec);
    let requester = grant.spec.requested_by.as_deref().map(user);
    let holder = holder_of(&id, &grant.spec);
    let parties = requester.iter().chain(&holder).chain([&subject]);
    let parties: Vec<Identity> = parties.map(|party| Identity::of(party, None)).collect();
    known.ask(|query| approvers_but(known, query, &parties))
}

fn user(name: &str) -> BindingSubject {
    BindingSubject { kind: SubjectKind::User, namespace: "".into(), name: name.into() }
}

/// The groups of the people with this user name; nothing if there is none.
fn groups_on_record(query: &Query<'_>, user: &BindingSubject) -> Option<BTreeSet<String>> {
    let people = query.members(Key::Username(user.name.clone()));
    let mut people = people.iter().filter_map(|id| query.person(&id.name).here()).peekable();
    people.peek()?;
    Some(people.flat_map(|person| person.groups.clone()).collect())
}

/// Whether somebody gets what a grant gives, directly or by the tokens of the account that is issued for it.
fn is_to(known: &Known, grant: &AccessGrant, who: &Identity) -> bool {
    let name = grant.metadata.name.as_deref().unwrap_or_default();
    let id = ObjectRef::namespaced(Kind::AccessGrant, &known.namespace, name);
    let holder = holder_of(&id, &grant.spec);
    who.is(&subject_of(&id, &grant.spec)) || holder.is_some_and(|holder| who.is(&holder))
}

/// Why a user is left out of what a grant gives their group, in the operator's words.
fn left_out(query: &Query<'_>, grant: &AccessGrant, user: &BindingSubject) -> Vec<String> {
    let people = query.members(Key::Username(user.name.clone()));
    let excluded = grant.status.iter().flat_map(|status| &status.excluded);
    let theirs = excluded.filter(|left_out| people.iter().any(|id| *id.name == *left_out.person));
    theirs.map(|left_out| format!("Person/{}: {}", left_out.person, left_out.reasons.join("; "))).collect()
}

/// The ways of somebody, those that give a right if one is asked about.
fn ways(known: &Known, query: &Query<'_>, who: &Identity, right: Option<&Right>) -> Vec<Path> {
    let mut paths = Vec::new();
    for id in bindings_over(query, &known.namespace) {
        let Some(binding) = query.binding(&id).here() else { continue };
        let gives = || match (query.role(&binding.role).here(), right) {
            (Some(role), Some(right)) => overlaps(&role, right),
            // Of a role that could not be seen, nobody can say that it does not.
            (None, _) => true,
            (Some(_), None) => reaches_objects(query, &id, &binding),
        };
        let subjects = who.ways(&binding);
        if !subjects.is_empty() && gives() {
            paths.extend(subjects.into_iter().map(|subject| path(known, query, &id, &binding, subject)));
        }
    }
    paths.sort();
    paths
}

/// Whether a role allows some of a right, perhaps on named objects only: its path names them.
fn overlaps(role: &Role, right: &Right) -> bool {
    let resource = match &*right.subresource {
        "" => right.resource.clone(),
        subresource => format!("{}/{subresource}", right.resource).into(),
    };
    let asked = RoleRule {
        verbs: vec![right.verb.clone()],
        groups: vec![right.group.clone()],
        resources: vec![resource],
        names: Some(right.name.clone()).filter(|name| !name.is_empty()).into_iter().collect(),
    };
    role.rules.iter().any(|rule| rules_overlap(rule, &asked))
}

fn approvers_but(known: &Known, query: &Query<'_>, parties: &[Identity]) -> Vec<Approver> {
    let mut found = BTreeSet::new();
    for id in bindings_over(query, &known.namespace) {
        let Some(binding) = query.binding(&id).here() else { continue };
        let approve = Right {
            verb: "approve".into(),
            group: "cxguard.dev".into(),
            resource: "accessgrants".into(),
            subresource: "".into(),
            name: "".into(),
        };
        if !query.role(&binding.role).here().is_some_and(|role| overlaps(&role, &approve)) {
            continue;
        }
        // Nobody approves for themselves; of a group, others can.
        let own = |subject: &BindingSubject| {
            subject.kind != SubjectKind::Group && parties.iter().any(|party| party.is(subject))
        };
        let others = binding.subjects.iter().filter(|subject| !own(subject));
        found
            .extend(others.map(|subject| Approver { subject: subject.to_string(), binding: id.to_string() }));
    }
    found.into_iter().collect()
}
