//! What is wrong with the manifests themselves.

pub(super) mod cx001_unknown_reference;
pub(super) mod cx002_ambiguous_scalar;
pub(super) mod cx003_unreadable_object;
pub(super) mod cx004_unknown_location;
