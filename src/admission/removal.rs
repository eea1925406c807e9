//! The end of an object that others rest on.

use std::collections::BTreeSet;

use super::review::Review;
use super::said::Said;
use crate::api::{CompliancePolicySpec, Mode};
use crate::engine::{Query, Scope};
use crate::facts::{Fact, Key, Kind, Name, ObjectRef};
use crate::rules::{Code, find};

/// How many of those that rest on it are named.
const NAMED: usize = 5;

/// What a missing vendor would be.
const UNKNOWN_REFERENCE: Code = Code(1);

/// What a missing person would be.
const PERSON_UNKNOWN: Code = Code(608);

/// Refuses, warns or passes as the policies of those that rest on it treat a name that leads nowhere.
pub(super) fn answer(review: &Review<'_>, kind: Kind, said: &mut Said) {
    let id = ObjectRef::cluster(kind, review.name(&review.request.old_object));
    let query = review.look();
    match kind {
        Kind::Vendor => missed(&query, &id, UNKNOWN_REFERENCE, &users_of_vendor(&query, &id.name), said),
        Kind::Person => missed(&query, &id, PERSON_UNKNOWN, &grants_to(review, &query, &id), said),
        _ => {
            if let Some(spec) = query.policy_object(&id.name).here() {
                undemanded(&query, &id, &spec, said);
            }
        }
    }
}

/// The flows, surveys and people that name a vendor.
fn users_of_vendor(query: &Query<'_>, vendor: &Name) -> BTreeSet<ObjectRef> {
    let keys = [Key::FlowsTo(vendor.clone()), Key::SurveysOf(vendor.clone()), Key::PeopleOf(vendor.clone())];
    keys.into_iter().flat_map(|key| query.members(key)).collect()
}

/// The grants that are not over and give a person access.
fn grants_to(review: &Review<'_>, query: &Query<'_>, person: &ObjectRef) -> BTreeSet<ObjectRef> {
    let Some(Fact::Person(spec)) = review.known.world.get(person) else { return BTreeSet::new() };
    let names = spec.usernames.iter().chain(&spec.groups);
    let grants = names.flat_map(|name| query.members(Key::GrantsTo(name.as_str().into())));
    let is_live = |grant: &ObjectRef| query.access(grant).is_some_and(|access| !access.phase.is_final());
    grants.filter(is_live).collect()
}

/// What the strictest of the policies says under which the dependants are.
fn missed(query: &Query<'_>, id: &ObjectRef, rule: Code, dependants: &BTreeSet<ObjectRef>, said: &mut Said) {
    let Some(known) = find(rule) else { return };
    let scopes: BTreeSet<Scope> = dependants.iter().map(Scope::of).collect();
    let mode = scopes.iter().filter_map(|scope| query.policy(scope).mode(known)).max();
    let Some(mode) = mode.filter(|mode| *mode >= Mode::Warn) else { return };
    let what = format!("{rule}: {} on {id}; change or delete these first", rest(dependants));
    said.say(mode == Mode::Enforce, what);
}

/// The namespaces that a policy speaks of and no other does.
fn undemanded(query: &Query<'_>, id: &ObjectRef, spec: &CompliancePolicySpec, said: &mut Said) {
    let namespaces = query.selected(spec);
    if !namespaces.is_empty() {
        let namespaces: BTreeSet<ObjectRef> =
            namespaces.iter().map(|name| ObjectRef::cluster(Kind::Namespace, name)).collect();
        said.warn(format!("{} on {id}: what only it demands is demanded there no more", rest(&namespaces)));
    }
}

/// `DataFlow/cx/answers and 3 more rest`, the first few by name.
fn rest(objects: &BTreeSet<ObjectRef>) -> String {
    let named: Vec<String> = objects.iter().take(NAMED).map(ToString::to_string).collect();
    match objects.len() {
        1 => format!("{} rests", named.join(", ")),
        count if count <= NAMED => format!("{} rest", named.join(", ")),
        count => format!("{} and {} more rest", named.join(", "), count - NAMED),
    }
}
