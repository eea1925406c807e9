//! What is to be done about a grant: first about the access itself, then about the questions and the report.
//!
//! Each step is one request. What it leads to is seen before the next is planned, so that a crash between any two
//! leaves a state from which the same plan goes on.

use jiff::{SignedDuration, Timestamp};

use super::issued::{Issued, Stuck, give, take};
use super::lease::{Difference, Standing, difference, standing_to};
use super::own::written;
use super::verification::{self, Verification};
use super::{Plan, Task, ending, grant_status};
use crate::api::{AccessGrantStatus, EndCause, Phase, SubjectKind};
use crate::cluster::effect::{Effect, Known, Lease, Note, Target};
use crate::cluster::seen::{Detail, Seen, SeenBinding};
use crate::engine::{Access, Left, Verdict, binding_of, subject_of, user};
use crate::facts::{BindingSubject, GrantEnd, GrantFact, ObjectRef, Role, role_of};

/// How long before a deadline the grant is read again from the server itself: an extension that a hung watch has not
/// shown must be found, and the connection is warm when the deletion goes out. On a connection that is dead a reading
/// takes two deadlines of three seconds; it must be over when access ends.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_secs(8);

/// A reading that old says nothing of an extension made since.
const READING_HOLDS: SignedDuration = SignedDuration::from_secs(10);

/// What is known of a grant when a plan is made.
#[derive(Clone)]
pub(crate) struct View<'v> {
    pub(crate) id: &'v ObjectRef,
    pub(crate) now: Timestamp,
    /// Whether the operator only watches.
    pub(crate) observe: bool,
    pub(crate) access: &'v Access,
    pub(crate) judged: (&'v Verdict, Timestamp),
    /// The grant, if it exists and can be read.
    pub(crate) fact: Option<&'v GrantFact>,
    pub(crate) grant: Option<&'v Seen>,
    pub(crate) binding: Option<&'v Seen>,
    /// What is on record apart from the grant.
    pub(crate) record: Option<GrantEnd>,
    pub(crate) memory: &'v Memory,
    /// What the role allows, if it exists.
    pub(crate) role: Option<&'v Role>,
    /// The account that is issued for the grant, if its subject is one.
    pub(crate) issued: Option<&'v Issued<'v>>,
    /// The other bindings that give the subject the same.
    pub(crate) left: &'v Left,
    /// Why the last attempt at the access failed, if it did.
    pub(crate) trouble: Option<&'v str>,
}

/// What the operator remembers of a grant between plans. Losing it costs a request, never access or its end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    /// When the grant was last read from the server itself, or the attempt failed.
    pub(crate) read_at: Option<Timestamp>,
    /// Whether a write was refused because the object is not what it was thought to be: read before the next.
    pub(crate) look: bool,
    /// What the questions after the last end have shown.
    pub(crate) verification: Option<Verification>,
    /// The lease that was last written.
    pub(crate) leased: Option<Lease>,
    /// The deletion of the grant's binding, if that was the last that was done about it.
    pub(crate) deleted: Option<Deleted>,
    /// When the account was issued that is now used.
    pub(crate) issued_at: Option<Timestamp>,
    /// When the binding was written, after an end on record, that no deletion of this process was meant for since.
    pub(crate) returned_at: Option<Timestamp>,
}

/// A deletion of the binding of a grant.
#[derive(Clone, Debug)]
pub(crate) struct Deleted {
    /// When it was answered.
    pub(crate) at: Timestamp,
    /// Whom the binding named.
    pub(crate) subjects: Vec<BindingSubject>,
}

impl View<'_> {
    pub(crate) fn uid(&self) -> &str {
        self.grant.map_or("", |grant| &grant.uid)
    }

    pub(crate) fn status(&self) -> AccessGrantStatus {
        self.grant.map(written).unwrap_or_default()
    }

    pub(crate) fn standing(&self) -> Standing {
        standing_to(self.binding, (self.id, self.grant))
    }

    fn is_deleting(&self) -> bool {
        self.grant.is_none_or(|grant| grant.deleting)
    }

    pub(crate) fn has_finalizer(&self) -> bool {
        self.grant.is_some_and(|grant| matches!(grant.detail, Detail::Own { finalizer: true, .. }))
    }

    /// Whether a reading from the server itself is younger than that before `at`.
    fn was_read(&self, at: Timestamp, before: SignedDuration) -> bool {
        let since = at.checked_sub(before).unwrap_or(Timestamp::MIN);
        self.memory.read_at.is_some_and(|read| read >= since)
    }

    fn read(&self) -> Task {
        let known = |id: ObjectRef, seen: Option<&Seen>| Known { id, uid: seen.map(|seen| seen.uid.clone()) };
        Task::quiet(Effect::Read(
            known(self.id.clone(), self.grant),
            known(binding_of(self.id), self.binding),
        ))
    }

    /// Whether the grant waits for an account that nobody issues here.
    pub(crate) fn lacks_issuer(&self) -> bool {
        self.issued.is_some_and(|issued| !issued.here) && self.access.phase == Phase::Active
    }

    pub(crate) fn note(
        &self,
        warning: bool,
        reason: &'static str,
        action: &'static str,
        text: String,
    ) -> Note {
        Note { regarding: self.id.clone(), uid: self.uid().into(), warning, reason, action, text }
    }
}

/// The plan for a grant.
pub(crate) fn plan(view: &View<'_>) -> Plan {
    let mut plan = Plan { tasks: Vec::new(), wake: wake(view) };
    let step = if view.observe { None } else { access(view) };
    let busy = step.is_some();
    let pauses = step.as_ref().is_some_and(|step| pauses(view, step));
    // What was refused is of no matter once it is not wanted any more.
    let view = &View { trouble: view.trouble.filter(|_| busy), ..*view };
    // The report follows what was done; only trouble, and an end that may be over again, are reported before.
    if let (Some(grant), true) = (view.grant, !busy || pauses || view.trouble.is_some()) {
        if !busy {
            let (task, wake) = verification::plan(view);
            plan.tasks.extend(task);
            plan.wake = plan.wake.into_iter().chain(wake).min();
        }
        plan.tasks.extend(grant_status::plan(view, grant));
    }
    plan.tasks.extend(step);
    plan
}

/// Whether a step takes access away that may return, and nothing on record says so yet. It must be known also to an
/// operator that is started anew and finds the cause gone: the deletion may still be under way.
fn pauses(view: &View<'_>, step: &Task) -> bool {
    let for_now = view.access.ended.is_some_and(|(_, cause)| !cause.phase().is_final());
    let deletes = matches!(step.effect, Effect::DeleteBinding(_));
    deletes && for_now && !view.is_deleting() && view.status().revocation.is_none()
}

/// Whether access returns to a binding that a deletion from before may still hit: an end is on record, and the binding
/// was not written since.
fn is_from_before(view: &View<'_>, binding: &SeenBinding) -> bool {
    let written = binding.returned_at.is_some() && binding.returned_at == view.memory.returned_at;
    !written && view.status().revocation.is_some()
}

/// When to look again though neither facts nor rules change.
fn wake(view: &View<'_>) -> Option<Timestamp> {
    let look = view.access.deadline.and_then(|deadline| deadline.at.checked_sub(LOOK_AGAIN).ok());
    let lapse = seen_binding(view).and_then(|binding| binding.deadline.flatten());
    look.into_iter().chain(lapse).filter(|at| *at > view.now).min()
}

pub(crate) fn seen_binding<'v>(view: &View<'v>) -> Option<&'v SeenBinding> {
    match &view.binding?.detail {
        Detail::Binding(binding) => Some(binding),
        _ => None,
    }
}

/// The next request about the access itself, if one is due.
fn access(view: &View<'_>) -> Option<Task> {
    if view.memory.look {
        return Some(view.read());
    }
    let standing = view.standing();
    let (Some(seen), Some(binding)) = (view.binding, seen_binding(view)) else {
        return without_binding(view);
    };
    if seen.deleting {
        // Somebody's finalizer holds it; it still gives access, and the status says so. An account that is issued goes.
        return if is_over(view) { taken(view) } else { None };
    }
    let delete = || Effect::DeleteBinding(target(&binding_of(view.id), seen));
    match standing {
        Standing::Absent => without_binding(view),
        Standing::Foreign => without_binding(view)
            .filter(|task| !matches!(task.effect, Effect::CreateBinding(_) | Effect::Issue(_))),
        Standing::Predecessor => Some(Task::quiet(delete())),
        Standing::Ours if is_unreadable(view) => {
            // Nothing is known against the grant; what it was given runs out with the lease.
            let lapsed = binding.deadline.is_some_and(|at| at.is_none_or(|at| at <= view.now));
            (lapsed || view.is_deleting()).then(|| Task::quiet(delete()))
        }
        Standing::Ours if is_over(view) => {
            Some(if must_look(view) { view.read() } else { Task::quiet(delete()) })
        }
        Standing::Ours => uphold(view, seen, binding),
    }
}

/// Keeps the access of an active grant as it should be.
fn uphold(view: &View<'_>, seen: &Seen, binding: &SeenBinding) -> Option<Task> {
    let Some(issued) = view.issued.filter(|issued| issued.here) else { return keep(view, seen, binding) };
    if issued.has_account(view) {
        return keep(view, seen, binding).or_else(|| give(view, issued, false).ok().flatten());
    }
    // Nobody else may get what the binding gives by making an account of that name.
    let account = &issued.account.0;
    let text = format!("{account} was deleted by somebody else: no access until it is issued anew");
    let effect = Effect::DeleteBinding(target(&binding_of(view.id), seen));
    Some(Task { effect, notes: vec![view.note(true, "AccountLost", "Repair", text)] })
}

/// Whether the grant gives no access now.
fn is_over(view: &View<'_>) -> bool {
    view.access.phase != Phase::Active || view.is_deleting()
}

/// The next of what was issued to be withdrawn. An end by time is first confirmed from the server: what is withdrawn has
/// no deadline of its own by which the server could refuse.
fn taken(view: &View<'_>) -> Option<Task> {
    let task = take(view, view.issued?)?;
    Some(if must_look(view) { view.read() } else { task })
}

pub(crate) fn is_unreadable(view: &View<'_>) -> bool {
    view.grant.is_some() && view.fact.is_none()
}

/// Whether an end by time must first be confirmed from the server: the watch may hang, or a list be old. A reading
/// that failed counts too: doubt does not prolong access.
fn must_look(view: &View<'_>) -> bool {
    let by_time = view.access.ended.and_then(|(at, _)| at).filter(|_| !view.is_deleting());
    by_time.is_some_and(|at| !view.was_read(at, READING_HOLDS))
}

/// Keeps the binding of an active grant as it should be.
fn keep(view: &View<'_>, seen: &Seen, binding: &SeenBinding) -> Option<Task> {
    let lease = lease(view)?;
    let target = target(&lease.id, seen);
    let name = lease.id.name.clone();
    let repaired = |what: &str| {
        view.note(
            true,
            "BindingRepaired",
            "Repair",
            format!("{what} of RoleBinding {name} was changed by somebody else"),
        )
    };
    let as_written = view.memory.leased.as_ref().is_none_or(|leased| leased.subjects == binding.subjects);
    match difference(binding, &lease, view.access.members.is_some() && as_written) {
        Difference::Role => {
            Some(Task { effect: Effect::DeleteBinding(target), notes: vec![repaired("the role")] })
        }
        Difference::Tampered(what) => {
            let effect = Effect::ReplaceBinding(target, returned(view, lease));
            Some(Task { effect, notes: vec![repaired(what)] })
        }
        Difference::Members => Some(Task::quiet(Effect::ReplaceBinding(target, returned(view, lease)))),
        Difference::Deadline => {
            let tampered = view.memory.leased.as_ref() == Some(&lease);
            let notes = tampered.then(|| repaired("the deadline")).into_iter().collect();
            Some(Task { effect: Effect::ReplaceBinding(target, returned(view, lease)), notes })
        }
        Difference::None if is_from_before(view, binding) => {
            Some(Task::quiet(Effect::ReplaceBinding(target, returned(view, lease))))
        }
        Difference::None => {
            let deadline = lease.deadline?;
            let near = deadline.checked_sub(LOOK_AGAIN).is_ok_and(|look| look <= view.now);
            (near && !view.was_read(deadline, LOOK_AGAIN)).then(|| view.read())
        }
    }
}

/// What is due where no binding of ours stands.
fn without_binding(view: &View<'_>) -> Option<Task> {
    let grant = view.grant?;
    let target = target(view.id, grant);
    if view.access.phase == Phase::Active && !grant.deleting {
        if view.lacks_issuer() {
            return None;
        }
        if !view.has_finalizer() {
            return Some(Task::quiet(Effect::AddFinalizer(target)));
        }
        match view.issued.map_or(Ok(None), |issued| give(view, issued, true)) {
            Ok(None) => {}
            Ok(next) => return next,
            Err(Stuck) => return None,
        }
        let lease = lease(view)?;
        let lost = view.status().binding.is_some() && view.status().phase == Some(Phase::Active);
        let notes = lost.then(|| {
            // With an account it was perhaps deleted here, for the account was gone.
            let how = if view.issued.is_some() { "gone" } else { "deleted by somebody else" };
            let text = format!("RoleBinding {} was {how} and is created again", lease.id.name);
            view.note(true, "BindingRestored", "Repair", text)
        });
        let effect = Effect::CreateBinding(returned(view, lease));
        return Some(Task { effect, notes: notes.into_iter().collect() });
    }
    if let Some(end) = unrecorded(view) {
        let grant = view.id.clone();
        return Some(Task::quiet(Effect::RecordEnd { grant, at: end.at, cause: end.cause }));
    }
    taken(view).or_else(|| {
        (grant.deleting && view.has_finalizer()).then(|| Task::quiet(Effect::RemoveFinalizer(target)))
    })
}

/// A final end that is not yet on record apart from the grant. What never gave access needs no record.
fn unrecorded(view: &View<'_>) -> Option<GrantEnd> {
    let (_, cause) = view.access.ended.filter(|(_, cause)| cause.phase().is_final())?;
    let at = ending::instants(view, &view.status()).at?;
    (cause != EndCause::Deleted && view.record.is_none_or(|record| record.at < at))
        .then_some(GrantEnd { at, cause })
}

/// The binding that the grant should have.
fn lease(view: &View<'_>) -> Option<Lease> {
    let spec = &view.fact?.spec;
    let mut subject = subject_of(view.id, spec);
    // To a binding an account is an account, whoever made it.
    if subject.kind == SubjectKind::IssuedServiceAccount {
        subject.kind = SubjectKind::ServiceAccount;
    }
    Some(Lease {
        id: binding_of(view.id),
        grant: view.id.name.clone(),
        grant_uid: view.uid().into(),
        role: role_of(view.id, spec),
        subjects: match &view.access.members {
            Some(members) => members.bound.iter().map(user).collect(),
            None => vec![subject],
        },
        deadline: view.access.deadline.map(|deadline| deadline.at),
        approved_at: spec.approval.as_ref().map(|approval| approval.at.timestamp()),
        returned_at: None,
    })
}

/// The same, of access that returns after an end on record.
fn returned(view: &View<'_>, lease: Lease) -> Lease {
    Lease { returned_at: view.status().revocation.map(|_| view.now), ..lease }
}

fn target(id: &ObjectRef, seen: &Seen) -> Target {
    Target { id: id.clone(), uid: seen.uid.clone(), resource_version: seen.resource_version.clone() }
}
