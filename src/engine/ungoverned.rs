//! Which bindings a policy wants removed because no grant covers them.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::applied::selected;
use super::derived::{Derivation, Derived};
use super::held::Held;
use super::query::Query;
use super::scope::Scope;
use super::verdict::Finding;
use crate::api::{CompliancePolicySpec, FindingOutcome, Mode, UngovernedAction};
use crate::facts::{Key, Kind, Name, ObjectRef, Slice};
use crate::rules::Code;
use crate::values::Period;

/// What the names of the namespaces begin with that Kubernetes keeps to itself.
const KUBERNETES: &str = "kube-";

/// The rule that reports such bindings.
const UNGOVERNED: Code = Code(504);

/// A `RoleBinding` that no grant covers, in a namespace where such are removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ungoverned {
    /// The binding.
    pub binding: ObjectRef,
    /// How long it may stay.
    pub grace: Period,
    /// What it gives to whom, in words.
    pub gives: String,
}

/// The bindings that a policy wants removed, in order. Where several policies that select a namespace remove, the first
/// by name keeps the record, so that each binding has one.
pub(super) fn of(query: &Query<'_>, policy: &ObjectRef) -> Vec<Ungoverned> {
    let removing = |id: &ObjectRef| query.policy_object(&id.name).here().filter(|spec| removes(spec));
    let Some(spec) = removing(policy) else { return Vec::new() };
    let before = query.members(Key::Policies).into_iter().take_while(|other| other != policy);
    let others: BTreeSet<Name> =
        before.filter_map(|other| removing(&other)).flat_map(|spec| selected(query, &spec)).collect();
    let namespaces = selected(query, &spec).into_iter();
    let ours = namespaces.filter(|name| !is_reserved(query, name) && !others.contains(name));
    let mut found: Vec<Ungoverned> =
        ours.flat_map(|name| query.ungoverned_in(&name, Slice::Whole).to_vec()).collect();
    found.sort_by(|one, other| one.binding.cmp(&other.binding));
    found
}

fn removes(spec: &CompliancePolicySpec) -> bool {
    let action = spec.access.as_ref().and_then(|access| access.ungoverned);
    action == Some(UngovernedAction::Remove)
}

/// What Kubernetes and the operator themselves run on is reported, whatever a policy selects.
fn is_reserved(query: &Query<'_>, namespace: &str) -> bool {
    namespace.starts_with(KUBERNETES) || namespace == query.operator_namespace()
}

/// Those of a part of a namespace, in no order.
pub(super) fn within(query: &Query<'_>, namespace: &Name, slice: Slice) -> Vec<Ungoverned> {
    let members = match Held::by(query, namespace, slice) {
        Held::Few(members) => members,
        Held::Many(parts) => {
            let parts = parts.into_iter().map(|part| query.ungoverned_in(namespace, part));
            return parts.flat_map(|found| found.to_vec()).collect();
        }
    };
    let grace = query.policy(&Scope::Namespace(namespace.clone())).access.ungoverned_grace;
    let bindings = members.into_iter().filter(|id| id.kind == Kind::RoleBinding);
    let ungoverned = bindings.filter_map(|binding| gives(query, &binding).map(|gives| (binding, gives)));
    ungoverned.map(|(binding, gives)| Ungoverned { binding, grace, gives }).collect()
}

impl Query<'_> {
    fn ungoverned_in(&self, namespace: &Name, slice: Slice) -> Arc<[Ungoverned]> {
        match self.derive(&Derivation::UngovernedIn(namespace.clone(), slice)) {
            Derived::Ungoverned(found) => found,
            _ => Arc::new([]),
        }
    }
}

/// What a binding gives that no grant covers, if that is all it gives. With a subject among them that is covered,
/// trusted or an account of the namespace, it stays: it cannot be removed for the others alone. Nor is removed what
/// could not be judged.
fn gives(query: &Query<'_>, binding: &ObjectRef) -> Option<String> {
    let subjects = query.binding(binding).here()?.subjects.len();
    let verdict = query.judgement(binding, &Scope::of(binding));
    if verdict.lacking.iter().any(|lack| lack.rule == UNGOVERNED) {
        return None;
    }
    let counts = |finding: &&Finding| {
        finding.rule == UNGOVERNED
            && finding.subject == *binding
            && finding.outcome == FindingOutcome::Violating
            && finding.mode.0 == Mode::Enforce
            && !finding.exempted
    };
    let found: Vec<&Finding> = verdict.findings.iter().filter(counts).collect();
    let first = found.first().filter(|_| found.len() == subjects)?;
    Some(match found.len() - 1 {
        0 => first.message.clone(),
        more => format!("{} (and {more} more subjects)", first.message),
    })
}

#[cfg(test)]
mod tests;
