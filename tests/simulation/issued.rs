//! The same stories of a grant for which an account is issued, and what becomes of the account.

use cxguard::api::labels;
use serde_json::{Value, json};

use crate::judge;
use crate::run::{ACCOUNT, Crash, Faults, NAMESPACE, Outcome, Run, Story, grant, issued as pieces};
use crate::server::Server;
use crate::stories::{access, at, document, incident, issued, stories, story};

/// Whoever has access has it by an account of the grant, and of who has none nothing is left.
fn check(name: &str, outcome: &Outcome, faults: Faults) {
    let context = format!("{name}, {faults:?}\nwrites: {:#?}", outcome.writes);
    let of_grant = |object: &Value| {
        let uid = &object["metadata"]["labels"][labels::GRANT_UID];
        outcome.server.objects.get(&grant()).is_some_and(|grant| grant["metadata"]["uid"] == *uid)
    };
    for id in pieces() {
        let there = outcome.server.objects.get(&id);
        if outcome.entitled {
            assert!(there.is_some_and(of_grant), "{id} is not there: {context}");
        } else {
            // What has no owner any more, as after a late write, is the garbage collector's.
            assert!(!there.is_some_and(of_grant), "{id} is left: {context}");
        }
    }
}

fn everywhere(name: &str, story: &Story) {
    let outcome = Run::of(story, Faults::default());
    judge(name, Faults::default(), &outcome, outcome.entitled);
    check(name, &outcome, Faults::default());
    for at in 0..outcome.writes.len() {
        for crash in [Crash::Before, Crash::After, Crash::Late] {
            for stale in [0, 20] {
                let faults = Faults { crash: Some((at, crash)), stale, ..Faults::default() };
                let outcome = Run::of(story, faults);
                judge(name, faults, &outcome, outcome.entitled);
                check(name, &outcome, faults);
            }
            let faults = Faults { moves: Some((at, crash)), ..Faults::default() };
            let outcome = Run::of(story, faults);
            judge(name, faults, &outcome, outcome.entitled);
            check(name, &outcome, faults);
        }
    }
}

#[test]
fn every_story_ends_well_with_an_account_and_with_any_crash() {
    for (name, story, entitled) in stories() {
        let story = issued(story);
        let outcome = Run::of(&story, Faults::default());
        assert_eq!(outcome.entitled, entitled, "{name}");
        assert!(outcome.access.iter().any(|(_, allowed)| *allowed), "{name}: nobody ever had access");
        everywhere(name, &story);
    }
}

#[test]
fn it_is_made_before_the_binding_and_goes_after_it() {
    let outcome = Run::of(&issued(story(vec![])), Faults::default());
    let writes: Vec<&str> = outcome.writes.iter().map(|(_, verb)| *verb).collect();
    let writes: Vec<&str> = writes.into_iter().filter(|verb| *verb != "write-status").collect();
    assert_eq!(
        writes,
        [
            "add-finalizer",
            "issue",
            "issue",
            "issue",
            "create-binding",
            "delete-binding",
            "record-end",
            "withdraw",
            "withdraw",
            "withdraw",
        ]
    );
    assert_eq!(outcome.access.last(), Some(&(at(60), false)));
    let order: Vec<_> = outcome.server.history.iter().filter(|step| pieces().contains(&step.id)).collect();
    let [account, role, tokens] = pieces();
    let order: Vec<_> = order.into_iter().map(|step| (&step.id, step.object.is_some())).collect();
    assert_eq!(
        order,
        [
            (&account, true),
            (&role, true),
            (&tokens, true),
            (&tokens, false),
            (&role, false),
            (&account, false)
        ]
    );
}

fn foreign() -> Value {
    document(&format!(
        "{{apiVersion: v1, kind: ServiceAccount, metadata: {{name: {ACCOUNT}, namespace: {NAMESPACE}}}}}"
    ))
}

/// An account of that name which somebody else made, before or while the grant is active.
fn taken(server: &mut Server) {
    server.delete(&pieces()[0]);
    server.put(foreign());
}

#[test]
fn an_account_of_somebody_else_is_neither_used_nor_deleted() {
    for second in [0, 20] {
        let story = issued(story(vec![(second, taken)]));
        everywhere("taken", &story);
        let outcome = Run::of(&story, Faults::default());
        assert!(outcome.server.objects.contains_key(&pieces()[0]), "{:#?}", outcome.writes);
        assert!(!outcome.server.allows(NAMESPACE, ACCOUNT));
    }
    let free: fn(&mut Server) = |server| server.delete(&pieces()[0]);
    let extend: fn(&mut Server) = |server| {
        server.edit(&grant(), |object| object["spec"] = access(10_000, 5)["spec"].clone());
    };
    let freed = issued(story(vec![(0, taken), (10, extend), (40, free)]));
    assert!(Run::of(&freed, Faults::default()).entitled);
    everywhere("taken and freed", &freed);
}

#[test]
fn what_is_deleted_or_changed_by_hand_is_put_right() {
    let extend = |server: &mut Server| {
        server.edit(&grant(), |object| object["spec"] = access(10_000, 5)["spec"].clone());
    };
    for piece in 0..3 {
        let deleted = issued(Story {
            edits: vec![
                story(vec![]).edits.remove(0),
                (at(10), Box::new(extend)),
                (at(20), Box::new(move |server| server.delete(&pieces()[piece]))),
            ],
            ..story(vec![])
        });
        let outcome = Run::of(&deleted, Faults::default());
        assert!(outcome.entitled && outcome.server.allows(NAMESPACE, ACCOUNT), "{piece}");
        everywhere("deleted", &deleted);
    }
    let mallory: fn(&mut Server) = |server| {
        server.edit(&pieces()[2], |object| object["subjects"][0]["name"] = json!("mallory"));
        server.edit(&pieces()[1], |object| object["rules"][0]["resourceNames"] = json!([]));
    };
    everywhere("changed", &issued(story(vec![(5, extend), (20, mallory)])));
}

#[test]
fn a_withdrawal_that_arrives_late_meets_no_account_in_use() {
    let extend: fn(&mut Server) = |server| {
        server.edit(&grant(), |object| object["spec"] = access(10_000, 5)["spec"].clone());
    };
    let opened: fn(&mut Server) = |server| server.put(incident(""));
    // Over before the operator is back: nothing but what is still under way remembers that access had ended.
    let closed: fn(&mut Server) = |server| server.put(incident(&format!(", closedAt: '{}'", at(11))));
    let story = issued(story(vec![(5, extend), (10, opened), (11, closed)]));
    let writes = Run::of(&story, Faults::default()).writes;
    let withdrawals =
        writes.iter().enumerate().filter(|(_, (_, verb))| *verb == "withdraw").map(|(at, _)| at);
    let withdrawals: Vec<usize> = withdrawals.collect();
    assert_eq!(withdrawals.len(), 3, "{writes:?}");
    for at in withdrawals {
        let faults = Faults { crash: Some((at, Crash::Late)), ..Faults::default() };
        let outcome = Run::of(&story, faults);
        judge("late", faults, &outcome, true);
        check("late", &outcome, faults);
        let lost = outcome.access.windows(2).filter(|pair| pair[0].1 && !pair[1].1).count();
        assert_eq!(lost, 1, "{:?} {:#?}", outcome.access, outcome.writes);
    }
}
