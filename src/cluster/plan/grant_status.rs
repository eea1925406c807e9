//! The status of a grant: what is true of its access, not what is intended.

use jiff::Timestamp;

use super::Task;
use super::conditions::{Saying, status};
use super::ending::{self, Instants};
use super::grant::{View, is_unreadable, seen_binding};
use super::lease::Standing;
use super::own::write;
use super::verification::{self, Outcome};
use super::{emergency, excluded};
use crate::api::{AccessGrantStatus, BindingRef, Notice, Phase, Revocation, Warned, conditions};
use crate::cluster::effect::Note;
use crate::cluster::seen::Seen;
use crate::engine::binding_of;
use crate::facts::Kind;
use crate::values::Instant;

/// Writes the status of a grant if it differs, and tells of a change of phase and of the end drawing near.
pub(crate) fn plan(view: &View<'_>, grant: &Seen) -> Option<Task> {
    let old = view.status();
    let phase = phase(view);
    let mut sayings = vec![readiness(view, &old, phase)];
    let emergency = if view.observe { None } else { emergency::saying(view, phase) };
    let announced = emergency::note(view, grant, emergency.as_ref());
    sayings.extend(emergency);
    let common = status(view.id, grant, view.judged, sayings, view.now);
    let mut wanted = AccessGrantStatus { common, ..AccessGrantStatus::default() };
    let mut notes = Vec::new();
    if view.observe {
        // What an operator that acts has written about the access is still true, and stays for when one acts again.
        wanted = AccessGrantStatus { common: wanted.common, ..old };
    } else {
        fill(view, phase, &old, &mut wanted);
        notes.extend(announced);
        notes.extend(phase_note(view, &old, phase));
        notes.extend(excluded::note(view, &old, &wanted.excluded));
        notes.extend(warning_note(view, &old, wanted.warned.as_ref()));
    }
    write(view.id, grant, serde_json::to_value(wanted).ok()?, notes)
}

/// The phase that is true: nobody is Active without a binding, and nobody is out while it stands.
fn phase(view: &View<'_>) -> Phase {
    standing_phase(view.access.phase, view.standing() == Standing::Ours)
}

/// The same by what is decided and by whether our binding stands.
pub(crate) fn standing_phase(decided: Phase, stands: bool) -> Phase {
    match (decided, stands) {
        (Phase::Active, false) => Phase::Pending,
        (Phase::Active, true) | (_, false) => decided,
        (_, true) => Phase::Active,
    }
}

fn fill(view: &View<'_>, phase: Phase, old: &AccessGrantStatus, wanted: &mut AccessGrantStatus) {
    let final_before = old.phase.is_some_and(Phase::is_final);
    wanted.phase = Some(phase);
    // While access that ends still stands, who had none so far is told.
    let ending = phase == Phase::Active && view.access.phase != Phase::Active;
    wanted.excluded = if ending { old.excluded.clone() } else { excluded::list(view) };
    wanted.activated_at = old.activated_at.filter(|_| !(final_before && phase == Phase::Active));
    if phase == Phase::Active {
        wanted.activated_at = wanted.activated_at.or(Some(view.now.into()));
        wanted.deadline = deadline(view).and_then(Instant::bounded);
        wanted.deadline_cause = view.access.deadline.map(|deadline| deadline.cause);
        wanted.warned = warned(view, old);
        wanted.binding = view.binding.map(|binding| BindingRef {
            name: binding_of(view.id).name.to_string(),
            uid: binding.uid.to_string(),
        });
    }
    // Also of access that should have ended and is held.
    if phase != Phase::Pending && view.access.phase != Phase::Pending {
        wanted.revocation = revocation(view, old);
    }
}

/// When the access ends that stands: as decided; where nothing can be decided, with the lease.
fn deadline(view: &View<'_>) -> Option<Timestamp> {
    let lease = || seen_binding(view)?.deadline.flatten();
    view.access.deadline.map(|deadline| deadline.at).or_else(|| lease().filter(|_| is_unreadable(view)))
}

/// When, why and how surely access ended; of a grant that never gave any, only why.
fn revocation(view: &View<'_>, old: &AccessGrantStatus) -> Option<Revocation> {
    let (_, cause) = view.access.ended?;
    let Instants { at, due } = ending::instants(view, old);
    let (at, due_at, cause) = (at.map(Instant::from), due.map(Instant::from), Some(cause));
    let same = old.revocation.as_ref().filter(|end| end.cause == cause && end.at == at);
    Some(match verification::outcome(view).filter(|_| at.is_some()) {
        Some(Outcome { verified, residual, retained }) => {
            Revocation { at, due_at, cause, verified: Some(verified), residual, retained }
        }
        None => Revocation { at, due_at, cause, ..same.cloned().unwrap_or_default() },
    })
}

fn warned(view: &View<'_>, old: &AccessGrantStatus) -> Option<Warned> {
    let deadline = Instant::bounded(view.access.deadline?.at)?;
    let before = old.warned.clone().filter(|warned| warned.deadline == deadline);
    let due = view.access.notice.map(|notice| Warned { notice, deadline });
    match (before, due) {
        (Some(before), Some(due)) if before.notice >= due.notice => Some(before),
        (before, due) => due.or(before),
    }
}

fn readiness(view: &View<'_>, old: &AccessGrantStatus, phase: Phase) -> Saying {
    let because = |reasons: &[String], otherwise: &str| {
        if reasons.is_empty() { otherwise.to_owned() } else { reasons.join("; ") }
    };
    let reasons = &view.access.reasons;
    let (status, reason, message) = if let Some(trouble) = view.trouble {
        (false, conditions::FORBIDDEN, trouble.to_owned())
    } else if view.observe {
        let decided = view.access.phase;
        (
            true,
            conditions::OBSERVING,
            because(reasons, &format!("the grant would be {decided}; nothing is acted upon")),
        )
    } else if let Some(taken) = taken(view).filter(|_| view.access.phase == Phase::Active) {
        (false, conditions::NAME_TAKEN, taken)
    } else if phase == Phase::Pending && view.lacks_issuer() {
        (false, conditions::NOT_ISSUED, NOT_ISSUED.to_owned())
    } else {
        match phase {
            _ if is_unreadable(view) => (false, conditions::UNREADABLE, unreadable(view)),
            Phase::Active if view.access.phase != Phase::Active => (false, conditions::HELD, held(view, old)),
            Phase::Active => (true, conditions::ACTIVE, active(view)),
            Phase::Pending => (false, conditions::PENDING, because(reasons, "the binding is being made")),
            Phase::Suspended => (false, conditions::SUSPENDED, because(reasons, "a paper must be renewed")),
            Phase::Expired => (true, conditions::EXPIRED, ended(view, old, "its time is over")),
            Phase::Revoked => (true, conditions::REVOKED, ended(view, old, "ended before its time")),
        }
    };
    Saying { kind: conditions::READY, status: Some(status), reason, message }
}

const NOT_ISSUED: &str =
    "accounts are not issued here: start the operator with --issue-accounts, or make a grant to a User";

/// What of somebody else has a name that something made for the grant would have, and what to do. An account cannot be
/// renamed, and neither can the subject of a grant.
fn taken(view: &View<'_>) -> Option<String> {
    let binding = binding_of(view.id);
    let (id, owner) = match view.issued {
        _ if view.standing() == Standing::Foreign => (&binding, None),
        issued => issued?.taken(view)?,
    };
    let what = format!("{} {}", id.kind, id.name);
    Some(match owner {
        Some(grant) => format!("{what} was made for AccessGrant {grant}: make a grant that names another"),
        None if id.kind == Kind::ServiceAccount => {
            format!(
                "{what} exists and was not made for this grant: delete it, or make a grant that names another"
            )
        }
        None => format!("{what} exists and was not made for this grant: delete or rename it"),
    })
}

/// The grant says nothing any more; what it gave runs out with the lease.
fn unreadable(view: &View<'_>) -> String {
    let why = view.access.reasons.join("; ");
    match deadline(view) {
        Some(at) => format!("{why}; the access that was given ends at {at}"),
        None => format!("{why}; no access is given"),
    }
}

/// Access that has ended by every decision, and has not.
fn held(view: &View<'_>, old: &AccessGrantStatus) -> String {
    let name = binding_of(view.id).name;
    let since = match view.access.ended {
        Some((_, cause)) => match ending::instants(view, old).due {
            Some(due) => format!("access should have ended at {due} ({cause})"),
            None => format!("access should have ended ({cause})"),
        },
        None => "access should have ended".to_owned(),
    };
    let holder = if view.binding.is_some_and(|binding| binding.deleting) {
        "a finalizer that is not ours holds it"
    } else {
        "it is about to be deleted"
    };
    format!("RoleBinding {name} still gives access: {holder}; {since}")
}

fn active(view: &View<'_>) -> String {
    let access = match view.access.deadline {
        Some(deadline) => format!("access until {} ({})", deadline.at, deadline.cause),
        None => "access without an end".to_owned(),
    };
    if let Some(issued) = view.issued {
        return format!("{access}, by tokens of {} for {}", issued.account.0, issued.holder);
    }
    match view.access.members.as_ref().map_or(0, |members| members.excluded.len()) {
        0 => access,
        excluded => format!("{access}; {excluded} of the group without it: see status.excluded"),
    }
}

fn ended(view: &View<'_>, old: &AccessGrantStatus, otherwise: &str) -> String {
    let Some((_, cause)) = view.access.ended else { return otherwise.to_owned() };
    if ending::was_never_given(view) {
        return format!("{otherwise} ({cause}): no access was ever given");
    }
    match ending::instants(view, old) {
        Instants { at: Some(at), due: Some(due) } if at != due => {
            format!("access ended at {at} ({cause}), due at {due}")
        }
        Instants { at: Some(at), .. } => format!("access ended at {at} ({cause})"),
        Instants { at: None, .. } => format!("{otherwise} ({cause})"),
    }
}

fn phase_note(view: &View<'_>, old: &AccessGrantStatus, phase: Phase) -> Option<Note> {
    if old.phase == Some(phase)
        || (old.phase.is_none() && phase == Phase::Pending && view.access.reasons.is_empty())
    {
        return None;
    }
    let saying = readiness(view, old, phase);
    let warning = matches!(phase, Phase::Suspended | Phase::Pending);
    let (uid, text) = (view.uid().into(), saying.message);
    Some(Note { regarding: view.id.clone(), uid, warning, reason: phase.as_str(), action: "Grant", text })
}

/// The warning that access is about to end, to whoever owns the grant or the person.
fn warning_note(view: &View<'_>, old: &AccessGrantStatus, warned: Option<&Warned>) -> Option<Note> {
    let warned = warned.filter(|warned| old.warned.as_ref() != Some(*warned))?;
    let before = match warned.notice {
        Notice::Week => "7 days",
        Notice::Day => "1 day",
        Notice::Hour => "1 hour",
    };
    let spec = &view.fact?.spec;
    let owners: Vec<&str> = spec.owner.iter().chain(&view.access.owners).map(String::as_str).collect();
    let to = if owners.is_empty() { "nobody named as owner".to_owned() } else { owners.join(", ") };
    let cause = view.access.deadline?.cause;
    Some(Note {
        regarding: view.id.clone(),
        uid: view.uid().into(),
        warning: true,
        reason: "AccessEndsSoon",
        action: "Warn",
        text: format!(
            "less than {before} left: the access of {} ends at {} ({cause}); owner: {to}",
            spec.subject.name, warned.deadline
        ),
    })
}
