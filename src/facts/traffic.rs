//! Facts about where traffic goes: the hosts that an object names, and what may leave a namespace.

use super::id::Name;

/// The most hosts that are kept of one object.
pub(crate) const MAX_HOSTS: usize = 256;

/// A host that an object names.
///
/// Of environments, arguments and configuration nothing but this is kept: they may hold secrets and personal data.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mention {
    /// The field, as a JSON pointer.
    pub path: Name,
    /// The host, in lower case, without port.
    pub host: Name,
}

/// What a NetworkPolicy says of the traffic that leaves pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Egress {
    /// Whether it selects every pod of its namespace.
    pub every_pod: bool,
    /// Whether it lets them send anywhere.
    pub anywhere: bool,
}
