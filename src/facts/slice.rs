//! Parts of collections that may be very large.

use super::id::ObjectRef;
use crate::fingerprint::fingerprint;

/// A part of a collection, by the names of its members. What is composed of parts, each with its own cut-off, is not
/// made anew as a whole when one member changes.
///
/// In the order of dependency: what is composed comes after its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Slice {
    /// About one member in 256.
    Fine(u8),
    /// About one in 16.
    Coarse(u8),
    /// All of them.
    Whole,
}

impl Slice {
    /// The slices that an object is in.
    pub(crate) fn of(id: &ObjectRef) -> [Self; 3] {
        let [nth, ..] = fingerprint(&[&id.name]).to_le_bytes();
        [Self::Fine(nth), Self::Coarse(nth >> 4), Self::Whole]
    }

    /// What it is composed of; nothing if there is nothing finer.
    pub(crate) fn parts(self) -> Vec<Self> {
        match self {
            Self::Whole => (0..16).map(Self::Coarse).collect(),
            Self::Coarse(nth) => (0..16).map(|part| Self::Fine((nth << 4) | part)).collect(),
            Self::Fine(_) => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::facts::Kind;

    #[test]
    fn the_parts_of_a_slice_have_its_members_and_each_has_few() {
        let mut members: BTreeMap<Slice, u32> = BTreeMap::new();
        for nth in 0..10_000 {
            let id = ObjectRef::namespaced(Kind::AccessGrant, "cx", &format!("analyst-{nth}-churn"));
            for slice in Slice::of(&id) {
                *members.entry(slice).or_default() += 1;
            }
        }
        assert_eq!(members.len(), 256 + 16 + 1);
        for (slice, count) in &members {
            let parts = slice.parts();
            let within: u32 = parts.iter().map(|part| members[part]).sum();
            assert!(parts.is_empty() || within == *count, "{slice:?}");
            assert!(!parts.is_empty() || *count < 80, "{slice:?} has {count}");
        }
    }
}
