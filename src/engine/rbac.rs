//! stub
use super::query::Query;
use crate::facts::{BindingSubject, Name, ObjectRef, Role};
use std::collections::BTreeSet;
/// One thing that a role allows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Right {
    /// The verb.
    pub verb: Name,
    /// The API group.
    pub group: Name,
    /// The resource, without subresource.
    pub resource: Name,
    /// The subresource, or empty.
    pub subresource: Name,
    /// The object, or empty for all.
    pub name: Name,
}
impl std::fmt::Display for Right {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.verb, self.resource)
    }
}
/// x
pub fn residual(
    _: &Query<'_>,
    _: &str,
    _: &BindingSubject,
    _: Option<&BTreeSet<String>>,
    _: &ObjectRef,
    _: &ObjectRef,
) -> Vec<String> {
    Vec::new()
}
/// x
pub fn rights(_: &Role, _: usize) -> Vec<Right> {
    Vec::new()
}
