//! What the operator may do to the world: each effect is one request to the API server, or a bundle of questions.
//!
//! Effects are values. The plan makes them, the executor or a model of the server carries them out, and what came of
//! each returns to the [`super::Operator`] as an [`Answer`].

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::seen::Change;
use crate::api::EndCause;
use crate::engine::Right;
use crate::facts::{BindingSubject, Name, ObjectRef};

/// The kinds of work on one object that may be under way at the same time. Access never waits for a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// Bindings, finalizers and what must be known for them.
    Access,
    /// Questions whether access has really ended.
    Verify,
    /// Status and annotations.
    Report,
    /// Events, which nothing waits for.
    Event,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Read a grant and its binding from the API server itself, not from the watch.
    Read(Known, Known),
    /// Put our finalizer on a grant, before anything that must be undone when it is deleted.
    AddFinalizer(Target),
    /// Let a deleted grant go.
    RemoveFinalizer(Target),
    /// Create the binding of a grant.
    CreateBinding(Lease),
    /// Put a binding back to what it should be, deadline included.
    ReplaceBinding(Target, Lease),
    /// Delete a binding.
    DeleteBinding(Target),
    /// Create the account that is issued for a grant, or what allows to fetch its tokens.
    Issue(Issue),
    /// Delete one of these, whatever version it has.
    Withdraw(Target),
    /// Put on record, apart from the grant, that it ended.
    RecordEnd {
        /// The grant.
        grant: ObjectRef,
        /// When.
        at: Timestamp,
        /// Why.
        cause: EndCause,
    },
    /// Ask the API server whether a subject may still do what a grant allowed.
    Verify(Questions),
    /// Write a status in place of the one that stands there.
    WriteStatus(Target, Value),
    /// Write our annotations on a workload; `None` removes one.
    Annotate(Target, BTreeMap<&'static str, Option<String>>),
    /// Send an event.
    Event(Note),
}

impl Effect {
    /// The lane in which the effect runs.
    pub fn lane(&self) -> Lane {
        match self {
            Self::Read(..)
            | Self::AddFinalizer(_)
            | Self::RemoveFinalizer(_)
            | Self::CreateBinding(_)
            | Self::ReplaceBinding(..)
            | Self::DeleteBinding(_)
            | Self::Issue(_)
            | Self::Withdraw(_)
            | Self::RecordEnd { .. } => Lane::Access,
            Self::Verify(_) => Lane::Verify,
            Self::WriteStatus(..) | Self::Annotate(..) => Lane::Report,
            Self::Event(_) => Lane::Event,
        }
    }

    /// Whether the effect overtakes everything else: what takes access away, or may take it from some.
    pub fn is_urgent(&self) -> bool {
        matches!(self, Self::Read(..) | Self::DeleteBinding(_) | Self::ReplaceBinding(..))
    }

    /// What the effect does, as logs and metrics name it.
    pub const fn verb(&self) -> &'static str {
        match self {
            Self::Read(..) => "read",
            Self::AddFinalizer(_) => "add-finalizer",
            Self::RemoveFinalizer(_) => "remove-finalizer",
            Self::CreateBinding(_) => "create-binding",
            Self::ReplaceBinding(..) => "replace-binding",
            Self::DeleteBinding(_) => "delete-binding",
            Self::Issue(_) => "issue",
            Self::Withdraw(_) => "withdraw",
            Self::RecordEnd { .. } => "record-end",
            Self::Verify(_) => "verify",
            Self::WriteStatus(..) => "write-status",
            Self::Annotate(..) => "annotate",
            Self::Event(_) => "event",
        }
    }
}

/// One version of one object: what a write was decided upon. The server refuses the write if it has another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The object.
    pub id: ObjectRef,
    /// Its UID, which a namesake created later does not have.
    pub uid: Name,
    /// Its version.
    pub resource_version: Name,
}

/// An object as far as it is known before it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The object.
    pub id: ObjectRef,
    /// Its UID, if it is thought to exist.
    pub uid: Option<Name>,
}

/// The binding that a grant should have. It carries the deadline: the binding is the lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The binding.
    pub id: ObjectRef,
    /// The name of the grant.
    pub grant: Name,
    /// The UID of the grant.
    pub grant_uid: Name,
    /// The role that is given.
    pub role: ObjectRef,
    /// Who gets it.
    pub subjects: Vec<BindingSubject>,
    /// When access ends, if an end is known.
    pub deadline: Option<Timestamp>,
    /// The approval that the deadline rests on. A binding found overdue after a restart is kept only where the grant
    /// carries a later one: nothing else may have moved its end.
    pub approved_at: Option<Timestamp>,
    /// When it was written after an end, if one is on record. It makes a new version, so that a deletion from before which
    /// is still under way cannot hit it.
    pub returned_at: Option<Timestamp>,
}

/// One of the three objects that stand beside the binding of a grant for which an account is issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// The object: the account, the Role that allows to fetch its tokens, or the binding of that role.
    pub id: ObjectRef,
    /// The name of the grant.
    pub grant: Name,
    /// The UID of the grant.
    pub grant_uid: Name,
    /// The name of the account.
    pub account: Name,
    /// Who may fetch its tokens.
    pub holder: BindingSubject,
    /// When it is issued: tells an account from one before it, which a deletion that is still under way may hit.
    pub at: Timestamp,
}

/// What to ask the API server about those who should have no access any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Questions {
    /// The namespace of the grant.
    pub namespace: Name,
    /// Whom to ask about: of a grant to the members of a group, each.
    pub who: Vec<Asked>,
    /// A bounded sample of what the role allows.
    pub rights: Vec<Right>,
}

/// Somebody to ask about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The username; empty for a group as such.
    pub user: String,
    /// The groups to ask with: SubjectAccessReview knows none by itself.
    pub groups: Vec<String>,
}

/// An event to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What it is about.
    pub regarding: ObjectRef,
    /// Its UID.
    pub uid: Name,
    /// Whether something is wrong.
    pub warning: bool,
    /// The stable reason.
    pub reason: &'static str,
    /// What the operator did.
    pub action: &'static str,
    /// What happened, for people.
    pub text: String,
}

/// What came of an effect.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// It is done; this is what the server now has.
    Done(Vec<Change>),
    /// What the subject may still do, of what was asked; with the reasons that the server gave.
    Verified(Vec<(Right, String)>),
    /// The object is not there, or not in that version: look again.
    Conflict,
    /// The operator lacks a permission, or something else refuses: the server's own words.
    Forbidden(String),
    /// Nothing can be said: a time-out, a server error. Try again, not before the given number of seconds.
    Failed(String, Option<u32>),
}
