//! How a rule sees the world: every read is noted, and so is every question about the time.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use foldhash::fast::RandomState;
use jiff::Timestamp;

use super::derived::{Derivation, Derived};
use super::memo::{Memo, Memos, Read};
use super::scope::Scope;
use super::verdict::Verdict;
use crate::api::{
    CompliancePolicySpec, DataFlowSpec, ExemptionSpec, IncidentPlanSpec, IncidentSpec, PersonSpec,
    SurveySpec, VendorSpec,
};
use crate::facts::{
    Ambiguity, Binding, Claim, Egress, Fact, GrantEnd, GrantFact, Key, Kind, Mentions, Name, Namespace, Node,
    ObjectRef, Pod, Role, Runs, Storage, Unreadable, View, Workload, World, built_in,
};
use crate::values::{Date, Period};

/// What a look-up of one object found.
#[derive(Clone, Debug, PartialEq)]
pub enum Found<T> {
    /// The object.
    Here(T),
    /// No such object.
    Missing,
    /// The object exists and cannot be read (CX003).
    Unreadable(Arc<Unreadable>),
}

impl<T> Found<T> {
    /// The object, if it is there and can be read.
    pub fn here(self) -> Option<T> {
        match self {
            Self::Here(value) => Some(value),
            Self::Missing | Self::Unreadable(_) => None,
        }
    }

    /// Whether there is no such object.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Missing)
    }
}

/// One look at the world, at one instant.
///
/// A rule has no other way to facts or to the time. What it asked is noted in the frame of the fact that is being
/// derived, so neither the dependencies of a judgement nor the instant at which it may change can be forgotten.
pub struct Query<'w> {
    pub(super) view: View<'w>,
    memos: &'w Memos,
    /// Whether what was derived before may rest on what is otherwise now: on the object that the view shows, or on
    /// something stale. Then it is looked into before it is used.
    doubting: bool,
    /// Of what was derived before, what was looked into, and whether it holds.
    looked_into: RefCell<HashMap<Derivation, bool, RandomState>>,
    now: Timestamp,
    /// Whether reads are noted: not by a look that is never repeated.
    noting: bool,
    frames: RefCell<Vec<Frame>>,
    /// Looked up very often, and put in order only when all is handed over.
    fresh: RefCell<HashMap<Derivation, Memo, RandomState>>,
}

struct Frame {
    deriving: Derivation,
    reads: BTreeSet<Read>,
    until: Timestamp,
}

impl<'w> Query<'w> {
    /// A look at `world` at `now`, which may use what was derived before and is still valid.
    pub fn new(world: &'w World, memos: &'w Memos, now: Timestamp) -> Self {
        Self {
            view: View::from(world),
            memos,
            doubting: false,
            looked_into: RefCell::default(),
            now,
            noting: true,
            frames: RefCell::default(),
            fresh: RefCell::default(),
        }
    }

    /// A look that is taken once: the time is noted, what was read is not. Of what was derived before it uses what
    /// neither rests on an object that the view shows otherwise, nor on one that has changed since.
    pub fn once(view: impl Into<View<'w>>, memos: &'w Memos, now: Timestamp) -> Self {
        let view = view.into();
        let doubting = view.differs() || !memos.is_settled();
        Self { view, doubting, noting: false, ..Self::new(view.base(), memos, now) }
    }

    /// What was derived before and still holds.
    fn known(&self, derivation: &Derivation) -> Option<&'w Memo> {
        let memo = self.memos.valid(derivation, self.now)?;
        (!self.doubting || self.holds(derivation, memo)).then_some(memo)
    }

    /// Whether nothing that a derived fact rests on is otherwise now, down to the facts. Each is looked into once.
    fn holds(&self, derivation: &Derivation, memo: &Memo) -> bool {
        if let Some(holds) = self.looked_into.borrow().get(derivation) {
            return *holds;
        }
        let holds = memo.reads.iter().all(|read| match read {
            Read::Fact(key) => !self.view.differs_at(key),
            Read::Derived(beneath) => {
                self.memos.settled(beneath).is_some_and(|memo| self.holds(beneath, memo))
            }
        });
        self.looked_into.borrow_mut().insert(derivation.clone(), holds);
        holds
    }

    /// What the rules say of an object for its own status, and until when that holds.
    pub fn judge(&self, subject: &ObjectRef) -> (Arc<Verdict>, Timestamp) {
        match self.answer(&Derivation::Judgement(subject.clone(), Scope::of(subject))) {
            (Derived::Verdict(verdict), until) => (verdict, until),
            (_, until) => (Arc::default(), until),
        }
    }

    /// Forgets what is read of a workload only by its own judgement, once that is made: of very many workloads, it would
    /// fill the memory in vain.
    pub(crate) fn forget(&self, workload: &ObjectRef) {
        let judgement = Derivation::Judgement(workload.clone(), Scope::of(workload));
        let (covers, places) = (Derivation::Covers(workload.clone()), Derivation::Places(workload.clone()));
        let mut fresh = self.fresh.borrow_mut();
        for derivation in [judgement, covers, places] {
            fresh.remove(&derivation);
        }
    }

    /// What was derived anew.
    pub fn into_fresh(self) -> BTreeMap<Derivation, Memo> {
        self.fresh.into_inner().into_iter().collect()
    }

    pub(super) fn note(&self, read: impl FnOnce() -> Read) {
        if !self.noting {
            return;
        }
        if let Some(frame) = self.frames.borrow_mut().last_mut() {
            frame.reads.insert(read());
        }
    }

    fn note_until(&self, until: Timestamp) {
        if let Some(frame) = self.frames.borrow_mut().last_mut() {
            frame.until = frame.until.min(until);
        }
    }

    // ---- time -----------------------------------------------------------------------------------------------

    /// Whether the instant has come. If not, the judgement holds no longer than until then.
    pub fn reached(&self, instant: Timestamp) -> bool {
        let reached = instant <= self.now;
        if !reached {
            self.note_until(instant);
        }
        reached
    }

    /// Whether the day is over: a document valid until then no longer holds.
    pub fn is_over(&self, day: Date) -> bool {
        self.reached(day.end())
    }

    /// Whether the day has begun.
    pub fn has_begun(&self, day: Date) -> bool {
        self.reached(day.start())
    }

    /// Whether more than `limit` has passed since the end of the day.
    pub fn older_than(&self, day: Date, limit: Period) -> bool {
        self.reached(limit.after(day.end()))
    }

    // ---- objects --------------------------------------------------------------------------------------------

    /// What is picked of an object, if it is there and can be read.
    pub(super) fn object<T>(&self, id: &ObjectRef, pick: impl FnOnce(&Fact) -> Option<T>) -> Found<T> {
        self.note(|| Read::Fact(Key::Object(id.clone())));
        match self.view.get(id) {
            Some(Fact::Unreadable(why)) => Found::Unreadable(Arc::clone(why)),
            Some(fact) => pick(fact).map_or(Found::Missing, Found::Here),
            None => Found::Missing,
        }
    }

    /// Whether the object exists, readable or not.
    pub fn exists(&self, id: &ObjectRef) -> bool {
        !self.object(id, |_| Some(())).is_missing()
    }

    /// Why an object cannot be read, if so.
    pub fn unreadable(&self, id: &ObjectRef) -> Option<Arc<Unreadable>> {
        match self.object(id, |_| Some(())) {
            Found::Unreadable(why) => Some(why),
            Found::Here(()) | Found::Missing => None,
        }
    }

    /// The scalars of an object that the API server reads otherwise than people do.
    pub fn ambiguities(&self, id: &ObjectRef) -> Arc<[Ambiguity]> {
        self.note(|| Read::Fact(Key::Object(id.clone())));
        self.view.base().ambiguities(id).cloned().unwrap_or_default()
    }

    /// The namespace of the operator. It is never another, so no read is noted.
    pub(crate) fn operator_namespace(&self) -> &'w str {
        self.view.base().operator_namespace()
    }

    /// Whether a service account, by namespace and name, is the operator's own.
    pub(crate) fn is_operator(&self, account: (&str, &str)) -> bool {
        self.view.base().is_operator(account)
    }

    /// The members of a collection, in order.
    pub fn members(&self, key: Key) -> Vec<ObjectRef> {
        let members = self.view.members(&key);
        self.note(|| Read::Fact(key));
        members
    }

    // ---- derived facts --------------------------------------------------------------------------------------

    /// The value of a derived fact: an earlier one if nothing that it rests on has changed, else computed now.
    pub(crate) fn derive(&self, derivation: &Derivation) -> Derived {
        self.answer(derivation).0
    }

    /// Whether a derived fact is known, or will be kept to be used again.
    pub(super) fn is_kept(&self, derivation: &Derivation) -> bool {
        self.noting || self.fresh.borrow().contains_key(derivation) || self.known(derivation).is_some()
    }

    /// The same, and until when it holds.
    fn answer(&self, derivation: &Derivation) -> (Derived, Timestamp) {
        self.note(|| Read::Derived(derivation.clone()));
        let known = self.fresh.borrow().get(derivation).map(Memo::answer);
        if let Some((value, until)) = known.or_else(|| self.known(derivation).map(Memo::answer)) {
            self.note_until(until);
            return (value, until);
        }
        if self.frames.borrow().iter().any(|frame| frame.deriving == *derivation) {
            // No derivation refers to itself by design; should one, it sees nothing rather than looping.
            return (Derived::Nothing, Timestamp::MAX);
        }
        self.frames.borrow_mut().push(Frame {
            deriving: derivation.clone(),
            reads: BTreeSet::new(),
            until: Timestamp::MAX,
        });
        let value = derivation.compute(self);
        let frame = self.frames.borrow_mut().pop();
        let Some(Frame { deriving, reads, until }) = frame else { return (value, Timestamp::MAX) };
        self.note_until(until);
        let memo = Memo { value: value.clone(), reads, from: self.now, until };
        self.fresh.borrow_mut().insert(deriving, memo);
        (value, until)
    }
}

/// Typed look-ups: one per kind.
macro_rules! objects {
    ($($(#[$doc:meta])* $name:ident($kind:ident $(, $namespace:ident)?) -> $fact:ident($type:ty);)+) => {
        impl Query<'_> {
            $($(#[$doc])*
            pub fn $name(&self, $($namespace: &str,)? name: &str) -> Found<$type> {
                self.object(&objects!(@id $kind name $($namespace)?), |fact| match fact {
                    Fact::$fact(value) => Some(value.clone()),
                    _ => None,
                })
            })+
        }
    };
    (@id $kind:ident $name:ident) => { ObjectRef::cluster(Kind::$kind, $name) };
    (@id $kind:ident $name:ident $namespace:ident) => {
        ObjectRef::namespaced(Kind::$kind, $namespace, $name)
    };
}

objects! {
    /// A policy by name.
    policy_object(CompliancePolicy) -> Policy(Arc<CompliancePolicySpec>);
    /// A vendor by name.
    vendor(Vendor) -> Vendor(Arc<VendorSpec>);
    /// A person by the name of the object.
    person(Person) -> Person(Arc<PersonSpec>);
    /// A data flow.
    flow(DataFlow, namespace) -> Flow(Arc<DataFlowSpec>);
    /// A survey.
    survey(Survey, namespace) -> Survey(Arc<SurveySpec>);
    /// An incident plan.
    plan(IncidentPlan) -> Plan(Arc<IncidentPlanSpec>);
    /// An incident.
    incident(Incident) -> Incident(Arc<IncidentSpec>);
    /// An exemption.
    exemption(Exemption) -> Exemption(Arc<ExemptionSpec>);
    /// A grant.
    grant(AccessGrant, namespace) -> Grant(Arc<GrantFact>);
    /// The recorded end of a grant of that name.
    grant_end(GrantEnd, namespace) -> GrantEnd(GrantEnd);
    /// A namespace.
    namespace(Namespace) -> Namespace(Arc<Namespace>);
    /// A node.
    node(Node) -> Node(Node);
    /// The host that a Service stands for.
    external_name(Service, namespace) -> ExternalName(Name);
    /// The hosts and links that a ConfigMap names.
    config_map(ConfigMap, namespace) -> Mentions(Arc<Mentions>);
    /// A volume claim.
    claim(PersistentVolumeClaim, namespace) -> Claim(Claim);
    /// A volume.
    volume(PersistentVolume) -> Storage(Arc<Storage>);
    /// What a storage class says of its volumes.
    storage_class(StorageClass) -> Storage(Arc<Storage>);
    /// What a NetworkPolicy says of egress.
    egress(NetworkPolicy, namespace) -> Egress(Egress);
}

impl Query<'_> {
    /// A workload of any kind, or a pod or ReplicaSet that none stands behind.
    pub fn workload(&self, id: &ObjectRef) -> Found<Arc<Workload>> {
        self.object(id, |fact| match fact {
            Fact::Workload(workload) | Fact::Pod(Pod { runs: Runs::Alone(workload), .. }) => {
                Some(Arc::clone(workload))
            }
            _ => None,
        })
    }

    /// What a pod runs for in the end, by its controller: the workload that no other known one stands behind. Nothing if
    /// the way there is not known.
    pub(crate) fn topmost(&self, controller: &ObjectRef) -> Option<(ObjectRef, Arc<Workload>)> {
        // A ReplicaSet or Job, and what made it: none of these is made by one of its own kind.
        let mut id = controller.clone();
        for _ in 0..3 {
            let above = self.object(&id, |fact| match fact {
                Fact::Link(above) => Some(Err(above.clone())),
                Fact::Workload(workload) => {
                    Some(workload.owner.clone().map_or(Ok(Arc::clone(workload)), Err))
                }
                _ => None,
            });
            match above.here()? {
                Ok(workload) => return Some((id, workload)),
                Err(above) => id = above,
            }
        }
        None
    }

    /// The hosts and links that an Ingress or an HTTPRoute names.
    pub fn route(&self, id: &ObjectRef) -> Found<Arc<Mentions>> {
        self.object(id, |fact| match fact {
            Fact::Mentions(mentions) => Some(Arc::clone(mentions)),
            _ => None,
        })
    }

    /// A pod.
    pub fn pod(&self, id: &ObjectRef) -> Found<Pod> {
        self.object(id, |fact| match fact {
            Fact::Pod(pod) => Some(pod.clone()),
            _ => None,
        })
    }

    /// A Role or ClusterRole. What every API server makes itself is known without being told.
    pub fn role(&self, id: &ObjectRef) -> Found<Arc<Role>> {
        let found = self.object(id, |fact| match fact {
            Fact::Role(role) => Some(Arc::clone(role)),
            _ => None,
        });
        match (found, built_in(id)) {
            (Found::Missing, Some(role)) => Found::Here(role),
            (found, _) => found,
        }
    }

    /// A service account: the grant that the operator made it for, if it did.
    pub(crate) fn account(&self, id: &ObjectRef) -> Found<Option<Name>> {
        self.object(id, |fact| match fact {
            Fact::Account(grant) => Some(grant.clone()),
            _ => None,
        })
    }

    /// A RoleBinding or ClusterRoleBinding.
    pub fn binding(&self, id: &ObjectRef) -> Found<Arc<Binding>> {
        self.object(id, |fact| match fact {
            Fact::Binding(binding) => Some(Arc::clone(binding)),
            _ => None,
        })
    }
}
