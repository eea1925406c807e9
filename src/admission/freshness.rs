//! How old what is known may be.

use std::collections::BTreeMap;

use crate::facts::Kind;

/// For how many seconds a watch may have been behind before what it shows counts as stale. A dead connection is noticed
/// within about a minute, so less than that would doubt what is in order.
const BOUND: i64 = 120;

/// How far behind the watches are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Freshness {
    /// The kinds whose watch is behind, each with the seconds since it was last known to be up to date.
    pub behind: BTreeMap<Kind, i64>,
}

/// What answers about access rest on. Of the rest, old news is better than none.
const ACCESS: [Kind; 14] = [
    Kind::CompliancePolicy,
    Kind::Vendor,
    Kind::Person,
    Kind::DataFlow,
    Kind::Survey,
    Kind::AccessGrant,
    Kind::Incident,
    Kind::Exemption,
    Kind::GrantEnd,
    Kind::Namespace,
    Kind::Role,
    Kind::ClusterRole,
    Kind::RoleBinding,
    Kind::ClusterRoleBinding,
];

impl Freshness {
    /// What is stale, in words; nothing if nothing is. `access`: of what decides about access.
    pub(super) fn stale(&self, access: bool) -> Option<String> {
        let stale = self
            .behind
            .iter()
            .filter(|(kind, seconds)| **seconds > BOUND && (!access || ACCESS.contains(kind)));
        let words: Vec<String> = stale.map(|(kind, seconds)| format!("{kind} for {seconds} s")).collect();
        (!words.is_empty()).then(|| words.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_behind_for_longer_than_the_bound_is_stale() {
        for (behind, access, other) in [
            (vec![], None, None),
            (vec![(Kind::Person, BOUND)], None, None),
            (vec![(Kind::Person, 121)], Some("Person for 121 s"), Some("Person for 121 s")),
            (vec![(Kind::Node, 300)], None, Some("Node for 300 s")),
            (
                vec![(Kind::Pod, 300), (Kind::Role, 200)],
                Some("Role for 200 s"),
                Some("Pod for 300 s, Role for 200 s"),
            ),
        ] {
            let freshness = Freshness { behind: behind.into_iter().collect() };
            assert_eq!(freshness.stale(true).as_deref(), access);
            assert_eq!(freshness.stale(false).as_deref(), other);
        }
    }
}
