//! Facts about where traffic goes: the hosts and links that an object names, and what may leave a namespace.

use serde::{Deserialize, Serialize};

use super::id::Name;
use crate::links::Link;

/// The most hosts, and the most links, that are kept of one object.
pub(crate) const MAX_MENTIONS: usize = 256;

/// What the texts of an object name.
///
/// Of environments, arguments and configuration nothing but this is kept: they may hold secrets and personal data.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Mentions {
    /// The hosts, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<Mention>,
    /// The links that people follow and that can be about somebody.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<MentionedLink>,
}

/// A host that an object names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Mention {
    /// The field, as a JSON pointer.
    pub path: Name,
    /// The host, in lower case, without port.
    pub host: Name,
}

/// A link that an object names. What it carries is masked, and its text is not kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MentionedLink {
    /// The field, as a JSON pointer.
    pub path: Name,
    /// What is known of the link.
    pub link: Link,
}

/// What a NetworkPolicy says of the traffic that leaves pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Egress {
    /// Whether it selects every pod of its namespace.
    pub every_pod: bool,
    /// Whether it lets them send anywhere.
    pub anywhere: bool,
}
