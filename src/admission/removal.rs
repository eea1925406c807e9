//! The end of an object that others rest on, or of what it named.

use std::collections::BTreeSet;

use super::own::Change;
use super::policies;
use super::review::Review;
use super::said::Said;
use super::weigh::{alone, tell};
use crate::engine::{Query, Scope};
use crate::facts::{Fact, Key, Kind, Name, ObjectRef};
use crate::rules::{Code, find};

/// How many of those that rest on it are named.
const NAMED: usize = 5;

/// What a missing vendor would be, and a policy that somebody relies on.
const UNKNOWN_REFERENCE: Code = Code(1);

/// What a missing person would be.
const PERSON_UNKNOWN: Code = Code(608);

/// Refuses, warns or passes as the policies of those that rest on it treat a name that leads nowhere.
pub(super) fn answer(review: &Review<'_>, kind: Kind, said: &mut Said) {
    let id = ObjectRef::cluster(kind, review.name(&review.request.old_object));
    let query = review.look();
    let (rule, dependants) = match review.known.world.get(&id) {
        Some(Fact::Person(spec)) => {
            (PERSON_UNKNOWN, grants_to(&query, spec.usernames.iter().chain(&spec.groups)))
        }
        Some(Fact::Policy(spec)) => {
            policies::removed(review, &id, spec, said);
            (UNKNOWN_REFERENCE, policies::dependants(&query, &id, &query.selected(spec)))
        }
        _ if kind == Kind::Vendor => (UNKNOWN_REFERENCE, users_of_vendor(&query, &id.name)),
        _ => return,
    };
    let what = format!("{} on {id}", rest(&dependants));
    missed(&query, (&id, rule), &dependants, (what, "change or delete these first"), true, said);
}

/// Warns of what an edit takes from those that rest on what was there. It tells what is so, and is not refused.
pub(super) fn lessened(review: &Review<'_>, change: &Change, said: &mut Said) {
    let (id, query) = (&change.id, review.look());
    match (&change.new, &change.old) {
        (Fact::Person(new), Some(Fact::Person(old))) => {
            let named: BTreeSet<&String> = new.usernames.iter().chain(&new.groups).collect();
            let lost = old.usernames.iter().chain(&old.groups).filter(|name| !named.contains(name));
            let grants = grants_to(&query, lost);
            let what = format!("{} on a name that {id} has no more", rest(&grants));
            let remedy = "revoke these, or make them anew for who has the access";
            missed(&query, (id, PERSON_UNKNOWN), &grants, (what, remedy), false, said);
        }
        (Fact::Policy(new), Some(Fact::Policy(old))) => {
            policies::changed(review, change, new, old, said);
        }
        _ => {}
    }
}

/// The flows, surveys and people that name a vendor.
fn users_of_vendor(query: &Query<'_>, vendor: &Name) -> BTreeSet<ObjectRef> {
    let keys = [Key::FlowsTo(vendor.clone()), Key::SurveysOf(vendor.clone()), Key::PeopleOf(vendor.clone())];
    keys.into_iter().flat_map(|key| query.members(key)).collect()
}

/// The grants that are not over and give somebody of these names access.
fn grants_to<'n>(query: &Query<'_>, names: impl Iterator<Item = &'n String>) -> BTreeSet<ObjectRef> {
    let grants = names.flat_map(|name| query.members(Key::GrantsTo(name.as_str().into())));
    grants.filter(|grant| is_live(query, grant)).collect()
}

/// Whether a grant is not over.
pub(super) fn is_live(query: &Query<'_>, grant: &ObjectRef) -> bool {
    query.access(grant).is_some_and(|access| !access.phase.is_final())
}

/// Finds what the strictest of the policies says under which the dependants are.
fn missed(
    query: &Query<'_>,
    (id, rule): (&ObjectRef, Code),
    dependants: &BTreeSet<ObjectRef>,
    (what, remedy): (String, &str),
    denies: bool,
    said: &mut Said,
) {
    let Some(known) = find(rule) else { return };
    let scopes: BTreeSet<Scope> = dependants.iter().map(Scope::of).collect();
    if let Some(mode) = scopes.iter().filter_map(|scope| query.policy(scope).mode(known)).max() {
        tell(said, alone(id, rule, mode, what, remedy), denies);
    }
}

/// `DataFlow/cx/answers and 3 more rest`, the first few by name.
pub(super) fn rest(objects: &BTreeSet<ObjectRef>) -> String {
    format!("{} {}", few(objects), if objects.len() == 1 { "rests" } else { "rest" })
}

/// `DataFlow/cx/answers and 3 more`, the first few by name.
pub(super) fn few(objects: &BTreeSet<ObjectRef>) -> String {
    let named: Vec<String> = objects.iter().take(NAMED).map(ToString::to_string).collect();
    match objects.len().saturating_sub(NAMED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}
