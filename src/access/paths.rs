//! Each way by which somebody gets at a namespace.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::grant::{given_to, why};
use super::known::{Known, Unseen};
use crate::api::{AccessGrant, DeadlineCause, Phase, SubjectKind};
use crate::engine::{Query, binding_of, bindings_over, rights, subject_of};
use crate::facts::{Binding, BindingSubject, Key, Kind, ObjectRef, Role, role_of};
use crate::rules::access::reach::{is_part_of_kubernetes, reaches_objects};
use crate::rules::access::ways::opened;
use crate::values::{Date, Instant};

/// Who gets at a namespace.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Table {
    /// Its name.
    pub namespace: String,
    /// The ways, in the order of who takes them.
    pub paths: Vec<Path>,
    /// The grants that give nothing now and may still.
    pub waiting: Vec<Waiting>,
    /// How many ways are those of Kubernetes' own parts, by roles that the API server made for them.
    pub parts_of_kubernetes: usize,
    /// What could not be seen.
    pub unseen: Vec<Unseen>,
}

/// One way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Path {
    /// Who: `User ann@corp.example`.
    pub subject: String,
    /// The people on record who that is, or who are in that group.
    pub people: Vec<String>,
    /// The binding: `RoleBinding/cx-feedback/readers`.
    pub binding: String,
    /// The role: `ClusterRole/view`.
    pub role: String,
    /// Whether the role could be seen.
    pub role_seen: bool,
    /// What it allows: `get, list configmaps`.
    pub may: Vec<String>,
    /// What leads to more than that: `create pods`, `bind clusterroles`.
    pub could: Vec<String>,
    /// The grant that stands behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant: Option<String>,
    /// When it ends. Absent: it has no end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Instant>,
    /// What sets the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until_cause: Option<DeadlineCause>,
    /// The day it was last reviewed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reviewed_on: Option<Date>,
}

/// A grant that gives nothing now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Waiting {
    /// The grant.
    pub grant: String,
    /// To whom.
    pub subject: String,
    /// Which role.
    pub role: String,
    /// Where it stands; absent: nobody has judged it yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
    /// For what it waits.
    pub why: String,
}

/// Every way into a namespace.
pub fn paths(known: &Known) -> Table {
    let (paths, parts_of_kubernetes) = known.ask(|query| all(known, query));
    let waiting = known.grants.iter().filter(|(_, grant)| may_still_give(grant));
    let waiting = waiting.map(|(name, grant)| Waiting {
        grant: name.clone(),
        subject: given_to(grant),
        role: format!("{}/{}", grant.spec.role.kind, grant.spec.role.name),
        phase: phase(grant),
        why: why(grant),
    });
    Table {
        namespace: known.namespace.clone(),
        waiting: waiting.collect(),
        paths,
        parts_of_kubernetes,
        unseen: known.unseen.clone(),
    }
}

pub(super) fn phase(grant: &AccessGrant) -> Option<Phase> {
    grant.status.as_ref()?.phase
}

fn may_still_give(grant: &AccessGrant) -> bool {
    phase(grant).is_none_or(|phase| phase != Phase::Active && !phase.is_final())
}

fn all(known: &Known, query: &Query<'_>) -> (Vec<Path>, usize) {
    let mut paths = Vec::new();
    let mut parts = 0;
    let mut seen = BTreeSet::new();
    for id in bindings_over(query, &known.namespace) {
        let Some(binding) = query.binding(&id).here() else { continue };
        seen.insert(id.clone());
        if !reaches_objects(query, &id, &binding) {
            continue;
        }
        for subject in &binding.subjects {
            if is_made_for_kubernetes(&id, &binding, subject) {
                parts += 1;
            } else {
                paths.push(path(known, query, &id, &binding, subject));
            }
        }
    }
    paths.extend(unseen_bindings(known, query, &seen));
    paths.sort();
    (paths, parts)
}

/// Controllers of Kubernetes, and its parts that come as users or groups, with the roles that the API server made.
fn is_made_for_kubernetes(id: &ObjectRef, binding: &Binding, subject: &BindingSubject) -> bool {
    let everybody = ["system:authenticated", "system:unauthenticated", "system:serviceaccount"];
    let part = || {
        matches!(subject.kind, SubjectKind::User | SubjectKind::Group)
            && subject.name.starts_with("system:")
            && !everybody.iter().any(|name| subject.name.starts_with(name))
            && binding.role.name.starts_with("system:")
    };
    is_part_of_kubernetes(id, binding, subject) || (id.kind == Kind::ClusterRoleBinding && part())
}

/// One way: what the binding gives one of its subjects.
pub(super) fn path(
    known: &Known,
    query: &Query<'_>,
    id: &ObjectRef,
    binding: &Binding,
    subject: &BindingSubject,
) -> Path {
    let role = query.role(&binding.role).here();
    let grant = known.grant_of(query, id, binding, subject);
    let status = grant.and_then(|(_, grant)| grant.status.as_ref());
    let everywhere = id.kind == Kind::ClusterRoleBinding;
    Path {
        subject: subject.to_string(),
        people: people(query, subject),
        binding: id.to_string(),
        role: named(&binding.role),
        role_seen: role.is_some(),
        may: role.as_deref().map(allowed).unwrap_or_default(),
        could: role.as_deref().map(|role| opened(role, everywhere)).unwrap_or_default(),
        until: status.and_then(|status| status.deadline),
        until_cause: status.and_then(|status| status.deadline_cause),
        reviewed_on: grant.and_then(|(_, grant)| grant.spec.reviewed_on),
        grant: grant.map(|(name, _)| name.to_owned()),
    }
}

/// What active grants give by bindings that could not be seen: the operator says that they are there.
fn unseen_bindings(known: &Known, query: &Query<'_>, seen: &BTreeSet<ObjectRef>) -> Vec<Path> {
    let active = known.grants.iter().filter(|(_, grant)| phase(grant) == Some(Phase::Active));
    let bindings = active.map(|(name, grant)| {
        let id = ObjectRef::namespaced(Kind::AccessGrant, &known.namespace, name);
        let binding = Binding {
            role: role_of(&id, &grant.spec),
            subjects: vec![subject_of(&id, &grant.spec)],
            grant_uid: grant.metadata.uid.as_deref().map(Into::into),
        };
        (binding_of(&id), binding)
    });
    bindings
        .filter(|(id, _)| !seen.contains(id))
        .flat_map(|(id, binding)| {
            let subjects = binding.subjects.iter();
            subjects.map(|subject| path(known, query, &id, &binding, subject)).collect::<Vec<_>>()
        })
        .collect()
}

/// The people on record behind a subject.
fn people(query: &Query<'_>, subject: &BindingSubject) -> Vec<String> {
    let key = match subject.kind {
        SubjectKind::User => Key::Username(subject.name.clone()),
        SubjectKind::Group => Key::Member(subject.name.clone()),
        SubjectKind::ServiceAccount | SubjectKind::IssuedServiceAccount => return Vec::new(),
    };
    query.members(key).iter().map(|person| person.name.to_string()).collect()
}

/// A role without the namespace in which its binding stands anyway.
fn named(role: &ObjectRef) -> String {
    format!("{}/{}", role.kind, role.name)
}

/// The most rights of a role that are looked at.
const MOST: usize = 500;

/// What a role allows: objects with the same verbs together.
fn allowed(role: &Role) -> Vec<String> {
    let mut verbs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for right in rights(role, MOST) {
        let text = right.to_string();
        let Some((verb, object)) = text.split_once(' ') else { continue };
        verbs.entry(object.to_owned()).or_default().insert(verb.to_owned());
    }
    let mut objects: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (object, verbs) in verbs {
        let verbs = verbs.into_iter().collect::<Vec<_>>().join(", ");
        objects.entry(verbs).or_default().push(object);
    }
    let together = objects.into_iter().map(|(verbs, objects)| format!("{verbs} {}", objects.join(", ")));
    together.collect()
}
