//! Access that returns while a deletion is still under way.

use cxguard::cluster::{Answer, Effect, Operator};
use jiff::SignedDuration;
use serde_json::Value;

use crate::run::{Faults, NAMESPACE, Outcome, Run, USER, tell};
use crate::server::Server;
use crate::standby::seen;
use crate::stories::{at, incident, story};

/// Somebody writes an object, and the operator sees it.
fn write(server: &mut Server, operator: &mut Operator, object: Value) {
    server.now += SignedDuration::from_secs(1);
    server.put(object);
    operator.apply(server.history.last().unwrap().change());
}

/// Carries out what is to be done until nothing is. Deletions of bindings get no answer if `silent`, and are returned.
fn settle(server: &mut Server, operator: &mut Operator, silent: bool) -> Vec<Effect> {
    let mut under_way = Vec::new();
    loop {
        let tasks = operator.step(server.now);
        if tasks.is_empty() {
            return under_way;
        }
        for (ticket, effect) in tasks {
            let answer = match effect {
                Effect::DeleteBinding(_) if silent => {
                    under_way.push(effect);
                    Answer::Failed("no answer".to_owned(), None)
                }
                effect => server.run(&effect),
            };
            tell(operator, ticket, answer, server.now);
        }
    }
}

#[test]
fn a_deletion_that_got_no_answer_does_not_hit_what_has_returned() {
    let (mut server, mut operator) = seen();
    operator.lead(true);
    settle(&mut server, &mut operator, false);
    let closed = |seconds: i64| incident(&format!(", closedAt: '{}'", at(seconds)));
    // Once all goes well, and the binding is made anew.
    write(&mut server, &mut operator, incident(""));
    settle(&mut server, &mut operator, false);
    assert!(!server.allows(NAMESPACE, USER));
    write(&mut server, &mut operator, closed(2));
    settle(&mut server, &mut operator, false);
    // The next time the deletion is long under way.
    write(&mut server, &mut operator, incident(""));
    let under_way = settle(&mut server, &mut operator, true);
    write(&mut server, &mut operator, closed(4));
    settle(&mut server, &mut operator, false);
    let [late] = &under_way[..] else { panic!("{under_way:?}") };
    assert_eq!(server.run(late), Answer::Conflict);
    assert!(server.allows(NAMESPACE, USER));
}

#[test]
fn an_end_that_may_be_over_again_is_on_record_when_the_deletion_goes_out() {
    let open: fn(&mut Server) = |server| server.put(incident(""));
    let at_once = |outcome: Outcome, seconds: i64| {
        let writes = outcome.writes.into_iter().filter(|(when, _)| *when == at(seconds));
        writes.map(|(_, verb)| verb).take(3).collect::<Vec<_>>()
    };
    let suspended = at_once(Run::of(&story(vec![(10, open)]), Faults::default()), 10);
    assert_eq!(
        suspended[..2],
        ["write-status", "delete-binding"],
        "and the incident's own status is not urgent"
    );
    let expired = at_once(Run::of(&story(vec![]), Faults::default()), 60);
    assert_eq!(expired[0], "delete-binding", "what is over for good needs no word first");
}
