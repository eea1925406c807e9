//! What must hold of every judgement, tried on worlds that are made from the examples by chance.
//!
//! The order in which facts come in does not matter; a verdict holds until its horizon; the horizon is rarely earlier
//! than the verdict's next change; and whatever is applied, nothing panics.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, also in its helpers")]
#![expect(clippy::indexing_slicing, reason = "a test fails by panicking, also in its helpers")]
#![expect(clippy::disallowed_methods, reason = "a test may read its files")]

mod dice;
mod overlay;
mod rules;
mod worlds;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cxguard::engine::{Access, Memos, Verdict};
use cxguard::facts::{Fact, ObjectRef, World, read};
use cxguard::rules::Code;
use dice::Dice;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use worlds::{NOW, garbage, world};

/// How many worlds are tried.
const WORLDS: u64 = 8;

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

/// The facts of some objects, the last of each name.
fn facts(objects: &[Value]) -> Vec<(ObjectRef, Fact)> {
    objects.iter().filter_map(read).collect::<BTreeMap<_, _>>().into_iter().collect()
}

fn known(facts: &[(ObjectRef, Fact)]) -> World {
    let mut world = World::new();
    for (id, fact) in facts {
        world.set(id, Some(fact.clone()));
    }
    world
}

/// What is judged of an object: what the rules say, until when, and of a grant what it gives.
type Judged = (Arc<Verdict>, Timestamp, Option<Arc<Access>>);

fn judged(memos: &Memos, world: &World) -> BTreeMap<ObjectRef, Judged> {
    let objects = world.objects().cloned();
    objects
        .map(|id| {
            let (verdict, until) = memos.verdict(&id).unwrap();
            let access = memos.access(&id);
            (id, (verdict, until, access))
        })
        .collect()
}

/// Everything in a world, judged from nothing.
fn judge(world: &World, now: Timestamp) -> BTreeMap<ObjectRef, Judged> {
    let mut memos = Memos::new();
    for id in world.objects() {
        memos.want(id);
    }
    memos.settle(world, now);
    judged(&memos, world)
}

#[test]
fn the_order_of_events_does_not_matter() {
    for seed in 0..WORLDS {
        let mut dice = Dice::new(seed);
        let facts = facts(&world(seed));
        let expected = judge(&known(&facts), now());
        let mut shuffled = facts.clone();
        dice.shuffle(&mut shuffled);
        // Some are seen in an earlier state first, and all comes in piece by piece, between judgements.
        let earlier = self::facts(&world(seed + 1000));
        let earlier = earlier.into_iter().filter(|(id, _)| expected.contains_key(id));
        let (mut world, mut memos) = (World::new(), Memos::new());
        for (id, fact) in earlier.chain(shuffled).collect::<Vec<_>>() {
            memos.touch(&world.set(&id, Some(fact)));
            memos.want(&id);
            if dice.chance(20) {
                memos.settle(&world, now());
            }
        }
        memos.settle(&world, now());
        let found = judged(&memos, &world);
        for (id, expected) in &expected {
            assert_eq!(found.get(id), Some(expected), "{id} in world {seed}");
        }
    }
}

#[test]
fn a_verdict_holds_until_its_horizon_and_seldom_longer() {
    let (mut changed, mut same) = (0, BTreeMap::new());
    for seed in 0..WORLDS {
        let mut dice = Dice::new(seed);
        let world = known(&facts(&world(seed)));
        let before = judge(&world, now());
        let horizons: BTreeSet<Timestamp> = before.values().map(|judged| judged.1).collect();
        let mut horizons: Vec<Timestamp> = horizons.into_iter().filter(|at| *at < Timestamp::MAX).collect();
        dice.shuffle(&mut horizons);
        for horizon in horizons.into_iter().take(12) {
            let just_before = dice.chance(30).then(|| horizon - SignedDuration::from_nanos(1));
            for at in just_before.into_iter().chain([horizon]) {
                let after = judge(&world, at);
                for (id, (verdict, until, _)) in &before {
                    let then = &after[id];
                    if at < *until {
                        assert_eq!((&then.0, then.1), (verdict, *until), "{id} in world {seed} at {at}");
                    } else if *until == at && then.0 == *verdict {
                        *same.entry(id.kind).or_insert(0) += 1;
                    } else if *until == at {
                        changed += 1;
                    }
                }
            }
        }
    }
    let conservative: u32 = same.values().sum();
    let all = changed + conservative;
    assert!(all > 150, "only {all} horizons were tried");
    assert!(conservative * 100 <= all * 10, "{conservative} of {all} horizons are too early: {same:?}");
}

#[test]
fn what_a_grant_gives_holds_until_the_horizon_of_everything() {
    for seed in 0..WORLDS {
        let world = known(&facts(&world(seed)));
        let mut memos = Memos::new();
        for id in world.objects() {
            memos.want(id);
        }
        memos.settle(&world, now());
        let before = judged(&memos, &world);
        let Some(horizon) = memos.horizon() else { continue };
        let after = judge(&world, horizon - SignedDuration::from_nanos(1));
        for (id, (_, _, access)) in before {
            assert_eq!(after[&id].2, access, "{id} in world {seed}");
        }
    }
}

#[test]
fn time_alone_leads_where_a_fresh_look_leads() {
    for seed in 0..WORLDS {
        let mut dice = Dice::new(seed);
        let world = known(&facts(&world(seed)));
        let mut memos = Memos::new();
        for id in world.objects() {
            memos.want(id);
        }
        let mut at = now();
        memos.settle(&world, at);
        for _ in 0..4 {
            at += SignedDuration::from_hours(dice.below(3000).try_into().unwrap());
            memos.settle(&world, at);
            assert_eq!(judged(&memos, &world), judge(&world, at), "world {seed} at {at}");
        }
        // The clock is set back.
        memos.settle(&world, now());
        assert_eq!(judged(&memos, &world), judge(&world, now()), "world {seed}, set back");
    }
}

#[test]
fn nothing_panics_whatever_is_applied() {
    let mut unreadable = 0;
    for seed in 0..80 {
        let facts = facts(&garbage(seed));
        let judged = judge(&known(&facts), now());
        // What cannot be read is told of, and never passed over.
        for (id, _) in facts.iter().filter(|(_, fact)| matches!(fact, Fact::Unreadable(_))) {
            let told =
                judged[id].0.findings.iter().any(|found| found.rule == Code(3) && found.subject == *id);
            assert!(told, "{id} in world {seed}");
            unreadable += 1;
        }
    }
    assert!(unreadable > 50, "only {unreadable} objects could not be read");
}
