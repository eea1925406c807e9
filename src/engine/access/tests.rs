//! The life of a grant.
