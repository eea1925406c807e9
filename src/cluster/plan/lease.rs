//! The binding of a grant: what it should be, and what the one that stands there is.

use crate::cluster::effect::Lease;
use crate::cluster::index::read::text;
use crate::cluster::seen::{Detail, Seen, SeenBinding};
use crate::engine::{BINDING_PREFIX, TOKEN_PREFIX, binding_of, token_binding_of};
use crate::facts::{Kind, Name, ObjectRef};

/// The grants that a binding, a Role or an account may belong to: the one that owns it, and the one whose name it bears.
pub(crate) fn grants_of(id: &ObjectRef, seen: Option<&Seen>) -> Vec<ObjectRef> {
    let owner = seen.and_then(|seen| traces(seen)?.owner).map(|(name, _)| name.clone());
    let named = [BINDING_PREFIX, TOKEN_PREFIX].into_iter().filter_map(|prefix| id.name.strip_prefix(prefix));
    let grants = owner.into_iter().chain(named.map(Name::from));
    grants.map(|name| ObjectRef::namespaced(Kind::AccessGrant, &id.namespace, &name)).collect()
}

/// The traces of a grant on what was made for it.
struct Traces<'s> {
    managed: bool,
    grant_uid: Option<&'s Name>,
    owner: Option<&'s (Name, Name)>,
}

fn traces(seen: &Seen) -> Option<Traces<'_>> {
    let (managed, grant_uid, owner) = match &seen.detail {
        Detail::Binding(binding) => (binding.managed, &binding.grant_uid, &binding.owner),
        Detail::Made(made) => (made.managed, &made.grant_uid, &made.owner),
        _ => return None,
    };
    Some(Traces { managed, grant_uid: grant_uid.as_ref(), owner: owner.as_ref() })
}

/// What an object under the name of one that is made for a grant is to that grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// There is none.
    Absent,
    /// It was made for this grant.
    Ours,
    /// It was made for an earlier grant of the same name.
    Predecessor,
    /// Somebody else made it. It is never deleted.
    Foreign,
}

/// Whose an object is. Any one trace suffices, so that stripping the labels does not free it from its deadline.
pub(crate) fn standing(
    object: Option<&Seen>,
    (grant, grant_uid): (&str, &str),
    recorded_uid: Option<&str>,
) -> Standing {
    let Some(seen) = object else { return Standing::Absent };
    let Some(traces) = traces(seen) else { return Standing::Foreign };
    let label = traces.grant_uid.map(|uid| &**uid);
    let (owner, owner_uid) = traces.owner.map(|(name, uid)| (&**name, &**uid)).unzip();
    if label == Some(grant_uid) || owner_uid == Some(grant_uid) || recorded_uid == Some(&*seen.uid) {
        Standing::Ours
    } else if traces.managed && label.is_some() && owner == Some(grant) {
        // Of the same name in full: that of a binding may be cut, and then be that of another grant's binding too.
        Standing::Predecessor
    } else {
        Standing::Foreign
    }
}

/// Whose a binding is to a grant, as both were seen: also by what the grant's status records of it.
pub(crate) fn standing_to(binding: Option<&Seen>, (grant, seen): (&ObjectRef, Option<&Seen>)) -> Standing {
    let recorded = seen.and_then(|seen| match &seen.detail {
        Detail::Own { status, .. } => text(status, "/binding/uid"),
        _ => None,
    });
    standing(binding, (&grant.name, seen.map_or("", |seen| &seen.uid)), recorded)
}

/// Whether a binding is that of a grant, past or present: what becomes of it, the plan of that grant says.
pub(crate) fn is_of(binding: (&ObjectRef, &Seen), grant: (&ObjectRef, Option<&Seen>)) -> bool {
    let named = *binding.0 == binding_of(grant.0) || *binding.0 == token_binding_of(grant.0);
    named && matches!(standing_to(Some(binding.1), grant), Standing::Ours | Standing::Predecessor)
}

/// How a binding of ours differs from what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Difference {
    /// Not at all.
    None,
    /// Only in the deadline, or in the approval that it rests on.
    Deadline,
    /// In the members of the group that it names.
    Members,
    /// In what only somebody else can have changed.
    Tampered(&'static str),
    /// In the role, which cannot be changed in place.
    Role,
}

/// How a binding of ours differs from what it should be. Who is in it may be another by the grant's own doing, where it
/// names the members of a group and stands as it was last written.
pub(crate) fn difference(binding: &SeenBinding, lease: &Lease, members_change: bool) -> Difference {
    let owner = Some((lease.grant.clone(), lease.grant_uid.clone()));
    if binding.role != lease.role {
        Difference::Role
    } else if binding.subjects != lease.subjects {
        if members_change { Difference::Members } else { Difference::Tampered("its subjects") }
    } else if !binding.managed || binding.grant_uid.as_ref() != Some(&lease.grant_uid) {
        Difference::Tampered("its labels")
    } else if binding.owner != owner {
        Difference::Tampered("its owner reference")
    } else if binding.deadline != lease.deadline.map(Some) || binding.approved_at != lease.approved_at {
        Difference::Deadline
    } else {
        Difference::None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::index::change;

    fn binding(owner: &str, uid: &str) -> Seen {
        let object = serde_json::json!({
            "metadata": {
                "name": "cxguard-a", "namespace": "cx", "uid": "b-1", "resourceVersion": "7",
                "labels": {"app.kubernetes.io/managed-by": "cxguard", "cxguard.dev/grant-uid": uid},
                "ownerReferences":
                    [{"apiVersion": "cxguard.dev/v1alpha1", "kind": "AccessGrant", "name": owner, "uid": uid}],
            },
            "roleRef": {"kind": "ClusterRole", "name": "view"},
            "subjects": [{"kind": "User", "name": "anna"}],
        });
        change(Kind::RoleBinding, &object).unwrap().now.unwrap().1
    }

    #[test]
    fn a_binding_is_of_a_grant_by_any_trace_and_by_its_name() {
        let id = |name: &str| ObjectRef::namespaced(Kind::RoleBinding, "cx", name);
        let grant = |name: &str| ObjectRef::namespaced(Kind::AccessGrant, "cx", name);
        let detail = Detail::Own {
            status: serde_json::json!({"phase": "Active", "binding": {"name": "cxguard-a", "uid": "b-1"}}),
            finalizer: true,
        };
        let recorded = Seen { uid: "g-1".into(), detail, ..binding("a", "g-1") };
        let bare = Seen { detail: Detail::None, ..recorded.clone() };
        let stripped = |seen: Seen| match seen.detail {
            Detail::Binding(of) => {
                let detail =
                    Detail::Binding(SeenBinding { managed: false, grant_uid: None, owner: None, ..of });
                Seen { detail, ..seen }
            }
            _ => seen,
        };
        for (name, seen, grant_name, of, expected) in [
            ("cxguard-a", binding("a", "g-1"), "a", Some(&bare), true),
            ("cxguard-a", stripped(binding("a", "g-1")), "a", Some(&recorded), true),
            ("cxguard-a", stripped(binding("a", "g-1")), "a", Some(&bare), false),
            ("cxguard-a", binding("a", "g-0"), "a", Some(&bare), true),
            ("cxguard-a", binding("a", "g-1"), "a", None, true),
            ("cxguard:token:a", binding("a", "g-1"), "a", Some(&bare), true),
            ("cxguard:token:b", binding("a", "g-1"), "a", Some(&bare), false),
            // Our marks on a binding of another name make it none of ours.
            ("mine", binding("a", "g-1"), "a", Some(&recorded), false),
            ("cxguard-a", binding("other", "g-2"), "a", Some(&bare), false),
        ] {
            let is = is_of((&id(name), &seen), (&grant(grant_name), of));
            assert_eq!(is, expected, "{name} {seen:?} {of:?}");
        }
    }

    #[test]
    fn a_predecessor_had_the_same_name() {
        let of = |seen: &Seen, uid: &str| standing(Some(seen), ("a", uid), None);
        assert_eq!(of(&binding("a", "g-1"), "g-1"), Standing::Ours);
        assert_eq!(of(&binding("a", "g-1"), "g-2"), Standing::Predecessor);
        // No grant of the name exists: what the binding is left from is gone.
        assert_eq!(of(&binding("a", "g-1"), ""), Standing::Predecessor);
        assert_eq!(of(&binding("another", "g-1"), "g-2"), Standing::Foreign);
        assert_eq!(of(&binding("another", "g-1"), ""), Standing::Foreign);
        assert_eq!(standing(None, ("a", "g-1"), None), Standing::Absent);
    }
}
