//! What aggregated ClusterRoles allow, where no controller of a cluster has filled it in.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::access::Role;
use super::built_in::built_ins;
use super::fact::Fact;
use super::id::ObjectRef;
use super::world::World;

impl World {
    /// Gives each aggregated ClusterRole the rules of its parts, also to those that every API server makes itself.
    pub(crate) fn aggregate(&mut self) {
        let known: BTreeMap<ObjectRef, Arc<Role>> = self.cluster_roles().collect();
        // Those that every API server makes have the rules of each other already.
        if known.is_empty() {
            return;
        }
        let mut roles: BTreeMap<ObjectRef, Arc<Role>> = built_ins()
            .map(|(id, role)| (id.clone(), role))
            .filter(|(id, _)| self.get(id).is_none())
            .collect();
        roles.extend(known);
        let before = roles.clone();
        // Parts may be aggregated themselves. Each round adds rules that are there, and ends when none is new.
        while let Some(grown) = grown(&roles) {
            roles.extend(grown);
        }
        for (id, role) in roles.into_iter().filter(|(id, role)| before.get(id) != Some(role)) {
            self.set(&id, Some(Fact::Role(role)));
        }
    }
}

/// The roles that lack rules of their parts, with them; nothing if there is none.
fn grown(roles: &BTreeMap<ObjectRef, Arc<Role>>) -> Option<BTreeMap<ObjectRef, Arc<Role>>> {
    let whole = roles.iter().filter(|(_, role)| !role.parts.selectors.is_empty());
    let grown = whole.filter_map(|(id, role)| {
        let mut new = Vec::new();
        for part in roles.values().filter(|part| role.parts.include(&part.parts.labels)) {
            let lacking = part.rules.iter().filter(|rule| !role.rules.contains(rule));
            new.extend(lacking.cloned());
        }
        let is_grown = !new.is_empty();
        let all = role.rules.iter().cloned().chain(new).collect();
        is_grown.then(|| (id.clone(), Arc::new(Role { rules: all, parts: role.parts.clone() })))
    });
    let grown: BTreeMap<_, _> = grown.collect();
    (!grown.is_empty()).then_some(grown)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::facts::{Kind, read};

    fn cluster_role(name: &str, labels: &Value, of: &[&str], resources: &[&str]) -> Value {
        let selectors: Vec<Value> = of.iter().map(|label| json!({"matchLabels": {*label: "true"}})).collect();
        let rules: Vec<Value> = resources
            .iter()
            .map(|resource| json!({"apiGroups": [""], "resources": [resource], "verbs": ["get"]}))
            .collect();
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
            "metadata": {"name": name, "labels": labels},
            "aggregationRule": {"clusterRoleSelectors": selectors}, "rules": rules,
        })
    }

    /// So of a world without others nothing needs to be looked at.
    #[test]
    fn what_every_api_server_makes_is_complete() {
        let roles = built_ins().map(|(id, role)| (id.clone(), role)).collect();
        assert_eq!(grown(&roles), None);
    }

    fn resources(world: &World, name: &str) -> Vec<String> {
        match world.get(&ObjectRef::cluster(Kind::ClusterRole, name)) {
            Some(Fact::Role(role)) => {
                role.rules.iter().flat_map(|rule| &rule.resources).map(ToString::to_string).collect()
            }
            _ => Vec::new(),
        }
    }

    fn world(roles: &[Value]) -> World {
        let mut world = World::new();
        for role in roles {
            let (id, fact) = read(role).unwrap();
            world.set(&id, Some(fact));
        }
        world.aggregate();
        world
    }

    #[test]
    fn an_aggregated_role_has_the_rules_of_its_parts_and_of_theirs() {
        let roles = [
            cluster_role("whole", &json!({}), &["outer"], &["pods"]),
            cluster_role("middle", &json!({"outer": "true"}), &["inner"], &[]),
            cluster_role("part", &json!({"inner": "true"}), &[], &["secrets"]),
            cluster_role("other", &json!({"inner": "false"}), &[], &["nodes"]),
        ];
        let world = world(&roles);
        assert_eq!(resources(&world, "whole"), ["pods", "secrets"]);
        assert_eq!(resources(&world, "middle"), ["secrets"]);
        assert_eq!(resources(&world, "other"), ["nodes"]);
        // What no file says anything new about stays out of the world.
        assert!(world.get(&ObjectRef::cluster(Kind::ClusterRole, "view")).is_none());
    }

    #[test]
    fn roles_that_select_each_other_or_themselves_come_to_an_end() {
        let world = world(&[
            cluster_role("one", &json!({"a": "true"}), &["a", "b"], &["pods"]),
            cluster_role("two", &json!({"b": "true"}), &["a"], &["secrets"]),
        ]);
        assert_eq!(resources(&world, "one"), ["pods", "secrets"]);
        assert_eq!(resources(&world, "two"), ["secrets", "pods"]);
    }

    #[test]
    fn what_is_added_to_a_built_in_role_is_in_those_above_it() {
        let to_edit = json!({"rbac.authorization.k8s.io/aggregate-to-edit": "true"});
        let world = world(&[cluster_role("part", &to_edit, &[], &["secrets/strange"])]);
        let has = |name: &str| resources(&world, name).contains(&"secrets/strange".to_owned());
        assert!(has("edit") && has("admin") && !has("view"));
        assert!(resources(&world, "edit").contains(&"configmaps".to_owned()));
    }
}
