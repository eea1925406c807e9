//! Very many grants that begin, and end, at once: what one of them costs does not depend on how many there are.

use std::collections::VecDeque;

use cxguard::cluster::effect::Effect;
use cxguard::cluster::{Operator, Settings, Ticket};
use cxguard::facts::{Kind, ObjectRef};
use jiff::Timestamp;
use serde_json::json;

use crate::run::tell;
use crate::server::Server;
use crate::stories::{at, document};

/// When all the grants end.
const END: i64 = 3600;

/// How many answers come together: few, so that what is judged anew for each batch of them would show.
const TOGETHER: usize = 4;

/// How grants are spread.
#[derive(Clone, Copy, Debug)]
struct Spread {
    grants: usize,
    namespaces: usize,
    people: usize,
}

struct Crowd {
    server: Server,
    operator: Operator,
    /// How much of the history the watch has shown.
    shown: usize,
    under_way: VecDeque<(Ticket, Effect)>,
}

impl Crowd {
    /// An operator that has listed everything, under a policy that looks at every binding.
    fn of(spread: Spread) -> Self {
        let mut server = Server::new(at(0));
        let policy = "{apiVersion: cxguard.dev/v1alpha1, kind: CompliancePolicy, metadata: {name: strict}, spec: {access:
                       {ungoverned: Remove}, rules: [{code: CX125, mode: Disabled}, {code: CX710, mode: Disabled}]}}";
        let role =
            "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: feedback-reader},
                     rules: [{apiGroups: [''], resources: [configmaps], verbs: [get]}]}";
        server.put(document(policy));
        server.put(document(role));
        for nth in 0..spread.namespaces {
            let labels = json!({"cxguard.dev/protected": "true"});
            let metadata = json!({"name": format!("cx-{nth}"), "labels": labels});
            server.put(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}));
        }
        for nth in 0..spread.people {
            server.put(document(&format!(
                "{{apiVersion: cxguard.dev/v1alpha1, kind: Person, metadata: {{name: person-{nth}}}, spec: {{usernames:
                  [person-{nth}@corp.example], type: Employee, jobRole: data-analyst, country: DE}}}}"
            )));
        }
        (0..spread.grants).for_each(|nth| server.put(grant(nth, spread)));
        let mut operator = Operator::new(Settings::default());
        operator.lead(true);
        let mut crowd = Self { server, operator, shown: 0, under_way: VecDeque::new() };
        crowd.watch();
        crowd.operator.complete();
        // Everything is judged once, whatever is to be done about it.
        crowd.step();
        crowd
    }

    fn watch(&mut self) {
        self.server.history[self.shown..].iter().for_each(|step| self.operator.apply(step.change()));
        self.shown = self.server.history.len();
    }

    fn step(&mut self) {
        self.under_way.extend(self.operator.step(self.server.now));
    }

    /// Carries out what is to be done, few at a time, until an instant. Returns how much was read meanwhile.
    fn until(&mut self, end: Timestamp) -> u64 {
        let before = self.operator.reads();
        while self.server.now <= end {
            self.step();
            if self.under_way.is_empty() && self.operator.is_idle() {
                let wake = self.operator.wake().filter(|wake| *wake <= end);
                let Some(wake) = wake else { break };
                self.server.now = wake.max(self.server.now);
                continue;
            }
            for _ in 0..TOGETHER {
                let Some((ticket, effect)) = self.under_way.pop_front() else { break };
                let answer = self.server.run(&effect);
                tell(&mut self.operator, ticket, answer, self.server.now);
            }
            self.watch();
        }
        self.operator.reads() - before
    }

    /// In how many grants' statuses a phase stands.
    fn count(&self, phase: &str) -> usize {
        let grants = self.server.objects.iter().filter(|(id, _)| id.kind == Kind::AccessGrant);
        grants.filter(|(_, grant)| grant["status"]["phase"] == phase).count()
    }

    fn bindings(&self) -> usize {
        let first = ObjectRef::namespaced(Kind::RoleBinding, "", "");
        self.server.objects.range(first..).filter(|(id, _)| id.kind == Kind::RoleBinding).count()
    }
}

fn grant(nth: usize, spread: Spread) -> serde_json::Value {
    let (namespace, person) = (nth % spread.namespaces, nth / spread.namespaces % spread.people);
    document(&format!(
        "{{apiVersion: cxguard.dev/v1alpha1, kind: AccessGrant, metadata: {{name: grant-{nth}, namespace:
          cx-{namespace}}}, spec: {{subject: {{kind: User, name: person-{person}@corp.example}}, role: {{kind: ClusterRole,
          name: feedback-reader}}, dataForm: Aggregate, requestedBy: person-{person}@corp.example, reviewedOn:
          2026-11-20, expiresAt: '{}', approval: {{by: lead@corp.example, at: '{}'}}}}}}",
        at(END),
        at(0)
    ))
}

/// How much is read for each grant until it is active, and until it has ended.
fn cost(spread: Spread) -> [u64; 2] {
    let mut crowd = Crowd::of(spread);
    let begun = crowd.until(at(1));
    assert_eq!((crowd.count("Active"), crowd.bindings()), (spread.grants, spread.grants), "{spread:?}");
    let ended = crowd.until(at(END + 60));
    assert_eq!((crowd.count("Expired"), crowd.bindings()), (spread.grants, 0), "{spread:?}");
    let grants = u64::try_from(spread.grants).unwrap();
    [begun / grants, ended / grants]
}

/// That a grant costs the same among few and among many, spread in some way.
fn is_linear(spread: fn(usize) -> Spread) {
    let (few, many) = (spread(60), spread(480));
    let (of_few, of_many) = (cost(few), cost(many));
    for (few, many) in of_few.into_iter().zip(of_many) {
        assert!(many < few * 2, "{many} reads for each of {:?}; {few} of few", spread(480));
    }
}

#[test]
fn a_grant_costs_the_same_in_many_namespaces() {
    is_linear(|grants| Spread { grants, namespaces: grants / 10, people: 10 });
}

#[test]
fn a_grant_costs_the_same_among_many_in_its_namespace() {
    is_linear(|grants| Spread { grants, namespaces: 1, people: grants });
}

#[test]
fn a_grant_costs_the_same_among_many_of_one_person() {
    is_linear(|grants| Spread { grants, namespaces: grants, people: 1 });
}
