//! Drives the operator against the model of the server, in virtual time, with crashes, or two of which one leads.

use std::collections::BTreeMap;

use cxguard::cluster::effect::{Answer, Effect};
use cxguard::cluster::{Operator, Settings, Ticket};
use cxguard::facts::{Kind, ObjectRef};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::server::{Server, Step};

pub(crate) const NAMESPACE: &str = "cx-feedback";
pub(crate) const USER: &str = "analyst-7@insight-partners.example";

/// The account that is issued, in the stories of one.
pub(crate) const ACCOUNT: &str = "churn-bot";

/// How long the operator is away after a crash.
const DOWN: SignedDuration = SignedDuration::from_secs(1);
/// For how long a stale watch stays behind after a restart.
const BEHIND: SignedDuration = SignedDuration::from_secs(5);
/// How long a late write is on its way.
const LATE: SignedDuration = SignedDuration::from_secs(10);
/// How long somebody waits for the answer to one.
const PATIENCE: SignedDuration = SignedDuration::from_secs(2);
/// After what time the first replica leads again: before its late writes arrive.
const RETURN: SignedDuration = SignedDuration::from_secs(3);
/// Access may outlive its end by this much while the operator is up: the back-off of an urgent task.
const BOUND: SignedDuration = SignedDuration::from_secs(2);

pub(crate) fn grant() -> ObjectRef {
    ObjectRef::namespaced(Kind::AccessGrant, NAMESPACE, "analyst-7-churn")
}

pub(crate) fn binding() -> ObjectRef {
    ObjectRef::namespaced(Kind::RoleBinding, NAMESPACE, "cxguard-analyst-7-churn")
}

/// What is made for an account that is issued, in the order in which it is made.
pub(crate) fn issued() -> [ObjectRef; 3] {
    let at = |kind, name| ObjectRef::namespaced(kind, NAMESPACE, name);
    let tokens = "cxguard:token:analyst-7-churn";
    [at(Kind::ServiceAccount, ACCOUNT), at(Kind::Role, tokens), at(Kind::RoleBinding, tokens)]
}

/// Whether a write is lost in the crash, has reached the server, or is still on its way and arrives long after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Crash {
    Before,
    After,
    Late,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Faults {
    /// The write at which the operator crashes.
    pub(crate) crash: Option<(usize, Crash)>,
    /// The write at which a second replica begins to lead, and what becomes of it. What was begun with it is late.
    pub(crate) moves: Option<(usize, Crash)>,
    /// Whether the first replica leads again soon after.
    pub(crate) returns: bool,
    /// How old the lists are from which it restarts, in seconds.
    pub(crate) stale: i64,
    /// From when on the watch shows nothing more.
    pub(crate) hangs_from: Option<Timestamp>,
    /// The server deletes whatever has the name.
    pub(crate) careless: bool,
}

/// Something that users do.
pub(crate) type Edit = Box<dyn Fn(&mut Server)>;

/// What users do, and when.
pub(crate) struct Story {
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
    pub(crate) edits: Vec<(Timestamp, Edit)>,
    /// Whose access it is about.
    pub(crate) who: &'static str,
}

/// What came of a run.
pub(crate) struct Outcome {
    pub(crate) server: Server,
    /// The writes of the operator: when, and which.
    pub(crate) writes: Vec<(Timestamp, &'static str)>,
    /// What should never happen and did.
    pub(crate) broken: Vec<String>,
    /// Whether the user had access, each time it changed.
    pub(crate) access: Vec<(Timestamp, bool)>,
    /// Whether the user is entitled to access at the end.
    pub(crate) entitled: bool,
    /// Whose access it was about.
    pub(crate) who: &'static str,
}

pub(crate) struct Run<'s> {
    story: &'s Story,
    faults: Faults,
    server: Server,
    /// The one that leads.
    operator: Option<Operator>,
    /// The one that does not, where there are two.
    other: Option<Operator>,
    /// When the first leads again.
    returns_at: Option<Timestamp>,
    /// How much of the history the watch has shown.
    shown: usize,
    back_at: Option<Timestamp>,
    catches_up_at: Option<Timestamp>,
    on_its_way: Vec<(Timestamp, Effect)>,
    /// When the first replica gives up its late writes.
    gives_up: Option<(Timestamp, Vec<Ticket>)>,
    writes: Vec<(Timestamp, &'static str)>,
    broken: Vec<String>,
    access: Vec<(Timestamp, bool)>,
    /// Since when the user should have no access while the operator is up.
    should_be_out: Option<Timestamp>,
}

fn is_write(effect: &Effect) -> bool {
    !matches!(effect, Effect::Read(..) | Effect::Verify(_) | Effect::Event(_))
}

/// Tells an operator what came of a task. Its events go where nobody looks.
pub(crate) fn tell(operator: &mut Operator, ticket: Ticket, answer: Answer, now: Timestamp) {
    for (ticket, _) in operator.answer(ticket, answer, now) {
        operator.answer(ticket, Answer::Done(Vec::new()), now);
    }
}

impl<'s> Run<'s> {
    pub(crate) fn of(story: &'s Story, faults: Faults) -> Outcome {
        let mut server = Server::new(story.start);
        server.ignores_preconditions = faults.careless;
        let mut run = Run {
            story,
            faults,
            server,
            operator: None,
            other: None,
            returns_at: None,
            shown: 0,
            back_at: Some(story.start),
            catches_up_at: None,
            on_its_way: Vec::new(),
            gives_up: None,
            writes: Vec::new(),
            broken: Vec::new(),
            access: Vec::new(),
            should_be_out: None,
        };
        run.go();
        let entitled = run.entitled();
        Outcome {
            server: run.server,
            writes: run.writes,
            broken: run.broken,
            access: run.access,
            entitled,
            who: story.who,
        }
    }

    fn go(&mut self) {
        let mut edits = self.story.edits.iter().peekable();
        let mut turns = 0;
        while self.server.now <= self.story.end {
            turns += 1;
            assert!(
                turns < 20_000,
                "the operator never rests; last writes: {:?}",
                self.writes.iter().rev().take(8).collect::<Vec<_>>()
            );
            while let Some((_, edit)) = edits.next_if(|(at, _)| *at <= self.server.now) {
                edit(&mut self.server);
                self.note_access();
            }
            self.arrive();
            if self.back_at.is_some_and(|at| at <= self.server.now) {
                self.start();
            }
            self.show();
            let acted = self.act();
            self.check();
            if acted {
                continue;
            }
            let wake = self.operator.as_ref().and_then(Operator::wake);
            let late = self.on_its_way.iter().map(|(at, _)| *at).min();
            let edit = edits.peek().map(|(at, _)| *at);
            let gives_up = self.gives_up.as_ref().map(|(at, _)| *at);
            let next = [wake, self.back_at, self.returns_at, self.catches_up_at, late, gives_up, edit];
            let next = next.into_iter().flatten().filter(|at| *at > self.server.now).min();
            let Some(next) = next.filter(|at| *at <= self.story.end) else { break };
            self.server.now = next;
        }
    }

    /// What is late arrives, and the first replica leads again if it is time.
    fn arrive(&mut self) {
        let now = self.server.now;
        while let Some(due) = self.on_its_way.iter().position(|(at, _)| *at <= now) {
            let (_, effect) = self.on_its_way.remove(due);
            self.reach_server(&effect);
        }
        // It does not lead at that time.
        if let (Some((_, tickets)), Some(first)) =
            (self.gives_up.take_if(|(at, _)| *at <= now), &mut self.other)
        {
            for ticket in tickets {
                tell(first, ticket, Answer::Failed("no answer".to_owned(), None), now);
            }
        }
        if self.returns_at.take_if(|at| *at <= now).is_some() {
            self.hand_over();
        }
    }

    /// The one that does not lead begins to, and the one that does ends it.
    fn hand_over(&mut self) {
        std::mem::swap(&mut self.operator, &mut self.other);
        for (operator, leads) in [(&mut self.other, false), (&mut self.operator, true)] {
            operator.as_mut().expect("there are two").lead(leads);
        }
    }

    /// A new operator lists everything, as it is or as it was.
    fn start(&mut self) {
        self.back_at = None;
        let as_of = self.server.now - SignedDuration::from_secs(self.faults.stale);
        let first = self.writes.is_empty();
        let listed = if first {
            self.server.history.len()
        } else {
            self.server.history.iter().take_while(|step| step.at <= as_of).count()
        };
        let mut last: BTreeMap<&ObjectRef, &Step> = BTreeMap::new();
        for step in &self.server.history[..listed] {
            last.insert(&step.id, step);
        }
        let start = |leads| {
            let mut operator = Operator::new(Settings { issue_accounts: true, ..Settings::default() });
            operator.lead(leads);
            for step in last.values().filter(|step| step.object.is_some()) {
                operator.apply(step.change());
            }
            for id in self.server.ends.keys() {
                operator.apply(self.server.change(id));
            }
            operator.complete();
            operator
        };
        let (operator, other) = (start(true), self.faults.moves.map(|_| start(false)));
        self.other = other;
        self.shown = listed;
        self.catches_up_at = (listed < self.server.history.len()).then(|| self.server.now + BEHIND);
        self.operator = Some(operator);
    }

    /// The watch shows what happened, unless it hangs or is behind.
    fn show(&mut self) {
        let now = self.server.now;
        if self.faults.hangs_from.is_some_and(|from| from <= now)
            || self.catches_up_at.is_some_and(|at| at > now)
        {
            return;
        }
        self.catches_up_at = None;
        for operator in self.operator.iter_mut().chain(&mut self.other) {
            for step in &self.server.history[self.shown..] {
                operator.apply(step.change());
            }
            // The record of ends is watched too.
            for id in self.server.ends.keys().filter(|_| self.faults.moves.is_some()) {
                operator.apply(self.server.change(id));
            }
        }
        if self.operator.is_none() {
            return;
        }
        self.shown = self.server.history.len();
    }

    fn act(&mut self) -> bool {
        let Some(operator) = &mut self.operator else { return false };
        let tasks = operator.step(self.server.now);
        if let Some(other) = &mut self.other {
            assert_eq!(other.step(self.server.now), [], "who does not lead does something");
        }
        let acted = !tasks.is_empty();
        let mut tasks = tasks.into_iter();
        while let Some((ticket, effect)) = tasks.next() {
            if let Some((_, fate)) = self.faults.moves.filter(|(at, _)| *at == self.writes.len())
                && is_write(&effect)
            {
                self.move_at((ticket, effect), fate, tasks);
                break;
            }
            if !self.carry_out(ticket, &effect) {
                break;
            }
        }
        acted
    }

    /// A second replica begins to lead while the first writes.
    fn move_at(
        &mut self,
        (ticket, effect): (Ticket, Effect),
        fate: Crash,
        rest: impl Iterator<Item = (Ticket, Effect)>,
    ) {
        let now = self.server.now;
        self.writes.push((now, effect.verb()));
        let answer = match fate {
            Crash::Before => Some(Answer::Failed("no answer".to_owned(), None)),
            Crash::After => Some(self.reach_server(&effect)),
            Crash::Late => None,
        };
        let mut late: Vec<(Ticket, Effect)> = rest.collect();
        match (answer, &mut self.operator) {
            (Some(answer), Some(first)) => tell(first, ticket, answer, now),
            _ => late.insert(0, (ticket, effect)),
        }
        let (tickets, effects): (Vec<_>, Vec<_>) = late.into_iter().unzip();
        self.gives_up = Some((now + PATIENCE, tickets));
        self.on_its_way.extend(effects.into_iter().map(|effect| (now + LATE, effect)));
        self.returns_at = self.faults.returns.then_some(now + RETURN);
        self.hand_over();
    }

    /// One task; false if the operator crashed at it.
    fn carry_out(&mut self, ticket: Ticket, effect: &Effect) -> bool {
        let is_write = is_write(effect);
        let crash =
            self.faults.crash.filter(|(at, _)| is_write && *at == self.writes.len()).map(|(_, crash)| crash);
        if is_write {
            self.writes.push((self.server.now, effect.verb()));
        }
        if matches!(crash, Some(Crash::Before | Crash::Late)) {
            let late = (crash == Some(Crash::Late)).then(|| (self.server.now + LATE, effect.clone()));
            self.on_its_way.extend(late);
            self.crash();
            return false;
        }
        let answer = self.reach_server(effect);
        if crash == Some(Crash::After) {
            self.crash();
            return false;
        }
        if let Some(operator) = &mut self.operator {
            tell(operator, ticket, answer, self.server.now);
        }
        true
    }

    fn reach_server(&mut self, effect: &Effect) -> Answer {
        let entitled = self.entitled();
        let stood = self.server.objects.get(&binding()).cloned();
        let answer = self.server.run(effect);
        self.note_access();
        if let (Effect::DeleteBinding(target), Some(stood), Answer::Done(_)) = (effect, stood, &answer)
            && target.id == binding()
        {
            self.check_deletion(&stood, entitled);
        }
        answer
    }

    fn crash(&mut self) {
        self.operator = None;
        self.back_at = Some(self.server.now + DOWN);
    }

    fn check_deletion(&mut self, stood: &Value, entitled: bool) {
        let uid = stood["metadata"]["labels"]["cxguard.dev/grant-uid"].as_str();
        let now = self.server.now;
        if uid.is_none() {
            self.broken.push(format!("{now}: a foreign binding was removed"));
        } else if entitled && uid == self.server.objects[&grant()]["metadata"]["uid"].as_str() {
            self.broken.push(format!("{now}: the binding of a grant that is in force was removed"));
        }
    }

    /// What the user is entitled to by what the server has: written apart from the operator's own logic.
    fn entitled(&self) -> bool {
        let Some(object) = self.server.objects.get(&grant()) else { return false };
        let spec = &object["spec"];
        let at = |value: &Value| value.as_str().and_then(|text| text.parse::<Timestamp>().ok());
        let approved = at(&spec["approval"]["at"]);
        let end = self.server.ends.values().next().map(|end| end.at);
        let person = ObjectRef::cluster(Kind::Person, "analyst-7");
        let paper = &self.server.objects[&person]["spec"]["confidentiality"]["validUntil"];
        let paper = paper.as_str().and_then(|day| format!("{day}T23:59:59Z").parse::<Timestamp>().ok());
        let incident = self.server.objects.get(&ObjectRef::cluster(Kind::Incident, "leak"));
        let contained = incident.is_some_and(|incident| {
            incident["spec"]["containment"] == "SuspendGrants" && incident["spec"].get("closedAt").is_none()
        });
        let account = self.server.objects.get(&issued()[0]);
        let account = account.is_some_and(|account| {
            account["metadata"]["labels"]["cxguard.dev/grant-uid"] == object["metadata"]["uid"]
        });
        let groups = &self.server.objects[&person]["spec"]["groups"];
        let in_group = groups.as_array().is_some_and(|groups| groups.contains(&spec["subject"]["name"]));
        !contained
            && (in_group || spec["subject"]["kind"] != "Group")
            && (account || self.story.who != ACCOUNT)
            && object["metadata"].get("deletionTimestamp").is_none()
            && spec.get("revoked").is_none()
            && at(&spec["expiresAt"]).is_some_and(|end| self.server.now < end)
            && at(&spec["startsAt"]).is_none_or(|start| start <= self.server.now)
            && approved.is_some_and(|approved| end.is_none_or(|end| approved > end))
            && paper.is_some_and(|paper| self.server.now <= paper)
    }

    /// Nobody keeps access beyond the end plus the bound while the operator is up.
    fn check(&mut self) {
        let out = !self.entitled() && self.operator.is_some();
        let blind = self.catches_up_at.is_some()
            || self.faults.hangs_from.is_some_and(|from| from <= self.server.now);
        self.should_be_out = self.should_be_out.or(Some(self.server.now)).filter(|_| out && !blind);
        if let Some(since) = self.should_be_out
            && self.server.now > since + BOUND
            && self.server.allows(NAMESPACE, self.story.who)
        {
            self.broken.push(format!("{}: access outlives its end of {since}", self.server.now));
        }
    }

    fn note_access(&mut self) {
        let allowed = self.server.allows(NAMESPACE, self.story.who);
        if self.access.last().is_none_or(|(_, before)| *before != allowed) {
            self.access.push((self.server.now, allowed));
        }
    }
}
