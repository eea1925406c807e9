//! What the API server has, as far as a plan needs it beside the facts.

use jiff::Timestamp;
use serde_json::Value;

use crate::facts::{BindingSubject, Fact, Name, ObjectRef};

/// What became of one object: the fact for the judgement, and what a plan compares it with.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The object.
    pub id: ObjectRef,
    /// What is known now; `None` if it is gone.
    pub now: Option<(Fact, Seen)>,
    /// If it is gone: the UID of what is gone. A namesake with another UID may exist already, and a watch that lags must
    /// not make it vanish.
    pub gone: Option<Name>,
}

impl Change {
    /// The object exists.
    pub fn exists(id: ObjectRef, fact: Fact, seen: Seen) -> Self {
        Self { id, now: Some((fact, seen)), gone: None }
    }

    /// The object with that UID is gone.
    pub fn is_gone(id: ObjectRef, uid: Name) -> Self {
        Self { id, now: None, gone: Some(uid) }
    }
}

/// One version of an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// Its UID.
    pub uid: Name,
    /// Its version; versions under one name can be compared as numbers, also across namesakes.
    pub resource_version: Name,
    /// The generation of its spec.
    pub generation: i64,
    /// Whether it is being deleted.
    pub deleting: bool,
    /// What else matters, by kind.
    pub detail: Detail,
}

impl Seen {
    /// Whether this version is older than another of the same name: of the same object, or of one before it.
    pub(crate) fn is_older_than(&self, other: &Self) -> bool {
        let number = |seen: &Self| seen.resource_version.parse::<u64>().ok();
        number(self).zip(number(other)).is_some_and(|(this, other)| this < other)
    }
}

/// What else matters of an object, by kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Detail {
    /// Nothing.
    None,
    /// One of ours: its status as it stands, and whether it carries our finalizer.
    Own {
        /// `null` without a status.
        status: Value,
        /// Whether our finalizer is on it.
        finalizer: bool,
    },
    /// A workload: our annotations, in the order compliance, findings, data flows.
    Workload([Option<Name>; 3]),
    /// A RoleBinding.
    Binding(SeenBinding),
    /// A service account or a Role that carries traces of a grant.
    Made(Made),
}

/// Whose a service account or a Role is that was made for a grant.
#[derive(Clone, Debug, PartialEq)]
pub struct Made {
    /// Whether our label says that we manage it.
    pub managed: bool,
    /// The UID of the grant, from our label.
    pub grant_uid: Option<Name>,
    /// The grant that owns it, by name and UID.
    pub owner: Option<(Name, Name)>,
    /// When the account was issued, from our annotation.
    pub issued_at: Option<Timestamp>,
}

/// A RoleBinding as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct SeenBinding {
    /// Whether our label says that we manage it.
    pub managed: bool,
    /// The UID of the grant, from our label.
    pub grant_uid: Option<Name>,
    /// The grants that own it, by name and UID.
    pub owner: Option<(Name, Name)>,
    /// The deadline from our annotation: `Some(None)` if there is one that cannot be read.
    pub deadline: Option<Option<Timestamp>>,
    /// The approval that the deadline rests on, from our annotation.
    pub approved_at: Option<Timestamp>,
    /// When access returned after an end, from our annotation.
    pub returned_at: Option<Timestamp>,
    /// The role.
    pub role: ObjectRef,
    /// The subjects.
    pub subjects: Vec<BindingSubject>,
}

impl SeenBinding {
    /// Whether it bears our labels.
    pub(crate) fn is_ours(&self) -> bool {
        self.managed && self.grant_uid.is_some()
    }
}
