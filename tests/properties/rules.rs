//! What must hold of each rule: it finds something, what it finds can be set aside, and what depends on the time turns
//! at a horizon. Tried on the world as it is written.

use std::collections::{BTreeMap, BTreeSet};

use cxguard::engine::{Finding, Memos};
use cxguard::facts::{Ambiguity, Kind, ObjectRef, World, read};
use cxguard::rules::{Code, RULES};
use serde_json::json;

use crate::worlds::world;
use crate::{facts, judge, known, now};

fn codes(codes: &str) -> BTreeSet<Code> {
    codes.split_whitespace().map(|code| format!("CX{code}").parse().unwrap()).collect()
}

/// The first subject of which each rule finds something that counts.
fn first_found(world: &World) -> BTreeMap<Code, ObjectRef> {
    let mut first = BTreeMap::new();
    for (id, (verdict, ..)) in judge(world, now()) {
        for finding in verdict.findings.iter().filter(|finding| finding.subject == id && !finding.exempted) {
            first.entry(finding.rule).or_insert_with(|| id.clone());
        }
    }
    first
}

fn set_aside(world: &mut World, rule: Code, subject: &ObjectRef) {
    let of = json!({"kind": subject.kind.as_str(), "namespace": &*subject.namespace, "name": &*subject.name});
    let (id, fact) = read(&json!({
        "apiVersion": "cxguard.dev/v1alpha1", "kind": "Exemption", "metadata": {"name": format!("aside-{rule}")},
        "spec": {
            "rules": [rule.to_string()], "subject": of, "reason": "known", "approvedBy": "ciso@corp.example",
            "expiresAt": "2199-01-01T00:00:00Z",
        },
    }))
    .unwrap();
    world.set(&id, Some(fact));
}

#[test]
fn each_rule_finds_something_and_can_be_set_aside_for_it() {
    let mut world = known(&facts(&world(0)));
    // How an object is written, only its file shows.
    let ambiguity = Ambiguity {
        path: "/spec/country".into(),
        text: "NO".into(),
        read: "false".into(),
        key: false,
        at: 0..2,
    };
    let written = world.objects().find(|id| id.kind == Kind::Vendor).unwrap().clone();
    world.set_ambiguities(&written, [ambiguity].into());
    let before = judge(&world, now());
    let first = first_found(&world);
    assert_eq!(
        first.keys().copied().collect::<Vec<_>>(),
        RULES.iter().map(|rule| rule.code).collect::<Vec<_>>()
    );
    for (rule, subject) in &first {
        set_aside(&mut world, *rule, subject);
    }
    let mut after = judge(&world, now());
    after.retain(|id, _| before.contains_key(id));
    for (id, (verdict, ..)) in &after {
        // Also where it is inherited.
        for finding in &verdict.findings {
            let is_aside = first.get(&finding.rule) == Some(&finding.subject);
            let counts_still = finding.subject.kind == Kind::Exemption;
            if is_aside {
                assert_ne!(finding.exempted, counts_still, "{} of {} on {id}", finding.rule, finding.subject);
            }
        }
        let found = |findings: &[Finding]| -> BTreeSet<(Code, ObjectRef, String)> {
            let all = findings.iter().map(|one| (one.rule, one.subject.clone(), one.path.clone()));
            all.collect()
        };
        assert_eq!(found(&verdict.findings), found(&before[id].0.findings), "{id}");
    }
}

/// The rules that say something else when nothing but the time goes on. CX103 and CX106 would where a decision on adequacy
/// begins, but none on record lies ahead.
const TIMED: &str = "\
    101 102 104 105 107 108 109 110 111 114 119 123 126 127 128 206 208 303 401 402 403 404 405 406 407 409 502 504 505 \
    506 507 508 511 514 601 602 603 604 605 606 607 608 701 702 703 704 705 706 707 708 710 712 801";

/// What the rules say of an object itself. Whether it is set aside is for the exemption to say.
fn said(memos: &Memos, id: &ObjectRef) -> BTreeMap<Code, BTreeSet<Finding>> {
    let (verdict, _) = memos.verdict(id).unwrap();
    let mut said: BTreeMap<Code, BTreeSet<Finding>> = BTreeMap::new();
    for finding in verdict.findings.iter().filter(|finding| finding.subject == *id) {
        said.entry(finding.rule).or_default().insert(Finding { exempted: false, ..finding.clone() });
    }
    said
}

#[test]
fn exactly_the_rules_that_know_of_time_turn_with_it() {
    let world = known(&facts(&world(0)));
    let mut memos = Memos::new();
    for id in world.objects() {
        memos.want(id);
    }
    memos.settle(&world, now());
    let mut before: BTreeMap<ObjectRef, _> =
        world.objects().map(|id| (id.clone(), said(&memos, id))).collect();
    let mut turned = BTreeSet::new();
    // Each step goes to the next horizon and no further, so what turns, turns at one.
    while let Some(at) = memos.horizon() {
        for id in memos.settle(&world, at) {
            let after = said(&memos, &id);
            let known = before.insert(id.clone(), after.clone()).unwrap();
            let rules = known.keys().chain(after.keys()).copied();
            turned.extend(rules.filter(|rule| known.get(rule) != after.get(rule)));
        }
    }
    assert_eq!(turned, codes(TIMED));
}
