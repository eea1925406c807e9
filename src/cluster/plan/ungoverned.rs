//! Access that no grant covers, where a policy wants it removed: the record in the policy's status, and the deletion.
//!
//! The record comes first. A binding is deleted only once the status, as the server has it, says that its time is up:
//! so a restart shortens no grace, what cannot be recorded is not deleted, and a policy that was edited meanwhile is
//! read first, for its status is bound to its version. Nothing is written onto the binding, which is somebody else's.

use std::cmp::Reverse;

use jiff::Timestamp;

use super::conditions::{Saying, status};
use super::own::{news, readiness, write, written};
use super::{Plan, Task, guarded};
use crate::api::{PolicyStatus, UngovernedBinding, UngovernedPhase, conditions};
use crate::cluster::effect::{Effect, Note, Target};
use crate::cluster::seen::Seen;
use crate::engine::{Guarded, Ungoverned, Verdict};
use crate::facts::{Kind, ObjectRef};
use crate::values::Instant;

/// How many bindings a status has room for: of those that stand, and of those that are gone. What has no room waits,
/// and its time begins later.
const MOST: usize = 50;

/// What is known of a policy when a plan is made.
pub(crate) struct View<'v> {
    pub(crate) id: &'v ObjectRef,
    pub(crate) now: Timestamp,
    /// Whether the operator only watches.
    pub(crate) observe: bool,
    pub(crate) judged: (&'v Verdict, Timestamp),
    pub(crate) policy: &'v Seen,
    /// The bindings that it wants removed, in order; those of grants left out.
    pub(crate) ungoverned: &'v [Ungoverned],
    /// Whether the webhooks guard its namespaces, if it can be read.
    pub(crate) guarded: Option<&'v Guarded>,
    /// A binding as it stands, whatever it is.
    pub(crate) binding: &'v dyn Fn(&ObjectRef) -> Option<&'v Seen>,
    /// What the API server says where it refuses a deletion.
    pub(crate) trouble: Option<String>,
}

/// Writes the status of a policy if it differs, with the record of what is to be removed.
pub(crate) fn plan(view: &View<'_>) -> Plan {
    let mut notes: Vec<Note> = news(view.id, view.policy, view.judged.0).into_iter().collect();
    let old = written::<PolicyStatus>(view.policy).ungoverned;
    let (mut ungoverned, removed) = carried_on(view, old, &mut notes);
    begin(view, &mut ungoverned, &mut notes);
    ungoverned.sort_by(|one, two| key(one).cmp(&key(two)));
    let wake = ungoverned.iter().filter(|entry| entry.phase == UngovernedPhase::Waiting);
    let wake = wake.filter_map(|entry| entry.remove_at).map(Instant::timestamp).min();
    ungoverned.extend(removed);
    let saying = match &view.trouble {
        None => readiness(view.judged.0, view.id),
        Some(trouble) => Saying {
            kind: conditions::READY,
            status: Some(false),
            reason: conditions::FORBIDDEN,
            message: trouble.clone(),
        },
    };
    let guarded = view.guarded.map(guarded::saying);
    notes.extend(guarded.as_ref().and_then(|saying| guarded::note(view.id, view.policy, saying)));
    let sayings = std::iter::once(saying).chain(guarded).collect();
    let common = status(view.id, view.policy, view.judged, sayings, view.now);
    let Ok(wanted) = serde_json::to_value(PolicyStatus { common, ungoverned }) else {
        return Plan::default();
    };
    Plan { tasks: write(view.id, view.policy, wanted, notes).into_iter().collect(), wake }
}

/// The entries that go on, and those of what is gone, the last first. An entry is dropped with its reason: the grace of
/// a binding that comes to be covered begins anew if it is ungoverned again.
fn carried_on(
    view: &View<'_>,
    old: Vec<UngovernedBinding>,
    notes: &mut Vec<Note>,
) -> (Vec<UngovernedBinding>, Vec<UngovernedBinding>) {
    let (mut open, mut removed) = (Vec::new(), Vec::new());
    for entry in old {
        let id = binding_of(&entry);
        let stands = (view.binding)(&id).is_some_and(|seen| *seen.uid == *entry.uid);
        let wanted = view.ungoverned.iter().find(|found| found.binding == id).filter(|_| stands);
        if entry.phase == UngovernedPhase::Removed {
            removed.push(entry);
        } else if let Some(found) = wanted {
            open.push(timed(view, found, entry));
        } else if !stands && entry.phase == UngovernedPhase::Due && !view.observe {
            let text = format!(
                "RoleBinding {} is removed: no grant covered it since {}, and CompliancePolicy {} removes such access",
                entry.name, entry.since, view.id.name
            );
            notes.push(note(&id, &entry.uid, "UngovernedAccessRemoved", "Remove", text));
            let removed_at = Some(view.now.into());
            removed.push(UngovernedBinding { phase: UngovernedPhase::Removed, removed_at, ..entry });
        }
    }
    open.truncate(MOST);
    removed.sort_by(|one, two| {
        let order = |entry: &UngovernedBinding| Reverse(entry.removed_at);
        order(one).cmp(&order(two)).then_with(|| key(one).cmp(&key(two)))
    });
    removed.truncate(MOST);
    (open, removed)
}

/// The entry by the grace that holds now. An observer lets nothing become due.
fn timed(view: &View<'_>, found: &Ungoverned, entry: UngovernedBinding) -> UngovernedBinding {
    let remove_at = found.grace.after(entry.since.timestamp());
    let phase = match entry.phase {
        before if view.observe => before,
        _ if remove_at <= view.now => UngovernedPhase::Due,
        _ => UngovernedPhase::Waiting,
    };
    UngovernedBinding { phase, remove_at: Instant::bounded(remove_at), ..entry }
}

/// Entries for the bindings that have none. An observer begins nothing: nobody would be told in time.
fn begin(view: &View<'_>, open: &mut Vec<UngovernedBinding>, notes: &mut Vec<Note>) {
    if view.observe {
        return;
    }
    for found in view.ungoverned {
        let (Some(seen), true) = ((view.binding)(&found.binding), open.len() < MOST) else { continue };
        if open.iter().any(|entry| binding_of(entry) == found.binding) {
            continue;
        }
        let remove_at = found.grace.after(view.now);
        let (name, policy) = (&found.binding.name, &view.id.name);
        let text = format!(
            "RoleBinding {name} {}: CompliancePolicy {policy} has it removed at {remove_at}, unless a grant covers it or \
             the policy trusts its subjects by then",
            found.gives
        );
        notes.push(note(&found.binding, &seen.uid, "UngovernedAccess", "Warn", text));
        open.push(UngovernedBinding {
            namespace: found.binding.namespace.to_string(),
            name: name.to_string(),
            uid: seen.uid.to_string(),
            phase: UngovernedPhase::Waiting,
            since: view.now.into(),
            remove_at: Instant::bounded(remove_at),
            removed_at: None,
        });
    }
}

/// The deletion of a binding, if the policy that wants it removed has it on record that its time is up, and it is.
pub(crate) fn deletion(found: &Ungoverned, seen: &Seen, policy: &Seen, now: Timestamp) -> Option<Task> {
    let on_record = written::<PolicyStatus>(policy).ungoverned.into_iter().any(|entry| {
        binding_of(&entry) == found.binding
            && *entry.uid == *seen.uid
            && entry.phase == UngovernedPhase::Due
            && found.grace.after(entry.since.timestamp()) <= now
    });
    // One that is being deleted waits for a finalizer of somebody else.
    (on_record && !seen.deleting).then(|| {
        let (uid, resource_version) = (seen.uid.clone(), seen.resource_version.clone());
        Task::quiet(Effect::DeleteBinding(Target { id: found.binding.clone(), uid, resource_version }))
    })
}

fn binding_of(entry: &UngovernedBinding) -> ObjectRef {
    ObjectRef::namespaced(Kind::RoleBinding, &entry.namespace, &entry.name)
}

fn key(entry: &UngovernedBinding) -> (&str, &str, &str) {
    (&entry.namespace, &entry.name, &entry.uid)
}

fn note(binding: &ObjectRef, uid: &str, reason: &'static str, action: &'static str, text: String) -> Note {
    Note { regarding: binding.clone(), uid: uid.into(), warning: true, reason, action, text }
}

#[cfg(test)]
mod tests;
