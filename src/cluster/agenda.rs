//! When to plan an object anew though nothing happened: one instant for each object.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::facts::ObjectRef;

/// The instants, by object and in order.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    by_object: BTreeMap<ObjectRef, Timestamp>,
    in_order: BTreeSet<(Timestamp, ObjectRef)>,
}

impl Agenda {
    /// Sets when to plan an object anew, in place of what was set before.
    pub(super) fn put(&mut self, object: ObjectRef, at: Option<Timestamp>) {
        let before = match at {
            Some(at) => self.by_object.insert(object.clone(), at),
            None => self.by_object.remove(&object),
        };
        if before == at {
            return;
        }
        if let Some(before) = before {
            self.in_order.remove(&(before, object.clone()));
        }
        self.in_order.extend(at.map(|at| (at, object)));
    }

    /// Takes out the objects whose instant has come.
    pub(super) fn due(&mut self, now: Timestamp) -> Vec<ObjectRef> {
        let mut due = Vec::new();
        while let Some((at, object)) = self.in_order.pop_first() {
            if at > now {
                self.in_order.insert((at, object));
                break;
            }
            self.by_object.remove(&object);
            due.push(object);
        }
        due
    }

    /// The next instant.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.in_order.first().map(|(at, _)| *at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Kind;

    #[test]
    fn an_object_has_one_instant() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let object = |name| ObjectRef::cluster(Kind::Vendor, name);
        let mut agenda = Agenda::default();
        agenda.put(object("a"), Some(at(9)));
        agenda.put(object("b"), Some(at(5)));
        agenda.put(object("a"), Some(at(3)));
        agenda.put(object("c"), Some(at(1)));
        agenda.put(object("c"), None);
        assert_eq!(agenda.next(), Some(at(3)));
        assert_eq!(agenda.due(at(2)), []);
        assert_eq!(agenda.due(at(5)), [object("a"), object("b")]);
        assert_eq!((agenda.next(), agenda.due(at(99))), (None, Vec::new()));
    }
}
