//! Facts that are computed from others, each with its own cut-off: what reads one is judged again only when its
//! value changes, not whenever something beneath it does.

use std::sync::Arc;

use super::access::Access;
use super::guarded::Guarded;
use super::incidents::Clock;
use super::judge;
use super::places::Places;
use super::policy::Policy;
use super::query::Query;
use super::rbac::Left;
use super::scope::Scope;
use super::ungoverned::Ungoverned;
use super::verdict::Verdict;
use super::{access, applied, covers, guarded, held, incidents, places, ungoverned};
use crate::facts::{Kind, Name, ObjectRef, Slice};

/// A question whose answer is computed from facts. In the order of dependency: a later one may read earlier ones.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Derivation {
    /// The namespaces that use an object without namespace.
    Users(ObjectRef),
    /// What is demanded.
    Policy(Scope),
    /// The namespaces that hold customer data.
    Protected,
    /// The flows and surveys that cover a workload.
    Covers(ObjectRef),
    /// How many workloads a flow or a survey covers.
    Covered(ObjectRef),
    /// Where a workload runs.
    Places(ObjectRef),
    /// How far the clock of an incident has run.
    Clock(ObjectRef),
    /// What the rules say of a grant to a group as if it were to one person alone.
    Member(ObjectRef, ObjectRef),
    /// What the rules say of what gives access in a namespace: of a part of it. It reads the judgements that follow, and
    /// comes before those of namespaces and policies, which read it.
    Held(Name, Slice),
    /// What the rules say of an object.
    Judgement(ObjectRef, Scope),
    /// What a grant gives now.
    Access(ObjectRef),
    /// By what else somebody still has access whose grant has ended.
    Residual(ObjectRef),
    /// The bindings of a part of a namespace that no grant covers.
    UngovernedIn(Name, Slice),
    /// The bindings that a policy wants removed.
    Ungoverned(ObjectRef),
    /// Whether the webhooks are asked about the namespaces of a policy.
    Guarded(ObjectRef),
}

/// The answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Derived {
    /// None: a derivation that would refer to itself, or of what cannot be read.
    Nothing,
    /// Names.
    Names(Arc<[Name]>),
    /// What is left of access that has ended.
    Left(Arc<Left>),
    /// A number.
    Count(usize),
    /// Demands.
    Policy(Arc<Policy>),
    /// Objects.
    Objects(Arc<[ObjectRef]>),
    /// Countries, and what is not known.
    Places(Arc<Places>),
    /// What the clock of an incident says.
    Clock(Arc<Clock>),
    /// What the rules say.
    Verdict(Arc<Verdict>),
    /// What a grant gives.
    Access(Arc<Access>),
    /// Bindings that no grant covers.
    Ungoverned(Arc<[Ungoverned]>),
    /// About what the webhooks are asked.
    Guarded(Arc<Guarded>),
}

impl Derivation {
    /// What is wanted of a subject.
    pub(super) fn of(subject: &ObjectRef) -> Vec<Self> {
        let mut wanted = vec![Self::Judgement(subject.clone(), Scope::of(subject))];
        match subject.kind {
            Kind::AccessGrant => {
                wanted.extend([Self::Access(subject.clone()), Self::Residual(subject.clone())]);
            }
            Kind::CompliancePolicy => {
                wanted.extend([Self::Ungoverned(subject.clone()), Self::Guarded(subject.clone())]);
            }
            Kind::Incident => wanted.push(Self::Clock(subject.clone())),
            kind if kind.is_coverage() => wanted.push(Self::Covered(subject.clone())),
            kind if kind.is_workload() => wanted.push(Self::Covers(subject.clone())),
            _ => {}
        }
        wanted
    }

    /// The object of which this is wanted to be known.
    pub(super) fn subject(&self) -> Option<&ObjectRef> {
        match self {
            Self::Judgement(subject, _)
            | Self::Access(subject)
            | Self::Residual(subject)
            | Self::Ungoverned(subject)
            | Self::Guarded(subject)
            | Self::Covered(subject)
            | Self::Clock(subject)
            | Self::Covers(subject) => Some(subject),
            Self::Users(_)
            | Self::Policy(_)
            | Self::Protected
            | Self::Places(_)
            | Self::Member(..)
            | Self::Held(..)
            | Self::UngovernedIn(..) => None,
        }
    }

    /// The answer, from what the query shows.
    pub(super) fn compute(&self, query: &Query<'_>) -> Derived {
        match self {
            Self::Users(object) => Derived::Names(applied::users(query, object).into()),
            Self::Policy(scope) => Derived::Policy(Arc::new(applied::policy(query, scope))),
            Self::Protected => Derived::Names(applied::protected(query).into()),
            Self::Covers(workload) => Derived::Objects(covers::of(query, workload).into()),
            Self::Covered(coverage) => Derived::Count(covers::count(query, coverage)),
            Self::Places(workload) => Derived::Places(Arc::new(places::of(query, workload))),
            Self::Clock(incident) => Derived::Clock(Arc::new(incidents::clock(query, incident))),
            Self::Held(namespace, slice) => {
                Derived::Verdict(Arc::new(held::verdict(query, namespace, *slice)))
            }
            Self::Judgement(subject, scope) => {
                Derived::Verdict(Arc::new(judge::verdict(query, subject, scope)))
            }
            Self::Member(grant, person) => {
                Derived::Verdict(Arc::new(access::members::verdict(query, grant, person)))
            }
            Self::Access(grant) => Derived::Access(Arc::new(access::of(query, grant))),
            Self::Residual(grant) => Derived::Left(Arc::new(access::left(query, grant))),
            Self::UngovernedIn(namespace, slice) => {
                Derived::Ungoverned(ungoverned::within(query, namespace, *slice).into())
            }
            Self::Ungoverned(policy) => Derived::Ungoverned(ungoverned::of(query, policy).into()),
            Self::Guarded(policy) => {
                guarded::of(query, policy).map_or(Derived::Nothing, |found| Derived::Guarded(found.into()))
            }
        }
    }
}

/// Typed questions.
impl Query<'_> {
    /// What is demanded in a scope.
    pub fn policy(&self, scope: &Scope) -> Arc<Policy> {
        match self.derive(&Derivation::Policy(scope.clone())) {
            Derived::Policy(policy) => policy,
            _ => Arc::new(Policy::compose([])),
        }
    }

    /// The namespaces that hold customer data, in order.
    pub fn protected(&self) -> Arc<[Name]> {
        match self.derive(&Derivation::Protected) {
            Derived::Names(names) => names,
            _ => Arc::new([]),
        }
    }

    /// The namespaces that use an object without namespace, in order: those whose flows, surveys or grants use a vendor
    /// or a person, those of the flows that an incident concerns, and the protected ones in which a cluster role or a
    /// cluster-wide binding gives access.
    pub fn users(&self, object: &ObjectRef) -> Arc<[Name]> {
        match self.derive(&Derivation::Users(object.clone())) {
            Derived::Names(names) => names,
            _ => Arc::new([]),
        }
    }

    /// The flows and surveys that cover a workload, in order.
    pub fn covers(&self, workload: &ObjectRef) -> Arc<[ObjectRef]> {
        match self.derive(&Derivation::Covers(workload.clone())) {
            Derived::Objects(coverage) => coverage,
            _ => Arc::new([]),
        }
    }

    /// Where a workload runs.
    pub fn places(&self, workload: &ObjectRef) -> Arc<Places> {
        match self.derive(&Derivation::Places(workload.clone())) {
            Derived::Places(places) => places,
            _ => Arc::default(),
        }
    }

    /// What the rules say of an object, in a scope.
    pub fn judgement(&self, subject: &ObjectRef, scope: &Scope) -> Arc<Verdict> {
        match self.derive(&Derivation::Judgement(subject.clone(), scope.clone())) {
            Derived::Verdict(verdict) => verdict,
            _ => Arc::default(),
        }
    }

    /// What the rules say of a grant to a group as if it were to one person alone.
    pub(super) fn member_judgement(&self, grant: &ObjectRef, person: &ObjectRef) -> Arc<Verdict> {
        match self.derive(&Derivation::Member(grant.clone(), person.clone())) {
            Derived::Verdict(verdict) => verdict,
            _ => Arc::default(),
        }
    }
}
