//! Under whose policies an object is judged.

use crate::facts::{Kind, Name, ObjectRef};

/// Under whose policies an object is judged.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// The policies that select this namespace.
    Namespace(Name),
    /// For an object without namespace: the strictest of the namespaces that use it, and all policies if none does.
    Users(ObjectRef),
}

impl Scope {
    /// The scope in which an object is judged for its own status.
    pub fn of(subject: &ObjectRef) -> Self {
        if subject.kind == Kind::Namespace {
            Self::Namespace(subject.name.clone())
        } else if subject.namespace.is_empty() {
            Self::Users(subject.clone())
        } else {
            Self::Namespace(subject.namespace.clone())
        }
    }
}
