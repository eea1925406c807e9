//! The roles for people that every API server makes itself: known also where no manifest has them.

use std::sync::{Arc, LazyLock};

use serde_json::Value;

use super::access::Role;
use super::fact::Fact;
use super::id::{Kind, ObjectRef};
use super::read::read_as;

/// The defaults of Kubernetes, with what it aggregates into them itself.
const TABLE: &str = include_str!("built_in.json");

static ROLES: LazyLock<Vec<(ObjectRef, Arc<Role>)>> = LazyLock::new(|| {
    let roles: Vec<Value> = serde_json::from_str(TABLE).unwrap_or_default();
    let read = roles.iter().filter_map(|role| read_as(Kind::ClusterRole, role));
    read.filter_map(|(id, fact)| if let Fact::Role(role) = fact { Some((id, role)) } else { None }).collect()
});

/// What a role of the API server's own allows. Its roles for its own parts, whose names begin with `system:`, are not
/// among them.
pub(crate) fn built_in(id: &ObjectRef) -> Option<Arc<Role>> {
    ROLES.iter().find(|(known, _)| known == id).map(|(_, role)| Arc::clone(role))
}

/// All of them.
pub(super) fn built_ins() -> impl Iterator<Item = (&'static ObjectRef, Arc<Role>)> {
    ROLES.iter().map(|(id, role)| (id, Arc::clone(role)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_roles_for_people_are_known() {
        for (name, rules) in [("view", 9), ("edit", 21), ("admin", 23), ("cluster-admin", 1)] {
            let role = built_in(&ObjectRef::cluster(Kind::ClusterRole, name)).unwrap();
            assert_eq!(role.rules.len(), rules, "{name}");
            assert!(role.rules.iter().all(|rule| !rule.verbs.is_empty() && !rule.resources.is_empty()));
        }
        assert_eq!(built_in(&ObjectRef::cluster(Kind::ClusterRole, "other")), None);
        assert_eq!(built_in(&ObjectRef::namespaced(Kind::Role, "cx", "view")), None);
    }
}
