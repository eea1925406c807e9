//! All facts, and the indices by which they are found.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::access::Role;
use super::fact::{Ambiguity, Fact};
use super::id::{Kind, Name, ObjectRef};
use super::key::Key;

/// Where the operator runs unless something else is said: what `deploy/` says.
pub const OPERATOR_NAMESPACE: &str = "cxguard-system";

/// The account of the operator, in whatever namespace it runs.
const OPERATOR_ACCOUNT: &str = "cxguard";

/// The facts of one moment: what the files say or what the watches have shown.
///
/// A value; it knows neither where facts come from nor what is judged of them.
#[derive(Clone, Debug, Default)]
pub struct World {
    facts: HashMap<ObjectRef, Fact, RandomState>,
    index: BTreeMap<Key, BTreeSet<ObjectRef>>,
    /// How objects are written, where that is known and says two things. Only files show it.
    ambiguities: BTreeMap<ObjectRef, Arc<[Ambiguity]>>,
    /// The namespace of the operator, where somebody said which.
    operator: Option<Name>,
}

impl World {
    /// An empty world.
    pub fn new() -> Self {
        Self::default()
    }

    /// Says in which namespace the operator runs. No object shows it that others could not forge, so whoever starts the
    /// judgement says it, before anything is judged.
    pub fn set_operator_namespace(&mut self, namespace: &str) {
        self.operator = Some(namespace.into());
    }

    /// The namespace of the operator.
    pub fn operator_namespace(&self) -> &str {
        self.operator.as_deref().unwrap_or(OPERATOR_NAMESPACE)
    }

    /// Whether a service account, by namespace and name, is the operator's own.
    pub(crate) fn is_operator(&self, (namespace, name): (&str, &str)) -> bool {
        namespace == self.operator_namespace() && name == OPERATOR_ACCOUNT
    }

    /// Puts a fact in place of what was known of the object, or forgets the object, and says what changed.
    ///
    /// A fact that equals the old one changes nothing: this is where a node's heartbeat ends.
    pub fn set(&mut self, id: &ObjectRef, fact: Option<Fact>) -> BTreeSet<Key> {
        let old = self.facts.get(id);
        if old == fact.as_ref() {
            return BTreeSet::new();
        }
        let before = old.map(|fact| fact.index_keys(id)).unwrap_or_default();
        let after = fact.as_ref().map(|fact| fact.index_keys(id)).unwrap_or_default();
        for key in before.difference(&after) {
            if let Some(members) = self.index.get_mut(key) {
                members.remove(id);
                if members.is_empty() {
                    self.index.remove(key);
                }
            }
        }
        for key in after.difference(&before) {
            self.index.entry(key.clone()).or_default().insert(id.clone());
        }
        match fact {
            Some(fact) => self.facts.insert(id.clone(), fact),
            None => self.facts.remove(id),
        };
        let mut changed: BTreeSet<Key> = before.symmetric_difference(&after).cloned().collect();
        changed.insert(Key::Object(id.clone()));
        changed
    }

    /// Fills an empty world with facts that come in order, each of another object: there may be very many.
    pub(crate) fn fill(&mut self, facts: Vec<(ObjectRef, Fact)>) {
        let members = facts.iter().flat_map(|(id, fact)| {
            let keys = fact.index_keys(id).into_iter();
            keys.map(move |key| (key, id))
        });
        let mut members: Vec<(Key, &ObjectRef)> = members.collect();
        members.sort();
        let groups = members.chunk_by(|(one, _), (other, _)| one == other).filter_map(|group| {
            let (key, _) = group.first()?;
            Some((key.clone(), group.iter().map(|(_, id)| (*id).clone()).collect()))
        });
        self.index = groups.collect();
        drop(members);
        self.facts = facts.into_iter().collect();
    }

    /// Says which scalars of an object are read otherwise by the API server than by people.
    pub fn set_ambiguities(&mut self, id: &ObjectRef, found: Arc<[Ambiguity]>) {
        self.ambiguities.insert(id.clone(), found);
    }

    /// The scalars of an object that are read in two ways.
    pub(crate) fn ambiguities(&self, id: &ObjectRef) -> Option<&Arc<[Ambiguity]>> {
        self.ambiguities.get(id)
    }

    /// What is known of an object.
    pub(crate) fn get(&self, id: &ObjectRef) -> Option<&Fact> {
        self.facts.get(id)
    }

    /// The objects under an index key, in order.
    pub(crate) fn members(&self, key: &Key) -> impl Iterator<Item = &ObjectRef> {
        self.index.get(key).into_iter().flatten()
    }

    /// How many there are.
    pub(crate) fn count(&self, key: &Key) -> usize {
        self.index.get(key).map_or(0, BTreeSet::len)
    }

    /// The ClusterRoles that can be read, in no order.
    pub(super) fn cluster_roles(&self) -> impl Iterator<Item = (ObjectRef, Arc<Role>)> {
        self.facts.iter().filter_map(|(id, fact)| match fact {
            Fact::Role(role) if id.kind == Kind::ClusterRole => Some((id.clone(), Arc::clone(role))),
            _ => None,
        })
    }

    /// Every object of which a fact is known, in order.
    pub fn objects(&self) -> impl Iterator<Item = &ObjectRef> {
        let mut objects: Vec<&ObjectRef> = self.facts.keys().collect();
        objects.sort_unstable();
        objects.into_iter()
    }
}
