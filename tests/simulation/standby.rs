//! An operator that does not lead judges, and does nothing.

use cxguard::cluster::{Effect, Operator, Settings, Ticket};
use cxguard::facts::Kind;

use crate::run::{USER, grant, tell};
use crate::server::Server;
use crate::stories::{at, story};

/// A world, and an operator that has seen it.
pub(crate) fn seen() -> (Server, Operator) {
    let story = story(vec![]);
    let mut server = Server::new(story.start);
    for (_, edit) in &story.edits {
        edit(&mut server);
    }
    let mut operator = Operator::new(Settings::default());
    for step in &server.history {
        operator.apply(step.change());
    }
    operator.complete();
    (server, operator)
}

/// Carries out what is to be done until nothing is.
fn settle(server: &mut Server, operator: &mut Operator) {
    loop {
        let tasks: Vec<(Ticket, Effect)> = operator.step(server.now);
        if tasks.is_empty() {
            return;
        }
        for (ticket, effect) in tasks {
            let answer = server.run(&effect);
            tell(operator, ticket, answer, server.now);
        }
    }
}

#[test]
fn who_does_not_lead_judges_and_writes_nothing() {
    let (server, mut operator) = seen();
    assert_eq!(operator.step(server.now), []);
    assert!(operator.derived() > 0 && operator.is_idle());
    assert!(operator.wake().is_none_or(|wake| wake > server.now), "there is nothing to do at once");
}

#[test]
fn who_begins_to_lead_does_what_is_due_and_who_ends_it_starts_nothing_more() {
    let (mut server, mut operator) = seen();
    operator.step(server.now);
    operator.lead(true);
    let begun = operator.step(server.now);
    assert!(!begun.is_empty());
    operator.lead(false);
    for (ticket, effect) in begun {
        let answer = server.run(&effect);
        operator.answer(ticket, answer, server.now);
    }
    assert_eq!(operator.step(server.now), []);
    operator.lead(true);
    settle(&mut server, &mut operator);
    assert!(server.allows("cx-feedback", USER));
}

#[test]
fn an_overdue_binding_is_seen_by_who_does_not_lead() {
    let (mut server, mut operator) = seen();
    operator.lead(true);
    settle(&mut server, &mut operator);
    operator.lead(false);
    assert_eq!(server.objects[&grant()]["status"]["phase"], "Active");
    assert!(server.objects.keys().any(|id| id.kind == Kind::RoleBinding));
    assert!(!operator.is_any_overdue(at(59)) && operator.is_any_overdue(at(60)));
}
