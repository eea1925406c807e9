//! What policies demand no more.

use std::collections::BTreeSet;

use super::own::Change;
use super::removal::{few, is_live, rest};
use super::review::Review;
use super::said::Said;
use crate::api::CompliancePolicySpec;
use crate::engine::{Query, Scope};
use crate::facts::{Key, Kind, Name, ObjectRef};
use crate::rules::{Code, RULES};

/// How many rules are named.
const NAMED: usize = 5;

/// Warns of the namespaces that a policy speaks of, as it goes.
pub(super) fn removed(review: &Review<'_>, id: &ObjectRef, spec: &CompliancePolicySpec, said: &mut Said) {
    undemanded(id, &review.look().selected(spec), said);
}

/// Warns of the namespaces that a policy would leave out, with what rests on it there, and of the rules that would count
/// for less in those that it keeps.
pub(super) fn changed(
    review: &Review<'_>,
    change: &Change,
    new: &CompliancePolicySpec,
    old: &CompliancePolicySpec,
    said: &mut Said,
) {
    let over = review.over(&change.id, Some(change.new.clone()));
    let (now, then) = (review.look(), review.through(&over));
    let selected = then.selected(new);
    let (kept, out): (Vec<Name>, Vec<Name>) =
        now.selected(old).into_iter().partition(|name| selected.contains(name));
    undemanded(&change.id, &out, said);
    let dependants = dependants(&now, &change.id, &out);
    if !dependants.is_empty() {
        said.warn(format!("{} on {}, and on no other policy", rest(&dependants), change.id));
    }
    let mut rules: BTreeSet<Code> = BTreeSet::new();
    let mut weaker = BTreeSet::new();
    for name in kept {
        let scope = Scope::Namespace(name.clone());
        let (now, then) = (now.policy(&scope), then.policy(&scope));
        let less = RULES.iter().filter(|rule| then.mode(rule) < now.mode(rule)).map(|rule| rule.code);
        let less: BTreeSet<Code> = less.collect();
        if !less.is_empty() {
            weaker.insert(ObjectRef::cluster(Kind::Namespace, &name));
        }
        rules.extend(less);
    }
    if !rules.is_empty() {
        let named: Vec<String> = rules.iter().take(NAMED).map(ToString::to_string).collect();
        let more = rules.len().saturating_sub(NAMED);
        let more = if more == 0 { String::new() } else { format!(" and {more} more rules") };
        said.warn(format!("{}{more} would count for less in {} than now", named.join(", "), few(&weaker)));
    }
}

/// The flows, the surveys and the grants that are not over, in namespaces of which no other policy speaks.
pub(super) fn dependants(query: &Query<'_>, policy: &ObjectRef, namespaces: &[Name]) -> BTreeSet<ObjectRef> {
    let others = query.members(Key::Policies).into_iter().filter(|other| other != policy);
    let others = others.filter_map(|other| query.policy_object(&other.name).here());
    let spoken: BTreeSet<Name> = others.flat_map(|spec| query.selected(&spec)).collect();
    let mut dependants = BTreeSet::new();
    for name in namespaces.iter().filter(|name| !spoken.contains(*name)) {
        dependants.extend(query.members(Key::FlowsIn(name.clone())));
        dependants.extend(query.members(Key::SurveysIn(name.clone())));
        let grants = query.members(Key::GrantsIn(name.clone())).into_iter();
        dependants.extend(grants.filter(|grant| is_live(query, grant)));
    }
    dependants
}

fn undemanded(id: &ObjectRef, namespaces: &[Name], said: &mut Said) {
    let namespaces: BTreeSet<ObjectRef> =
        namespaces.iter().map(|name| ObjectRef::cluster(Kind::Namespace, name)).collect();
    if !namespaces.is_empty() {
        said.warn(format!("{} on {id}: what only it demands is demanded there no more", rest(&namespaces)));
    }
}
