//! Roles and bindings, new or changed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::own::{Change, in_full, itself};
use super::review::{Ground, Review, unknown_namespace};
use super::said::Said;
use super::weigh::{Scale, weigh};
use crate::api::Phase;
use crate::engine::{Query, Verdict};
use crate::facts::{Binding, Fact, Key, Kind, Name, ObjectRef};
use crate::rules::access::reach::is_ours_alone;

/// Judges a role or a binding.
pub(super) fn answer(review: &Review<'_>, mut change: Change, said: &mut Said) {
    if change.id.kind.is_namespaced() {
        match review.ground(&review.look()) {
            Ground::Open => return,
            Ground::Unknown => {
                return said.lack(true, unknown_namespace(&change.id.namespace));
            }
            Ground::Protected(_) => {}
        }
    }
    match change.id.kind {
        Kind::Role | Kind::ClusterRole => {
            let (mut now, before) = change.judge(review, itself);
            widened(review, &change, &mut now);
            weigh(said, &change.id, &now, before.as_ref(), Scale::CLOSED);
        }
        _ => {
            disown(&mut change.new);
            change.old.as_mut().map(disown);
            let (now, before) = change.judge(review, in_full);
            weigh(said, &change.id, &now, before.as_ref(), Scale::CLOSED);
        }
    }
}

/// A binding that somebody else than the operator writes is no grant's, whatever its labels say.
fn disown(fact: &mut Fact) {
    if let Fact::Binding(binding) = fact {
        *binding = Arc::new(Binding { grant_uid: None, ..(**binding).clone() });
    }
}

/// Adds what a changed role makes of what gives it, where that is otherwise than now.
fn widened(review: &Review<'_>, change: &Change, verdict: &mut Verdict) {
    let over = review.over(&change.id, Some(change.new.clone()));
    let (now, then) = (review.look(), review.through(&over));
    let mut giving = giving(&now, &change.id);
    if is_about_grants(&now, &change.id) {
        giving.extend(now.members(Key::BindingsOf(change.id.clone())));
    }
    for id in giving {
        let (now, then) = (now.judge_itself(&id), then.judge_itself(&id));
        verdict.findings.extend(then.findings.into_iter().filter(|finding| !now.findings.contains(finding)));
        verdict.lacking.extend(then.lacking.into_iter().filter(|lack| !now.lacking.contains(lack)));
    }
}

/// Whether a role gives nothing but a part in what is decided about grants: of bindings of it in a namespace it then matters
/// what else it comes to allow.
fn is_about_grants(query: &Query<'_>, role: &ObjectRef) -> bool {
    query.role(role).here().is_some_and(|role| is_ours_alone(&role))
}

/// What gives any role, as far as it matters what else it allows: the bindings of the whole cluster, and of the active grants
/// one per namespace, as all of them say the same of the role.
fn giving(query: &Query<'_>, role: &ObjectRef) -> BTreeSet<ObjectRef> {
    let everywhere = query.members(Key::BindingsOf(role.clone())).into_iter();
    let everywhere = everywhere.filter(|id| id.kind == Kind::ClusterRoleBinding);
    let mut grants: BTreeMap<Name, ObjectRef> = BTreeMap::new();
    for id in query.members(Key::GrantsOf(role.clone())) {
        if query.access(&id).is_some_and(|access| access.phase == Phase::Active) {
            grants.entry(id.namespace.clone()).or_insert(id);
        }
    }
    everywhere.chain(grants.into_values()).collect()
}
