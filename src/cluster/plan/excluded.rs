//! Who of a group gets no access by a grant to its members, as the status and an event tell it.

use super::grant::View;
use crate::api::{AccessGrantStatus, ExcludedPerson};
use crate::cluster::effect::Note;

/// How much a status has room for.
const MOST: usize = 50;
const MOST_REASONS: usize = 10;
const LONGEST: usize = 1024;

/// How many an event names.
const NAMED: usize = 10;

/// The list for the status.
pub(crate) fn list(view: &View<'_>) -> Vec<ExcludedPerson> {
    let members = view.access.members.as_ref();
    let excluded = members.into_iter().flat_map(|members| &members.excluded).take(MOST);
    let cut = |reason: &String| reason.chars().take(LONGEST).collect();
    let told = |excluded: &crate::engine::Excluded| ExcludedPerson {
        person: excluded.person.name.to_string(),
        reasons: excluded.reasons.iter().take(MOST_REASONS).map(cut).collect(),
    };
    excluded.map(told).collect()
}

/// An event when somebody is left out who was not before.
pub(crate) fn note(view: &View<'_>, old: &AccessGrantStatus, excluded: &[ExcludedPerson]) -> Option<Note> {
    let known = |one: &&ExcludedPerson| old.excluded.iter().any(|before| before.person == one.person);
    let new: Vec<&str> = excluded.iter().filter(|one| !known(one)).map(|one| one.person.as_str()).collect();
    if new.is_empty() {
        return None;
    }
    let mut names = new.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    if new.len() > NAMED {
        names.push_str(", and more");
    }
    Some(Note {
        regarding: view.id.clone(),
        uid: view.uid().into(),
        warning: true,
        reason: "MembersExcluded",
        action: "Grant",
        text: format!("of the group these get no access by this grant: {names}; status.excluded says why"),
    })
}
