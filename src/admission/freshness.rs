//! How far what is known may lie behind what is.

use std::collections::BTreeMap;

use crate::facts::Kind;

/// The kinds of which it is not certain that everything has been seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Freshness {
    /// For how many seconds nothing was heard of a kind that should have been heard of. A kind that is not named is as
    /// fresh as can be.
    pub behind: BTreeMap<Kind, i64>,
}
