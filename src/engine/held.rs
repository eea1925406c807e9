//! What gives access in a namespace, in parts. There may be very many bindings and grants; a change of one is a look at
//! few of them, and the rest stays as it was judged.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::derived::{Derivation, Derived};
use super::judge::together;
use super::memo::Read;
use super::query::Query;
use super::scope::Scope;
use super::verdict::Verdict;
use crate::facts::{Key, Kind, Name, ObjectRef, Slice, role_of};

/// Up to how many members are looked at as one part.
const FEW: usize = 32;

/// What gives access in a part of a namespace.
pub(super) enum Held {
    /// The bindings and grants themselves.
    Few(Vec<ObjectRef>),
    /// In smaller parts.
    Many(Vec<Slice>),
}

impl Held {
    pub(super) fn by(query: &Query<'_>, namespace: &Name, slice: Slice) -> Self {
        let key = Key::AccessIn(namespace.clone(), slice);
        let parts = slice.parts();
        if parts.is_empty() || query.count(&key) <= FEW {
            Self::Few(query.members(key))
        } else {
            Self::Many(parts)
        }
    }
}

/// What the rules say of it.
pub(super) fn verdict(query: &Query<'_>, namespace: &Name, slice: Slice) -> Verdict {
    let within = Scope::Namespace(namespace.clone());
    let verdicts: Vec<Arc<Verdict>> = match Held::by(query, namespace, slice) {
        Held::Few(members) => {
            judged(query, members).iter().map(|subject| query.judgement(subject, &within)).collect()
        }
        Held::Many(parts) => parts.into_iter().map(|part| query.held(namespace, part)).collect(),
    };
    together(&verdicts)
}

/// The bindings, and the roles that grants give: files do not hold the bindings that the operator makes of grants.
fn judged(query: &Query<'_>, members: Vec<ObjectRef>) -> BTreeSet<ObjectRef> {
    let judged = members.into_iter().filter_map(|id| match id.kind {
        Kind::AccessGrant => Some(role_of(&id, &query.grant(&id.namespace, &id.name).here()?.spec)),
        _ => Some(id),
    });
    judged.collect()
}

impl Query<'_> {
    /// About how many members a collection has: an object that lies over the world is not counted.
    fn count(&self, key: &Key) -> usize {
        self.note(|| Read::Fact(key.clone()));
        self.view.base().count(key)
    }

    /// What the rules say of what gives access in a part of a namespace.
    pub(super) fn held(&self, namespace: &Name, slice: Slice) -> Arc<Verdict> {
        match self.derive(&Derivation::Held(namespace.clone(), slice)) {
            Derived::Verdict(verdict) => verdict,
            _ => Arc::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use crate::rules::testing::Bench;

    #[test]
    fn of_few_and_of_many_each_finding_is_told_once() {
        for count in [2, 40, 600] {
            let mut world = String::from(
                "{apiVersion: v1, kind: Namespace, metadata: {name: cx, labels: {cxguard.dev/protected: 'true'}}}\n---\n\
                 {apiVersion: cxguard.dev/v1alpha1, kind: CompliancePolicy, metadata: {name: gdpr}, spec: {}}\n---\n\
                 {apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: r, namespace: cx}, rules: \
                 [{apiGroups: [''], resources: [pods], verbs: ['*']}]}\n",
            );
            for nth in 0..count {
                write!(
                    world,
                    "---\n{{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {{name: b{nth}, \
                     namespace: cx}}, roleRef: {{kind: Role, name: r}}, subjects: [{{kind: User, name: u{nth}}}]}}\n"
                )
                .unwrap();
            }
            let bench = Bench::new(&world);
            for above in ["Namespace/cx", "CompliancePolicy/gdpr"] {
                let findings = bench.judge(above).0.findings;
                let found = |code| findings.iter().filter(|found| found.rule.0 == code).count();
                // Each binding its own, and all of them the one of their role.
                assert_eq!([found(504), found(501)], [count, 1], "{above} with {count}");
                assert!(findings.is_sorted());
            }
        }
    }
}
