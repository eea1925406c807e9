//! The rights that lead to customer data by themselves, or to any other right.

use crate::api::GROUP;
use crate::engine::rules_overlap;
use crate::facts::{Name, Role, RoleRule};

/// A way to data: what it is called, the verbs that open it (any one), API group and resource.
type Way = (&'static str, &'static [&'static str], &'static str, &'static str);

const SECRETS: &str = "secrets";
const RBAC: &str = "rbac.authorization.k8s.io";

/// The ways around a grant: credentials, what runs, and the rights of others.
const WAYS: [Way; 18] = [
    (SECRETS, &["*"], "", "secrets"),
    ("pods/exec", &["create", "get"], "", "pods/exec"),
    ("pods/attach", &["create", "get"], "", "pods/attach"),
    ("pods/portforward", &["create", "get"], "", "pods/portforward"),
    ("pods/ephemeralcontainers", &["update", "patch"], "", "pods/ephemeralcontainers"),
    ("pods/proxy", &["*"], "", "pods/proxy"),
    ("services/proxy", &["*"], "", "services/proxy"),
    ("nodes/proxy", &["*"], "", "nodes/proxy"),
    ("serviceaccounts/token", &["create"], "", "serviceaccounts/token"),
    ("impersonate users", &["impersonate"], "", "users"),
    ("impersonate groups", &["impersonate"], "", "groups"),
    ("impersonate serviceaccounts", &["impersonate"], "", "serviceaccounts"),
    ("impersonate uids", &["impersonate"], "authentication.k8s.io", "uids"),
    ("impersonate userextras", &["impersonate"], "authentication.k8s.io", "userextras"),
    ("escalate roles", &["escalate"], RBAC, "roles"),
    ("escalate clusterroles", &["escalate"], RBAC, "clusterroles"),
    ("bind roles", &["bind"], RBAC, "roles"),
    ("bind clusterroles", &["bind"], RBAC, "clusterroles"),
];

/// What else leads to the data of a namespace: what its pods print, code of one's own that runs with its secrets and
/// volumes, and access that one gives to oneself.
const FURTHER_WAYS: [Way; 10] = [
    ("pods/log", &["get"], "", "pods/log"),
    ("pods", RUN, "", "pods"),
    ("deployments", RUN, "apps", "deployments"),
    ("statefulsets", RUN, "apps", "statefulsets"),
    ("daemonsets", RUN, "apps", "daemonsets"),
    ("replicasets", RUN, "apps", "replicasets"),
    ("jobs", RUN, "batch", "jobs"),
    ("cronjobs", RUN, "batch", "cronjobs"),
    ("replicationcontrollers", RUN, "", "replicationcontrollers"),
    ("accessgrants", GRANT, GROUP, "accessgrants"),
];

/// The verbs that decide what a pod runs.
const RUN: &[&str] = &["create", "update", "patch"];
/// The verbs that decide about a grant.
const GRANT: &[&str] = &["create", "update", "patch", "approve", "vouch"];

/// The ways around a grant that a role opens, by name.
pub(super) fn around_grants(role: &Role) -> Vec<&'static str> {
    let open = WAYS.iter().filter(|way| role.rules.iter().any(|rule| opens(rule, way)));
    open.map(|way| way.0).collect()
}

/// Which of a role's rules is the first that opens a way around a grant.
pub(super) fn first_around_grants(role: &Role) -> Option<usize> {
    role.rules.iter().position(|rule| WAYS.iter().any(|way| opens(rule, way)))
}

/// The ways to the data of any namespace that a role opens to somebody's controller. What is limited to names is on
/// objects that the controller itself has, unless it is on Secrets.
pub(super) fn to_data(role: &Role) -> Vec<&'static str> {
    let opens = |way: &Way, rule: &RoleRule| (rule.names.is_empty() || way.0 == SECRETS) && opens(rule, way);
    let open = WAYS.iter().chain(&FURTHER_WAYS).filter(|way| role.rules.iter().any(|rule| opens(way, rule)));
    open.map(|way| way.0).collect()
}

/// Whether a role lets somebody write grants in the names of others: then one pair of eyes is enough.
pub(super) fn vouches(role: &Role) -> bool {
    role.rules.iter().any(|rule| overlaps(rule, &["vouch"], GROUP, "accessgrants"))
}

/// The ways that a role opens to somebody, each with the verbs that open it: `create pods`, `impersonate users`. What
/// is limited to names counts. A role that is bound in a namespace opens nothing that has none.
pub(crate) fn opened(role: &Role, everywhere: bool) -> Vec<String> {
    let ways =
        WAYS.iter().chain(&FURTHER_WAYS).filter(|way| everywhere || !WITHOUT_NAMESPACE.contains(&way.0));
    ways.filter_map(|(name, verbs, group, resource)| {
        let opens = |verb: &&&str| role.rules.iter().any(|rule| overlaps(rule, &[**verb], group, resource));
        let held: Vec<&str> = verbs.iter().filter(opens).copied().collect();
        match held.as_slice() {
            [] => None,
            ["*"] => Some((*name).to_owned()),
            [verb] if name.starts_with(&format!("{verb} ")) => Some((*name).to_owned()),
            held => Some(format!("{} {name}", held.join(", "))),
        }
    })
    .collect()
}

/// The ways to or by objects that are in no namespace.
const WITHOUT_NAMESPACE: [&str; 6] = [
    "nodes/proxy",
    "impersonate users",
    "impersonate groups",
    "impersonate uids",
    "impersonate userextras",
    "escalate clusterroles",
];

fn opens(rule: &RoleRule, (_, verbs, group, resource): &Way) -> bool {
    overlaps(rule, verbs, group, resource)
}

fn overlaps(rule: &RoleRule, verbs: &[&str], group: &str, resource: &str) -> bool {
    let way = RoleRule {
        verbs: verbs.iter().map(|verb| Name::from(*verb)).collect(),
        groups: vec![Name::from(group)],
        resources: vec![Name::from(resource)],
        names: Vec::new(),
    };
    // One kind of extra is named like a subresource, as in userextras/scopes.
    let extras = resource == "userextras";
    rules_overlap(rule, &way)
        || (extras && {
            let resources = rule.resources.iter().filter(|name| name.starts_with("userextras/"));
            rules_overlap(rule, &RoleRule { resources: resources.cloned().collect(), ..way })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(group: &str, resource: &str, verbs: &[&str], names: &[&str]) -> RoleRule {
        let all = |texts: &[&str]| texts.iter().map(|text| Name::from(*text)).collect();
        RoleRule { verbs: all(verbs), groups: all(&[group]), resources: all(&[resource]), names: all(names) }
    }

    #[test]
    fn what_opens_a_way_is_named_with_its_verbs() {
        for (rule, here, everywhere) in [
            (rule("", "configmaps", &["get"], &[]), "", ""),
            (rule("", "secrets", &["list"], &[]), "secrets", "secrets"),
            (rule("", "pods", &["get", "create"], &[]), "create pods", "create pods"),
            (rule(RBAC, "clusterroles", &["bind"], &["reader"]), "bind clusterroles", "bind clusterroles"),
            (rule("", "users", &["impersonate"], &[]), "", "impersonate users"),
            (
                rule("cxguard.dev", "accessgrants", &["approve", "patch"], &[]),
                "patch, approve accessgrants",
                "patch, approve accessgrants",
            ),
        ] {
            let role = Role { rules: vec![rule], ..Role::default() };
            assert_eq!(opened(&role, false).join("; "), here, "{role:?}");
            assert_eq!(opened(&role, true).join("; "), everywhere, "{role:?}");
        }
        let all = Role { rules: vec![rule("*", "*", &["*"], &[])], ..Role::default() };
        assert_eq!(opened(&all, true).len(), WAYS.len() + FURTHER_WAYS.len());
    }
}
