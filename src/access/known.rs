//! What is known of the access to a namespace, and what could not be seen.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::api::AccessGrant;
use crate::engine::{Memos, Query};
use crate::facts::{ObjectRef, World};

/// What is known of one namespace.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Its name.
    pub namespace: String,
    /// Its roles and bindings, those of the cluster, and people.
    pub world: World,
    /// Its grants by name, with what the operator says of them.
    pub grants: BTreeMap<String, AccessGrant>,
    /// What could not be read.
    pub unseen: Vec<Unseen>,
}

/// Something that whoever asks may not read, or that cannot be read: a table without it is not whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unseen {
    /// A resource as roles name it, or an object.
    pub what: String,
    /// Why not.
    pub why: String,
}

impl Known {
    /// Asks something of what is known. Nothing that is asked here depends on the time.
    pub(super) fn ask<T>(&self, question: impl FnOnce(&Query<'_>) -> T) -> T {
        question(&Query::once(&self.world, &Memos::new(), Timestamp::UNIX_EPOCH))
    }

    /// The grant for which a binding was made.
    pub(super) fn grant_of(&self, binding: &ObjectRef, uid: Option<&str>) -> Option<(&str, &AccessGrant)> {
        let uid = uid.filter(|_| *binding.namespace == *self.namespace)?;
        let mut grants = self.grants.iter();
        let found = grants.find(|(_, grant)| grant.metadata.uid.as_deref() == Some(uid));
        found.map(|(name, grant)| (name.as_str(), grant))
    }
}
