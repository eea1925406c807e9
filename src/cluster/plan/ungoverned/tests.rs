use jiff::SignedDuration;
use serde_json::{Value, json};

use super::*;
use crate::cluster::seen::Detail;
use crate::values::Period;

fn at(seconds: i64) -> Timestamp {
    "2026-11-23T12:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(seconds)
}

fn object(uid: &str, detail: Detail) -> Seen {
    Seen { uid: uid.into(), resource_version: "7".into(), generation: 1, deleting: false, detail }
}

fn named(name: &str) -> ObjectRef {
    ObjectRef::namespaced(Kind::RoleBinding, "cx", name)
}

fn found(name: &str, grace: &str) -> Ungoverned {
    let gives = "gives User eve ClusterRole view, and no grant covers that".to_owned();
    Ungoverned { binding: named(name), grace: grace.parse::<Period>().unwrap(), gives }
}

/// One policy, its bindings, and the status that the server has of it.
struct Stage {
    ungoverned: Vec<Ungoverned>,
    /// By name and UID.
    bindings: Vec<(ObjectRef, Seen)>,
    status: Value,
    observe: bool,
}

impl Stage {
    /// One binding `b` that no grant covers, with 60 seconds to stay.
    fn new() -> Self {
        let bindings = vec![(named("b"), object("b-1", Detail::None))];
        Self { ungoverned: vec![found("b", "60s")], bindings, status: Value::Null, observe: false }
    }

    /// Plans, and writes what is planned. Returns the reasons of the events, and when to look again.
    fn report(&mut self, seconds: i64) -> (Vec<&'static str>, Option<Timestamp>) {
        let detail = Detail::Own { status: self.status.clone(), finalizer: false };
        let policy = object("p", detail);
        let find = |id: &ObjectRef| self.bindings.iter().find(|(name, _)| name == id).map(|(_, seen)| seen);
        let plan = plan(&View {
            id: &ObjectRef::cluster(Kind::CompliancePolicy, "gdpr"),
            now: at(seconds),
            observe: self.observe,
            judged: (&Verdict::default(), Timestamp::MAX),
            policy: &policy,
            ungoverned: &self.ungoverned,
            guarded: None,
            binding: &find,
            trouble: None,
        });
        let Some(task) = plan.tasks.into_iter().next() else { return (Vec::new(), plan.wake) };
        let Effect::WriteStatus(_, status) = task.effect else { panic!("{:?}", task.effect) };
        self.status = status;
        (task.notes.into_iter().map(|note| note.reason).collect(), plan.wake)
    }

    /// Whether the binding `b` is deleted at that instant, by the status that the server has.
    fn deletes(&self, seconds: i64) -> bool {
        let policy = object("p", Detail::Own { status: self.status.clone(), finalizer: false });
        let found = self.ungoverned.first().unwrap();
        let (_, seen) = self.bindings.iter().find(|(id, _)| *id == found.binding).unwrap();
        match deletion(found, seen, &policy, at(seconds)).map(|task| task.effect) {
            None => false,
            Some(Effect::DeleteBinding(target)) => {
                assert_eq!(
                    (&target.id, &*target.uid, &*target.resource_version),
                    (&found.binding, &*seen.uid, "7")
                );
                true
            }
            Some(other) => panic!("{other:?}"),
        }
    }

    fn entries(&self) -> Vec<UngovernedBinding> {
        serde_json::from_value(self.status["ungoverned"].clone()).unwrap_or_default()
    }

    /// Phase and UID of each entry.
    fn phases(&self) -> Vec<String> {
        self.entries().iter().map(|entry| format!("{} {}", entry.phase, entry.uid)).collect()
    }
}

#[test]
fn a_binding_is_recorded_then_due_then_deleted_then_told() {
    let mut stage = Stage::new();
    assert!(!stage.deletes(1_000), "nothing is on record");
    assert_eq!(stage.report(0), (vec!["UngovernedAccess"], Some(at(60))));
    let expected = json!([{
        "namespace": "cx", "name": "b", "uid": "b-1", "phase": "Waiting",
        "since": "2026-11-23T12:00:00Z", "removeAt": "2026-11-23T12:01:00Z",
    }]);
    assert_eq!(stage.status["ungoverned"], expected);
    // A second before, and though the time is up, as long as the record does not say so.
    assert_eq!(stage.report(59), (vec![], Some(at(60))));
    assert!(!stage.deletes(59) && !stage.deletes(60));
    assert_eq!(stage.report(60), (vec![], None));
    assert_eq!(stage.phases(), ["Due b-1"]);
    assert!(stage.deletes(60));
    // A clock that was set back.
    assert!(!stage.deletes(59));
    stage.bindings.clear();
    stage.ungoverned.clear();
    assert_eq!(stage.report(61), (vec!["UngovernedAccessRemoved"], None));
    assert_eq!(stage.entries()[0].removed_at, Some(at(61).into()));
    assert_eq!(stage.report(62), (vec![], None));
    assert_eq!(stage.phases(), ["Removed b-1"]);
}

#[test]
fn a_restart_shortens_no_grace_and_begins_none_anew() {
    let mut stage = Stage::new();
    stage.report(0);
    // All that is remembered is the status: whenever it is read again, the same instant comes of it.
    for seconds in [10, 30, 59] {
        assert_eq!(stage.report(seconds), (vec![], Some(at(60))));
        assert!(!stage.deletes(seconds));
    }
    // Down for long.
    assert_eq!(stage.report(5_000), (vec![], None));
    assert!(stage.deletes(5_000));
    // Without the record, it begins anew.
    stage.status["ungoverned"] = json!([{"since": "who knows"}]);
    assert!(!stage.deletes(5_000));
    assert_eq!(stage.report(5_000), (vec!["UngovernedAccess"], Some(at(5_060))));
}

#[test]
fn another_binding_of_the_name_has_a_time_of_its_own() {
    let mut stage = Stage::new();
    stage.report(0);
    stage.bindings[0].1.uid = "b-2".into();
    assert_eq!(stage.report(50), (vec!["UngovernedAccess"], Some(at(110))));
    assert_eq!(stage.phases(), ["Waiting b-2"]);
    stage.report(110);
    // Made anew at the last moment: what is on record is of another.
    stage.bindings[0].1.uid = "b-3".into();
    assert!(!stage.deletes(111));
    assert_eq!(stage.report(111).0, ["UngovernedAccessRemoved", "UngovernedAccess"]);
    assert_eq!(stage.phases(), ["Waiting b-3", "Removed b-2"]);
}

#[test]
fn what_comes_to_be_covered_or_is_only_reported_is_off_the_record() {
    for due in [false, true] {
        let mut stage = Stage::new();
        stage.report(0);
        if due {
            stage.report(60);
        }
        let found = std::mem::take(&mut stage.ungoverned);
        assert_eq!(stage.report(61), (vec![], None));
        assert!(stage.phases().is_empty(), "{due}");
        stage.ungoverned = found;
        assert!(!stage.deletes(100), "{due}");
        assert_eq!(stage.report(100), (vec!["UngovernedAccess"], Some(at(160))));
    }
}

#[test]
fn a_binding_that_goes_by_itself_before_its_time_is_not_told_as_removed() {
    let mut stage = Stage::new();
    stage.report(0);
    stage.bindings.clear();
    stage.ungoverned.clear();
    assert_eq!(stage.report(30), (vec![], None));
    assert!(stage.phases().is_empty());
}

#[test]
fn the_grace_is_that_of_now() {
    let mut stage = Stage::new();
    stage.report(0);
    stage.report(60);
    stage.ungoverned = vec![found("b", "2m")];
    assert!(!stage.deletes(60));
    assert_eq!(stage.report(61), (vec![], Some(at(120))));
    assert_eq!(stage.phases(), ["Waiting b-1"]);
    stage.ungoverned = vec![found("b", "5s")];
    stage.report(62);
    assert!(stage.deletes(62));
}

#[test]
fn an_observer_begins_nothing_and_lets_nothing_become_due() {
    let mut stage = Stage { observe: true, ..Stage::new() };
    assert_eq!(stage.report(0), (vec![], None));
    assert!(stage.phases().is_empty());
    stage.observe = false;
    stage.report(10);
    stage.observe = true;
    stage.report(500);
    assert_eq!(stage.phases(), ["Waiting b-1"]);
    assert!(!stage.deletes(500));
}

#[test]
fn what_a_finalizer_of_somebody_else_keeps_is_not_deleted_again() {
    let mut stage = Stage::new();
    stage.report(0);
    stage.report(60);
    stage.bindings[0].1.deleting = true;
    assert!(!stage.deletes(61));
    stage.report(62);
    assert_eq!(stage.phases(), ["Due b-1"]);
}

#[test]
fn what_the_status_has_no_room_for_waits() {
    let mut stage = Stage::new();
    let names: Vec<String> = (0..60).map(|number| format!("b{number:02}")).collect();
    stage.ungoverned = names.iter().map(|name| found(name, "60s")).collect();
    stage.bindings = names.iter().map(|name| (named(name), object(name, Detail::None))).collect();
    assert_eq!(stage.report(0).0.len(), 50);
    assert_eq!(stage.entries().len(), 50);
    stage.report(60);
    // The first ten go; ten others get their room, and a grace of their own.
    stage.bindings.drain(..10);
    stage.ungoverned.drain(..10);
    assert_eq!(stage.report(70).0.len(), 20);
    let entries = stage.entries();
    let count = |phase| entries.iter().filter(|entry| entry.phase == phase).count();
    assert_eq!((count(UngovernedPhase::Due), count(UngovernedPhase::Removed)), (40, 10));
    assert!(
        entries.iter().all(|entry| entry.phase != UngovernedPhase::Waiting || entry.since == at(70).into())
    );
    // Of what is gone, the last fifty are remembered.
    stage.bindings.clear();
    stage.ungoverned.clear();
    stage.report(200);
    assert_eq!(stage.entries().len(), 50);
}
