//! The account that is issued for a grant, and the right of its holder to fetch its tokens.
//!
//! Account, Role and RoleBinding are made in this order before the binding of the grant, and taken away in the reverse
//! order after it. So no account outlives its access by more than it takes to delete it, and the binding never gives
//! anything to an account of somebody else.

use super::Task;
use super::grant::View;
use super::lease::{Standing, standing};
use crate::api::AccessGrantSpec;
use crate::cluster::effect::{Effect, Issue, Note, Target};
use crate::cluster::seen::{Detail, Seen};
use crate::engine::{holder_of, token_binding_of, token_role_of};
use crate::facts::{BindingSubject, Kind, Name, ObjectRef, Role, RoleRule};

/// What is known of these objects when a plan is made.
#[derive(Clone)]
pub(crate) struct Issued<'v> {
    /// Whether accounts are issued here. If not, none is seen either.
    pub(crate) here: bool,
    pub(crate) account: (ObjectRef, Option<&'v Seen>),
    role: (ObjectRef, Option<&'v Seen>),
    /// What the role allows.
    rules: Option<&'v [RoleRule]>,
    binding: (ObjectRef, Option<&'v Seen>),
    pub(crate) holder: BindingSubject,
}

/// The three objects of a grant, if an account is to be issued for it.
pub(crate) struct Names {
    account: ObjectRef,
    pub(crate) role: ObjectRef,
    binding: ObjectRef,
    holder: BindingSubject,
}

impl Names {
    pub(crate) fn of(grant: &ObjectRef, spec: &AccessGrantSpec) -> Option<Self> {
        Some(Self {
            account: ObjectRef::namespaced(Kind::ServiceAccount, &grant.namespace, &spec.subject.name),
            role: token_role_of(grant),
            binding: token_binding_of(grant),
            holder: holder_of(grant, spec)?,
        })
    }
}

impl<'v> Issued<'v> {
    pub(crate) fn new(
        here: bool,
        names: Names,
        role: Option<&'v Role>,
        seen: impl Fn(&ObjectRef) -> Option<&'v Seen>,
    ) -> Self {
        let with = |id: ObjectRef| {
            let seen = seen(&id);
            (id, seen)
        };
        Self {
            here,
            account: with(names.account),
            role: with(names.role),
            rules: role.map(|role| role.rules.as_slice()),
            binding: with(names.binding),
            holder: names.holder,
        }
    }

    /// In the order in which they are made.
    fn all(&self) -> [&(ObjectRef, Option<&'v Seen>); 3] {
        [&self.account, &self.role, &self.binding]
    }

    /// The first object of somebody else that has one of the names, and the grant that it was made for, if it was for
    /// one.
    pub(crate) fn taken(&self, view: &View<'_>) -> Option<(&ObjectRef, Option<&Name>)> {
        let foreign = |seen: Option<&Seen>| whose(view, seen) == Standing::Foreign;
        let (id, seen) = self.all().into_iter().find(|(_, seen)| foreign(*seen))?;
        let owner = match &seen.as_ref()?.detail {
            Detail::Made(made) => made.owner.as_ref().filter(|_| made.managed).map(|(grant, _)| grant),
            _ => None,
        };
        Some((id, owner))
    }

    /// Whether the account stands and is that of the grant.
    pub(crate) fn has_account(&self, view: &View<'_>) -> bool {
        let seen = self.account.1;
        whose(view, seen) == Standing::Ours && seen.is_some_and(|seen| !seen.deleting)
    }

    /// How an object of ours differs from what it should be.
    fn difference(&self, (id, seen): &(ObjectRef, Option<&Seen>), view: &View<'_>) -> Option<&'static str> {
        let owner = Some((view.id.name.clone(), Name::from(view.uid())));
        let (managed, grant_uid, owned_by) = match &seen.as_ref()?.detail {
            Detail::Made(made) => (made.managed, &made.grant_uid, &made.owner),
            Detail::Binding(binding) => {
                if binding.role != self.role.0 || binding.subjects != [self.holder.clone()] {
                    return Some("who may fetch tokens");
                }
                (binding.managed, &binding.grant_uid, &binding.owner)
            }
            _ => return None,
        };
        if id.kind == Kind::Role && self.rules != Some(&[allowed(&self.account.0.name)]) {
            return Some("what the role allows");
        }
        let marked = managed && grant_uid.as_deref() == Some(view.uid()) && *owned_by == owner;
        (!marked).then_some("its labels or owner")
    }
}

/// What the holder may do.
fn allowed(account: &Name) -> RoleRule {
    RoleRule {
        verbs: vec!["create".into()],
        groups: vec!["".into()],
        resources: vec!["serviceaccounts/token".into()],
        names: vec![account.clone()],
    }
}

fn whose(view: &View<'_>, seen: Option<&Seen>) -> Standing {
    standing(seen, (&view.id.name, view.uid()), None)
}

/// Nothing can be done: something is in the way.
pub(crate) struct Stuck;

/// The next step towards an account with its holder; none if all stands as it should. `fresh`: access begins, and an
/// account from before, which a deletion under way may still hit, is not used again.
pub(crate) fn give(view: &View<'_>, issued: &Issued<'_>, fresh: bool) -> Result<Option<Task>, Stuck> {
    if !issued.here {
        return Err(Stuck);
    }
    for piece in issued.all() {
        let (id, seen) = piece;
        let Some(seen) = seen else { return Ok(Some(Task::quiet(issue(view, issued, id)))) };
        let withdraw = || Effect::Withdraw(target(id, seen));
        match whose(view, Some(seen)) {
            Standing::Absent | Standing::Foreign => return Err(Stuck),
            _ if seen.deleting => return Err(Stuck),
            Standing::Predecessor => return Ok(Some(Task::quiet(withdraw()))),
            Standing::Ours if fresh && is_from_before(view, seen) => {
                return Ok(Some(Task::quiet(withdraw())));
            }
            Standing::Ours => {
                if let Some(what) = issued.difference(piece, view) {
                    let notes = vec![repaired(view, id, what)];
                    return Ok(Some(Task { effect: withdraw(), notes }));
                }
            }
        }
    }
    Ok(None)
}

fn is_from_before(view: &View<'_>, seen: &Seen) -> bool {
    matches!(&seen.detail, Detail::Made(made) if made.issued_at.is_some() && made.issued_at != view.memory.issued_at)
}

/// The next step towards no account: first who may fetch tokens, the account last.
pub(crate) fn take(view: &View<'_>, issued: &Issued<'_>) -> Option<Task> {
    let mine = |seen: &Seen| matches!(whose(view, Some(seen)), Standing::Ours | Standing::Predecessor);
    let all = issued.all();
    let standing = all.into_iter().rev().filter_map(|(id, seen)| Some((id, (*seen)?)));
    let mut left = standing.filter(|(_, seen)| issued.here && mine(seen) && !seen.deleting);
    left.next().map(|(id, seen)| Task::quiet(Effect::Withdraw(target(id, seen))))
}

fn issue(view: &View<'_>, issued: &Issued<'_>, id: &ObjectRef) -> Effect {
    Effect::Issue(Issue {
        id: id.clone(),
        grant: view.id.name.clone(),
        grant_uid: view.uid().into(),
        account: issued.account.0.name.clone(),
        holder: issued.holder.clone(),
        at: view.now,
    })
}

fn repaired(view: &View<'_>, id: &ObjectRef, what: &str) -> Note {
    let text = format!("{what} of {id} was changed by somebody else");
    view.note(true, "BindingRepaired", "Repair", text)
}

fn target(id: &ObjectRef, seen: &Seen) -> Target {
    Target { id: id.clone(), uid: seen.uid.clone(), resource_version: seen.resource_version.clone() }
}
