//! What is wrong with the manifests themselves.

pub(super) mod cx003_unreadable_object;
