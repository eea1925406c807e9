//! What would be, judged through a view of one object, is what is judged once it is so.

use std::collections::BTreeSet;

use cxguard::engine::{Memos, Query};
use cxguard::facts::{Fact, Kind, ObjectRef, Over, View, World, read};
use jiff::SignedDuration;

use crate::dice::Dice;
use crate::worlds::world;
use crate::{WORLDS, facts, known, now};

/// How many changes are tried in each world.
const CHANGES: usize = 12;

/// How many objects are judged after each.
const JUDGED: usize = 25;

/// Changes of single objects: what another world has in their place, or nothing.
fn changes(seed: u64, dice: &mut Dice) -> Vec<(ObjectRef, Option<Fact>)> {
    let others = facts(&world(seed + 500));
    let mut others: Vec<_> =
        others.into_iter().map(|(id, fact)| (id, (!dice.chance(25)).then_some(fact))).collect();
    // Some are of names that nobody has had.
    let new: Vec<_> = others.iter().take(3).cloned().collect();
    for (id, fact) in new {
        let id = ObjectRef { name: format!("{}-new", id.name).into(), ..id };
        others.push((id, fact));
    }
    dice.shuffle(&mut others);
    // What many others rest on is always among them.
    let rank = |kind| u8::from(!matches!(kind, Kind::CompliancePolicy | Kind::Namespace | Kind::Vendor));
    others.sort_by_key(|(id, _)| rank(id.kind));
    others.truncate(4);
    let mut rest = facts(&world(seed + 700));
    dice.shuffle(&mut rest);
    others.extend(
        rest.into_iter().take(CHANGES - 4).map(|(id, fact)| (id, (!dice.chance(25)).then_some(fact))),
    );
    others
}

/// What is judged of an object in words that can be compared, from a look.
fn said(query: &Query<'_>, id: &ObjectRef) -> String {
    let (verdict, until) = query.judge(id);
    let access = (id.kind == Kind::AccessGrant).then(|| query.access(id));
    format!("{verdict:?} until {until}, {:?}, {access:?}", query.covers(id))
}

fn compare(
    base: &World,
    memos: &Memos,
    over: &Over,
    really: &World,
    dice: &mut Dice,
    at: jiff::Timestamp,
) -> usize {
    let none = Memos::new();
    let (view, fresh) = (Query::once(View::with(base, over), memos, at), Query::once(really, &none, at));
    let mut objects: Vec<ObjectRef> = really.objects().cloned().collect();
    dice.shuffle(&mut objects);
    objects.truncate(JUDGED);
    for id in &objects {
        assert_eq!(said(&view, id), said(&fresh, id), "{id} with {over:?}");
    }
    objects.len()
}

#[test]
fn a_view_of_a_change_is_the_change() {
    let (mut compared, mut changed) = (0, BTreeSet::new());
    for seed in 0..WORLDS {
        let mut dice = Dice::new(seed);
        let base = known(&facts(&world(seed)));
        let mut memos = Memos::new();
        for id in base.objects() {
            memos.want(id);
        }
        memos.settle(&base, now());
        for (id, fact) in changes(seed, &mut dice) {
            let over = Over::new(&base, &id, fact.clone());
            let mut really = base.clone();
            really.set(&id, fact);
            // Also later than when the rest was judged.
            let later = SignedDuration::from_hours(if dice.chance(30) { 24 * 40 } else { 0 });
            compared += compare(&base, &memos, &over, &really, &mut dice, now() + later);
            changed.insert(id.kind);
        }
    }
    assert!(compared > 1500 && changed.len() > 8, "{compared} judgements, {changed:?}");
}

#[test]
fn who_looks_between_the_steps_of_settling_is_told_what_is_true() {
    let mut between = 0;
    for seed in 0..WORLDS {
        let mut dice = Dice::new(seed);
        let mut base = known(&facts(&world(seed)));
        let (mut memos, mut at_once) = (Memos::new(), Memos::new());
        for id in base.objects() {
            memos.want(id);
            at_once.want(id);
        }
        let nothing = ObjectRef::cluster(Kind::Namespace, "none");
        // First all is new, then only what changes.
        for change in std::iter::once(None).chain(changes(seed, &mut dice).into_iter().take(4).map(Some)) {
            if let Some((id, fact)) = change {
                let touched = base.set(&id, fact);
                memos.touch(&touched);
                at_once.touch(&touched);
            }
            let expected = at_once.settle(&base, now());
            memos.expire(now());
            let mut changed = BTreeSet::new();
            while let Some(step) = memos.next(&base, now()) {
                changed.extend(memos.take(step));
                if dice.chance(10) {
                    let over = Over::new(&base, &nothing, None);
                    between += compare(&base, &memos, &over, &base, &mut dice, now());
                }
            }
            assert_eq!(changed, expected);
            assert_eq!(memos.derived(), at_once.derived());
            assert!(base.objects().all(|id| memos.verdict(id) == at_once.verdict(id)));
        }
    }
    assert!(between > 1000, "{between}");
}

#[test]
fn what_changed_and_is_not_judged_yet_is_seen() {
    for seed in 0..WORLDS {
        let mut dice = Dice::new(seed);
        let mut base = known(&facts(&world(seed)));
        let mut memos = Memos::new();
        for id in base.objects() {
            memos.want(id);
        }
        memos.settle(&base, now());
        for (id, fact) in changes(seed, &mut dice).into_iter().take(3) {
            memos.touch(&base.set(&id, fact));
        }
        let nothing =
            read(&serde_json::json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "none"}}));
        let over = Over::new(&base, &nothing.unwrap().0, None);
        compare(&base, &memos, &over, &base, &mut dice, now());
    }
}
