//! What one stream has told so far: so that a new list, which only says what exists, also says what is gone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kube::runtime::watcher;
use serde_json::{Value, json};

use super::read::{change, seen, text};
use super::{Event, ends};
use crate::cluster::seen::{Change, Detail};
use crate::facts::{Fact, Kind, Name, ObjectRef, Problem, Unreadable};

/// Namespace and name.
type Place = (Name, Name);

/// What one stream has told so far.
pub(super) struct Known {
    kind: Kind,
    objects: BTreeMap<Place, Held>,
    /// While a list is coming in: what it has named.
    listed: BTreeSet<Place>,
}

/// An object, and the facts that came of it: one, or one for each entry of a record.
struct Held {
    uid: Name,
    facts: BTreeSet<ObjectRef>,
}

impl Known {
    pub(super) fn new(kind: Kind) -> Self {
        Self { kind, objects: BTreeMap::new(), listed: BTreeSet::new() }
    }

    /// What an event of the watcher means.
    pub(super) fn take(&mut self, event: watcher::Event<Value>) -> Vec<Event> {
        let mut events = Vec::new();
        match event {
            watcher::Event::Init => self.listed.clear(),
            watcher::Event::InitApply(object) => {
                self.listed.extend(place(&object));
                self.exists(&object, &mut events);
            }
            watcher::Event::InitDone => {
                let listed = std::mem::take(&mut self.listed);
                let vanished: Vec<Place> =
                    self.objects.keys().filter(|place| !listed.contains(*place)).cloned().collect();
                for place in vanished {
                    self.gone(&place, &mut events);
                }
                events.push(Event::Listed(self.kind));
            }
            watcher::Event::Apply(object) => self.exists(&object, &mut events),
            watcher::Event::Delete(object) => {
                if let Some(place) = place(&object) {
                    self.gone(&place, &mut events);
                }
            }
        }
        events
    }

    /// No object of the kind exists.
    pub(super) fn nothing_exists(&mut self) -> Vec<Event> {
        let mut events = self.take(watcher::Event::Init);
        events.extend(self.take(watcher::Event::InitDone));
        events
    }

    /// What there is of the kind under a name cannot be read. That is known until it can.
    pub(super) fn unreadable(&mut self, name: &str, problem: String) -> Vec<Event> {
        let object = json!({"metadata": {"name": name}});
        let id = ObjectRef::cluster(self.kind, name);
        let problem = Problem { path: String::new(), problem };
        let fact =
            Fact::Unreadable(Arc::new(Unreadable { problems: vec![problem], ..Unreadable::default() }));
        let seen = seen(&object, Detail::None);
        let held = Held { uid: seen.uid.clone(), facts: [id.clone()].into() };
        self.objects.insert((Name::default(), name.into()), held);
        vec![Event::Change(Box::new(Change::exists(id, fact, seen))), Event::Listed(self.kind)]
    }

    fn exists(&mut self, object: &Value, events: &mut Vec<Event>) {
        let Some(place) = place(object) else { return };
        let changes = if self.kind == Kind::GrantEnd {
            ends::changes(object)
        } else {
            change(self.kind, object).into_iter().collect()
        };
        let uid = Name::from(text(object, "/metadata/uid").unwrap_or_default());
        let facts: BTreeSet<ObjectRef> = changes.iter().map(|change| change.id.clone()).collect();
        let before = self.objects.insert(place, Held { uid, facts: facts.clone() });
        if let Some(before) = before {
            let lost = before.facts.difference(&facts);
            events.extend(lost.map(|id| gone(id, &before.uid)));
        }
        events.extend(changes.into_iter().map(|change| Event::Change(Box::new(change))));
    }

    fn gone(&mut self, place: &Place, events: &mut Vec<Event>) {
        if let Some(held) = self.objects.remove(place) {
            events.extend(held.facts.iter().map(|id| gone(id, &held.uid)));
        }
    }
}

fn gone(id: &ObjectRef, uid: &Name) -> Event {
    Event::Change(Box::new(Change::is_gone(id.clone(), uid.clone())))
}

fn place(object: &Value) -> Option<Place> {
    let namespace = text(object, "/metadata/namespace").unwrap_or_default();
    Some((namespace.into(), text(object, "/metadata/name")?.into()))
}

#[cfg(test)]
mod tests {
    use kube::runtime::watcher::Event::{Apply, Delete, Init, InitApply, InitDone};

    use super::*;

    fn node(name: &str, uid: &str) -> Value {
        json!({"metadata": {"name": name, "uid": uid}})
    }

    /// Each event in a word: `+a`, `-a:uid`, `listed`.
    fn words(known: &mut Known, event: watcher::Event<Value>) -> Vec<String> {
        let word = |event| match event {
            Event::Change(change) => match *change {
                Change { id, now: Some(_), .. } => format!("+{}", id.name),
                Change { id, gone, .. } => format!("-{}:{}", id.name, gone.unwrap()),
            },
            Event::Listed(_) => "listed".to_owned(),
            Event::Failed { .. } => panic!("nothing failed"),
        };
        known.take(event).into_iter().map(word).collect()
    }

    #[test]
    fn a_new_list_tells_what_is_gone() {
        let mut known = Known::new(Kind::Node);
        let mut told = Vec::new();
        for event in [
            Init,
            InitApply(node("a", "1")),
            InitApply(node("b", "1")),
            InitDone,
            Apply(node("c", "1")),
            // A list that breaks off forgets nothing.
            Init,
            InitApply(node("a", "1")),
            Init,
            InitApply(node("b", "2")),
            InitDone,
            Delete(node("b", "2")),
            Delete(node("b", "2")),
        ] {
            told.extend(words(&mut known, event));
        }
        assert_eq!(told, ["+a", "+b", "listed", "+c", "+a", "+b", "-a:1", "-c:1", "listed", "-b:2"]);
    }

    #[test]
    fn of_a_kind_that_is_no_longer_served_everything_is_gone() {
        let mut known = Known::new(Kind::Node);
        words(&mut known, Apply(node("a", "1")));
        let gone = known.nothing_exists();
        let id = ObjectRef::cluster(Kind::Node, "a");
        let change = Change::is_gone(id, Name::from("1"));
        assert_eq!(gone, [Event::Change(Box::new(change)), Event::Listed(Kind::Node)]);
        assert_eq!(known.nothing_exists(), [Event::Listed(Kind::Node)]);
    }

    #[test]
    fn what_cannot_be_read_is_known_until_it_can() {
        let kind = Kind::MutatingWebhookConfiguration;
        let configuration = |uid: &str| json!({"metadata": {"name": "cxguard", "uid": uid}});
        // As a list that is answered at last tells: it is there, or it is not.
        for (list, expected) in [
            (vec![Init, InitApply(configuration("1")), InitDone], &["+cxguard", "listed"][..]),
            (vec![Init, InitDone], &["-cxguard:", "listed"]),
        ] {
            let mut known = Known::new(kind);
            let told = known.unreadable("cxguard", "no permission".to_owned());
            let [Event::Change(change), Event::Listed(_)] = &told[..] else { panic!("{told:?}") };
            assert!(matches!(change.now, Some((Fact::Unreadable(_), _))), "{change:?}");
            let told: Vec<_> = list.into_iter().flat_map(|event| words(&mut known, event)).collect();
            assert_eq!(told, expected);
        }
    }

    #[test]
    fn entries_that_vanish_from_a_record_are_gone() {
        let mut known = Known::new(Kind::GrantEnd);
        let name = ends::record_of("cx", "anna");
        let record = |data: Value| {
            Apply(json!({"metadata": {"name": name, "namespace": "cxguard", "uid": "u"}, "data": data}))
        };
        let end = "2026-11-23T10:00:00Z Expired";
        assert_eq!(words(&mut known, record(json!({"anna": end}))), ["+anna"]);
        assert_eq!(words(&mut known, record(json!({}))), ["-anna:u"]);
    }

    #[test]
    fn a_pod_that_has_ended_is_gone() {
        let mut known = Known::new(Kind::Pod);
        let pod = |phase: &str| json!({"metadata": {"name": "p", "namespace": "cx", "uid": "u"}, "status": {"phase": phase}});
        assert_eq!(words(&mut known, Apply(pod("Running"))), ["+p"]);
        assert_eq!(words(&mut known, Apply(pod("Succeeded"))), ["-p:u"]);
        assert!(words(&mut known, Delete(pod("Succeeded"))).is_empty());
    }
}
