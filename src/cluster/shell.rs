//! The operator's hands: feeds watch events, answers and the time to the [`Operator`], and carries out its tasks.

mod overdue;

use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use kube::Config;
use tokio::sync::{mpsc, watch as signal};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tracing::{debug, error, info, warn};

use self::overdue::{GRACE, Lookout};
use super::admission::{Judge, Purpose, Serving, Surroundings, Webhook};
use super::effect::{Answer, Effect};
use super::election::{Campaign, Pace, Term};
use super::execute::{Executor, Lines};
use super::health::{Concern, Health};
use super::index::{Event, Own, Pulse, streams, watch};
use super::metrics::{Asks, Sources};
use super::operator::{Operator, Settings};
use super::plan::emergency::ANNOUNCED;
use super::work::Ticket;
use crate::admission;
use crate::engine::Shared;
use crate::facts::Kind;

/// Timers are set anew from the wall clock at least this often: it may be stepped, or the machine suspended.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

/// How long a stop waits for what is under way.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// What the operator is told at its start.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// How it acts.
    pub settings: Settings,
    /// The namespace in which it keeps its own records.
    pub namespace: String,
    /// The name of the webhook configurations by which the API server asks it.
    pub webhooks: String,
    /// The name with which it signs events, and under which it stands for election.
    pub instance: String,
    /// How the election goes.
    pub pace: Pace,
    /// How long the webhook serves on after a stop was asked for, so that nobody calls it any more when it ends.
    pub shutdown_delay: Duration,
}

/// Why the operator could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is no connection to be had.
    #[error("failed to prepare the connection: {0}")]
    Connection(#[from] kube::Error),
    /// The webhook cannot be served.
    #[error("failed to prepare the webhook: {0}")]
    Webhook(#[from] rustls::Error),
}

/// Runs the operator until `stop` says so. Returns once nothing is under way any more.
///
/// The clock is that of everything that is judged and written; only back-off, limits of requests and the election have
/// their own.
pub async fn run(
    connection: Config,
    config: Configuration,
    webhook: Option<Webhook>,
    clock: fn() -> Timestamp,
    health: Arc<Health>,
    stop: signal::Receiver<bool>,
) -> Result<(), StartError> {
    let executor = Executor::new(&connection, &config.namespace, &config.instance, clock)?;
    if !config.settings.observe {
        overdue::revoke(&executor, clock(), clock, health.metrics()).await;
    }
    let operator = Operator::new(config.settings);
    operator.knowledge().write().world.set_operator_namespace(&config.namespace);
    let pulse = Arc::new(Pulse::new(&config.namespace));
    let lines = || Lines::new(&connection, 2);
    let campaign = Campaign::begin(lines()?, &config.namespace, &config.instance, config.pace, clock);
    let term = campaign.term();
    let leader = term.clone();
    let executor = Arc::new(executor.while_leading(move || leader.leads()));
    let serving = webhook.map(|webhook| {
        let (namespace, term, health) = (config.namespace.clone(), term.clone(), Arc::clone(&health));
        let around = Surroundings { lines: lines()?, term, namespace, health, clock };
        let judge = judge(operator.knowledge(), Arc::clone(&pulse), clock);
        Ok::<_, StartError>(webhook.start(judge, around)?)
    });
    let serving = serving.transpose()?;
    let (event_sender, events) = mpsc::channel(1024);
    let kinds = streams(config.settings.issue_accounts);
    let awaited = kinds.iter().copied().collect();
    let own = Own { namespace: config.namespace, webhooks: config.webhooks };
    let watches = tokio::spawn(watch(connection, own, kinds, event_sender, Arc::clone(&pulse)));
    let (answer_sender, answers) = mpsc::unbounded_channel();
    let (census, asks) = mpsc::channel(1);
    health.metrics().ask(Sources { pulse: Arc::clone(&pulse), term: term.clone(), census });
    let shell = Shell {
        operator,
        observe: config.settings.observe,
        executor,
        clock,
        awaited,
        health,
        answer_sender,
        term,
        pulse,
        silent: BTreeSet::new(),
        overdue: Lookout::new(),
    };
    let hears = Hears { events, answers, asks, batch: Vec::new(), answered: Vec::new() };
    shell.run(hears, stop, campaign, serving, config.shutdown_delay).await;
    watches.abort();
    Ok(())
}

/// What answers the API server: what is known at that moment, and how fresh it is.
fn judge(knowledge: Shared, pulse: Arc<Pulse>, clock: fn() -> Timestamp) -> Judge {
    Arc::new(move |purpose, request| match purpose {
        Purpose::Validate => admission::answer(request, &knowledge.read(), &pulse.freshness(), clock()),
        Purpose::Mutate => admission::pin(request, &knowledge.read(), clock()),
    })
}

/// Returns once somebody has asked to stop, or nobody is left to ask.
async fn asked(stop: &mut signal::Receiver<bool>) {
    drop(stop.wait_for(|stop| *stop).await);
}

/// Whether a deletion has left nothing.
fn is_gone(answer: &Answer) -> bool {
    matches!(answer, Answer::Done(changes) if changes.iter().all(|change| change.now.is_none()))
}

struct Shell {
    operator: Operator,
    observe: bool,
    executor: Arc<Executor>,
    clock: fn() -> Timestamp,
    /// The streams whose first list is still awaited.
    awaited: BTreeSet<Kind>,
    health: Arc<Health>,
    answer_sender: mpsc::UnboundedSender<(Ticket, Answer)>,
    term: Term,
    pulse: Arc<Pulse>,
    /// The kinds of which it was said that nothing is heard of them.
    silent: BTreeSet<Kind>,
    overdue: Lookout,
}

/// What the shell listens to.
struct Hears {
    events: mpsc::Receiver<Event>,
    answers: mpsc::UnboundedReceiver<(Ticket, Answer)>,
    /// Scrapes that want to know how things stand.
    asks: mpsc::Receiver<Asks>,
    batch: Vec<Event>,
    answered: Vec<(Ticket, Answer)>,
}

impl Shell {
    async fn run(
        mut self,
        mut hears: Hears,
        mut stop: signal::Receiver<bool>,
        campaign: Campaign,
        serving: Option<Serving>,
        delay: Duration,
    ) {
        let by_itself = {
            let mut asked = pin!(asked(&mut stop));
            loop {
                let goes_on = tokio::select! {
                    biased;
                    () = &mut asked => break false,
                    goes_on = self.turn(&mut hears, true) => goes_on,
                };
                if !goes_on {
                    break true;
                }
            }
        };
        let left = Instant::now() + if by_itself { Duration::ZERO } else { delay };
        self.health.wait(Concern::Stop, "it is about to stop".to_owned());
        if self.finish(&mut hears.answers).await {
            campaign.release().await;
        }
        let Some(serving) = serving else { return };
        let mut closing = pin!(async {
            sleep_until(left).await;
            serving.drain().await;
        });
        // As long as it answers, it must know what it answers.
        loop {
            tokio::select! {
                () = &mut closing => return,
                goes_on = self.turn(&mut hears, false) => if !goes_on { return closing.await },
            }
        }
    }

    /// Waits for what happens next and acts upon it. False: nothing will be heard of any more. Nothing is lost if it is
    /// not awaited to its end.
    async fn turn(&mut self, hears: &mut Hears, may_lead: bool) -> bool {
        self.health.beat();
        let pause = self.pause();
        tokio::select! {
            biased;
            // All that have come, so that what rests on many is judged again once for them together.
            _ = hears.answers.recv_many(&mut hears.answered, 256) => {
                hears.answered.drain(..).for_each(|(ticket, answer)| self.take_answer(ticket, answer));
            }
            // Before events, of which there may always be more; a scrape asks once.
            Some(asks) = hears.asks.recv() => self.tell(asks),
            count = hears.events.recv_many(&mut hears.batch, 256) => {
                if count == 0 {
                    error!("all watches have ended");
                    return false;
                }
                hears.batch.drain(..).for_each(|event| self.take_event(event));
            }
            () = self.term.changed() => {}
            () = sleep(pause) => {}
        }
        self.tell_silence();
        self.look_for_overdue();
        self.operator.lead(may_lead && self.term.leads());
        for (ticket, effect) in self.operator.step((self.clock)()) {
            self.start(ticket, effect);
        }
        if self.operator.is_ready() {
            self.health.settle(Concern::Lists);
        }
        true
    }

    /// While nothing can be planned, or another should do it and does not, what is overdue is revoked all the same.
    fn look_for_overdue(&mut self) {
        if self.observe || !self.overdue.is_due() {
            return;
        }
        let now = (self.clock)();
        let mut by = now;
        let knows_all = self.awaited.is_empty();
        if knows_all {
            by = now.saturating_sub(GRACE).unwrap_or(now);
            if self.term.leads() || !self.operator.is_any_overdue(by) {
                return;
            }
        }
        let (executor, health, clock) = (Arc::clone(&self.executor), Arc::clone(&self.health), self.clock);
        let look = async move { overdue::revoke(&executor, by, clock, health.metrics()).await };
        self.overdue.look(look, knows_all);
    }

    /// Tells a scrape how things stand, if that is known yet.
    fn tell(&self, asks: Asks) {
        if let Some(census) = self.operator.census((self.clock)()) {
            // Who asked may not wait any more.
            let _ = asks.send(census);
        }
    }

    /// Says of which kinds nothing is heard, once.
    fn tell_silence(&mut self) {
        let silent = self.pulse.silent();
        if silent == self.silent {
            return;
        }
        let names =
            |kinds: &BTreeSet<Kind>| kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ");
        if silent.is_empty() {
            info!("every kind is heard of again");
        } else {
            warn!(
                "what is known of these may be old, the API server says nothing of them: {}",
                names(&silent)
            );
        }
        self.silent = silent;
    }

    /// How long nothing will happen by time alone.
    fn pause(&self) -> Duration {
        let until = self.operator.wake().map(|wake| wake.duration_since((self.clock)()));
        let until = until.map(|until| Duration::try_from(until).unwrap_or_default());
        until.unwrap_or(LONGEST_SLEEP).min(LONGEST_SLEEP)
    }

    fn start(&self, ticket: Ticket, effect: Effect) {
        debug!(effect = effect.verb(), "{effect:?}");
        let (executor, answers) = (Arc::clone(&self.executor), self.answer_sender.clone());
        let (health, clock) = (Arc::clone(&self.health), self.clock);
        let deadline = match &effect {
            Effect::DeleteBinding(target) => self.operator.deadline_of(&target.id),
            _ => None,
        };
        tokio::spawn(async move {
            let verb = effect.verb();
            let answer = executor.run(effect).await;
            health.metrics().carried_out(verb, &answer);
            if let (Some(deadline), true) = (deadline, is_gone(&answer)) {
                health.metrics().revoked(deadline, clock());
            }
            match &answer {
                Answer::Forbidden(text) => warn!(effect = verb, "refused: {text}"),
                Answer::Failed(text, _) => warn!(effect = verb, "failed, to be tried again: {text}"),
                _ => {}
            }
            // Nobody listens after a stop.
            let _ = answers.send((ticket, answer));
        });
    }

    fn take_answer(&mut self, ticket: Ticket, answer: Answer) {
        for (ticket, event) in self.operator.answer(ticket, answer, (self.clock)()) {
            if let Effect::Event(note) = &event {
                info!(regarding = %note.regarding, reason = note.reason, "{}", note.text);
                if note.reason == ANNOUNCED {
                    self.health.metrics().announced();
                }
            }
            self.start(ticket, event);
        }
    }

    fn take_event(&mut self, event: Event) {
        match event {
            Event::Change(change) => {
                if let Some(deadline) =
                    self.operator.deadline_of_released(&change).filter(|_| self.term.leads())
                {
                    self.health.metrics().revoked(deadline, (self.clock)());
                }
                self.operator.apply(*change);
            }
            Event::Listed(stream) => {
                if self.awaited.remove(&stream) && self.awaited.is_empty() {
                    info!("everything is listed");
                    self.operator.complete();
                }
            }
            Event::Failed { stream, verb, resource, message, forbidden } => {
                let why = if forbidden { "no permission to " } else { "failed to " };
                warn!("{why}{verb} {resource}: {message}");
                if self.awaited.contains(&stream) {
                    self.health.wait(Concern::Lists, format!("{why}{verb} {resource}: {message}"));
                }
            }
        }
    }

    /// Lets what is under way end, for a while. Returns whether it has.
    async fn finish(&mut self, answers: &mut mpsc::UnboundedReceiver<(Ticket, Answer)>) -> bool {
        self.operator.lead(false);
        let drain = async {
            while !self.operator.is_quiet() {
                let Some((ticket, answer)) = answers.recv().await else { break };
                self.take_answer(ticket, answer);
            }
        };
        let done = timeout(LAST_WORDS, drain).await.is_ok();
        if !done {
            warn!("stopped with requests under way");
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    /// A shell that has heard of nothing, and the ends at which it listens.
    fn shell(awaited: Kind) -> (Shell, Hears, mpsc::Sender<Event>) {
        let config = Config::new("http://127.0.0.1:1".parse().unwrap());
        let lines = Lines::new(&config, 1).unwrap();
        let campaign = Campaign::begin(lines, "cxguard-system", "a", Pace::of_seconds(15), now);
        let (event_sender, events) = mpsc::channel(8);
        let (answer_sender, answers) = mpsc::unbounded_channel();
        let (_, asks) = mpsc::channel(1);
        let shell = Shell {
            operator: Operator::new(Settings::default()),
            observe: true,
            executor: Arc::new(Executor::new(&config, "cxguard-system", "a", now).unwrap()),
            clock: now,
            awaited: BTreeSet::from([awaited]),
            health: Arc::new(Health::new()),
            answer_sender,
            term: campaign.term(),
            pulse: Arc::new(Pulse::new("cxguard-system")),
            silent: BTreeSet::new(),
            overdue: Lookout::new(),
        };
        (shell, Hears { events, answers, asks, batch: Vec::new(), answered: Vec::new() }, event_sender)
    }

    #[tokio::test]
    async fn it_is_ready_only_when_it_can_answer() {
        let (mut shell, mut hears, events) = shell(Kind::Vendor);
        shell.take_event(Event::Listed(Kind::Node));
        assert!(shell.turn(&mut hears, false).await);
        assert!(shell.health.waiting_for().is_some(), "a list is missing");
        // Everything is listed, and nothing is judged yet.
        shell.take_event(Event::Listed(Kind::Vendor));
        assert!(shell.health.waiting_for().is_some() && !shell.operator.knowledge().read().complete);
        assert!(shell.turn(&mut hears, false).await);
        assert!(shell.health.waiting_for().is_none() && shell.operator.knowledge().read().complete);
        drop(events);
    }
}
