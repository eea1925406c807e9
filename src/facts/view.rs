//! Facts with one object seen as it would be: what a review judges, without a copy of the world.

use std::collections::BTreeSet;

use super::fact::Fact;
use super::id::ObjectRef;
use super::key::Key;
use super::world::World;

/// One object as it would be, or its absence.
#[derive(Clone, Debug)]
pub struct Over {
    id: ObjectRef,
    fact: Option<Fact>,
    /// The index keys under which it would be found.
    keys: BTreeSet<Key>,
    /// What a judgement may have read that would be different; nothing if nothing would.
    changed: BTreeSet<Key>,
}

impl Over {
    /// The object as it would be; `None`: gone.
    pub fn new(world: &World, id: &ObjectRef, fact: Option<Fact>) -> Self {
        let known = world.get(id);
        let keys = |fact: Option<&Fact>| fact.map(|fact| fact.index_keys(id)).unwrap_or_default();
        let (before, after) = (keys(known), keys(fact.as_ref()));
        let mut changed: BTreeSet<Key> = before.symmetric_difference(&after).cloned().collect();
        if known == fact.as_ref() {
            changed.clear();
        } else {
            changed.insert(Key::Object(id.clone()));
        }
        Self { id: id.clone(), fact, keys: after, changed }
    }
}

/// What a query looks at: the world, and perhaps one object laid over it.
#[derive(Clone, Copy, Debug)]
pub struct View<'w> {
    base: &'w World,
    over: Option<&'w Over>,
}

impl<'w> From<&'w World> for View<'w> {
    fn from(base: &'w World) -> Self {
        Self { base, over: None }
    }
}

impl<'w> View<'w> {
    /// The world with an object laid over it.
    pub fn with(base: &'w World, over: &'w Over) -> Self {
        Self { base, over: Some(over) }
    }

    /// The world beneath.
    pub(crate) fn base(self) -> &'w World {
        self.base
    }

    /// Whether it shows anything that the world beneath does not.
    pub(crate) fn differs(self) -> bool {
        self.over.is_some_and(|over| !over.changed.is_empty())
    }

    /// Whether it does so there.
    pub(crate) fn differs_at(self, key: &Key) -> bool {
        self.over.is_some_and(|over| over.changed.contains(key))
    }

    /// What is known of an object.
    pub(crate) fn get(self, id: &ObjectRef) -> Option<&'w Fact> {
        match self.over.filter(|over| over.id == *id) {
            Some(over) => over.fact.as_ref(),
            None => self.base.get(id),
        }
    }

    /// The objects under an index key, in order.
    pub(crate) fn members(self, key: &Key) -> Vec<ObjectRef> {
        let Some(over) = self.over else { return self.base.members(key).cloned().collect() };
        let others = self.base.members(key).filter(|id| **id != over.id);
        let mut members: Vec<ObjectRef> = others.cloned().collect();
        if over.keys.contains(key) {
            let at = members.partition_point(|id| *id < over.id);
            members.insert(at, over.id.clone());
        }
        members
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Kind, Namespace};

    fn namespace(name: &str) -> (ObjectRef, Fact) {
        (ObjectRef::cluster(Kind::Namespace, name), Fact::Namespace(Namespace::default().into()))
    }

    fn names(view: View<'_>) -> String {
        let names: Vec<String> =
            view.members(&Key::Namespaces).iter().map(|id| id.name.to_string()).collect();
        names.join(" ")
    }

    #[test]
    fn what_lies_over_the_world_is_found_in_its_place() {
        let mut world = World::new();
        for name in ["a", "c"] {
            let (id, fact) = namespace(name);
            world.set(&id, Some(fact));
        }
        for (name, there, found) in
            [("b", true, "a b c"), ("c", true, "a c"), ("a", false, "c"), ("b", false, "a c")]
        {
            let (id, fact) = namespace(name);
            let over = Over::new(&world, &id, there.then_some(fact));
            let view = View::with(&world, &over);
            assert_eq!(names(view), found);
            assert_eq!(view.get(&id).is_some(), there);
        }
    }

    #[test]
    fn what_equals_the_world_changes_nothing() {
        let mut world = World::new();
        let (id, fact) = namespace("a");
        assert!(Over::new(&world, &id, None).changed.is_empty());
        world.set(&id, Some(fact.clone()));
        assert!(Over::new(&world, &id, Some(fact)).changed.is_empty());
        let gone = Over::new(&world, &id, None);
        assert_eq!(gone.changed, BTreeSet::from([Key::Object(id), Key::Namespaces]));
    }
}
