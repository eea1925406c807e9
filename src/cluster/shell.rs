//! The operator's hands: feeds watch events, answers and the time to the [`Operator`], and carries out its tasks.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use kube::Config;
use tokio::sync::{mpsc, watch as signal};
use tracing::{debug, error, info, warn};

use super::effect::{Answer, Effect};
use super::execute::{Executor, Fate, revoke_overdue};
use super::health::Health;
use super::index::{Event, streams, watch};
use super::operator::{Operator, Settings};
use super::work::Ticket;
use crate::facts::Kind;

/// Timers are set anew from the wall clock at least this often: it may be stepped, or the machine suspended.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

/// While something cannot be listed, nothing can be judged. What becomes overdue meanwhile is looked for this often.
const OVERDUE_EVERY: Duration = Duration::from_secs(2);

/// How long a stop waits for what is under way.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// What the operator is told at its start.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// How it acts.
    pub settings: Settings,
    /// The namespace in which it keeps its own records.
    pub namespace: String,
    /// The name with which it signs events.
    pub instance: String,
}

/// Runs the operator until `stop` says so. Returns once nothing is under way any more.
///
/// The clock is that of everything that is judged and written; only back-off and limits of requests have their own.
pub async fn run(
    connection: Config,
    config: Configuration,
    clock: fn() -> Timestamp,
    health: Arc<Health>,
    stop: signal::Receiver<bool>,
) -> Result<(), kube::Error> {
    let executor = Arc::new(Executor::new(&connection, &config.namespace, &config.instance, clock)?);
    if !config.settings.observe {
        overdue(&executor, clock()).await;
    }
    let (event_sender, events) = mpsc::channel(1024);
    let kinds = streams(config.settings.issue_accounts);
    let awaited = kinds.iter().copied().collect();
    let watches = tokio::spawn(watch(connection, config.namespace, kinds, event_sender));
    let (answer_sender, answers) = mpsc::unbounded_channel();
    let shell = Shell {
        operator: Operator::new(config.settings),
        observe: config.settings.observe,
        executor,
        clock,
        awaited,
        health,
        answer_sender,
    };
    shell.run(events, answers, stop).await;
    watches.abort();
    Ok(())
}

/// Returns once somebody has asked to stop, or nobody is left to ask.
async fn asked(stop: &mut signal::Receiver<bool>) {
    drop(stop.wait_for(|stop| *stop).await);
}

/// What is overdue is revoked before anything is watched.
async fn overdue(executor: &Executor, now: Timestamp) {
    match revoke_overdue(executor, now).await {
        Ok(revoked) => {
            for found in revoked {
                let (binding, deadline) = (&found.binding, found.deadline);
                match found.fate {
                    Fate::Revoked => info!("{binding} was overdue since {deadline} and is deleted"),
                    Fate::Renewed => {
                        info!("{binding} was overdue since {deadline}, and its grant is renewed");
                    }
                    Fate::Kept(why) => {
                        error!("{binding} is overdue since {deadline} and cannot be deleted: {why}");
                    }
                    Fate::Failed(why) => {
                        warn!("{binding} is overdue since {deadline}, to be tried again: {why}");
                    }
                }
            }
        }
        Err(problem) => error!("overdue bindings could not be listed: {problem:?}"),
    }
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
}

impl Shell {
    async fn run(
        mut self,
        mut events: mpsc::Receiver<Event>,
        mut answers: mpsc::UnboundedReceiver<(Ticket, Answer)>,
        mut stop: signal::Receiver<bool>,
    ) {
        let mut batch = Vec::new();
        let mut looks = tokio::time::interval(OVERDUE_EVERY);
        loop {
            self.health.beat();
            let pause = self.pause();
            tokio::select! {
                biased;
                () = asked(&mut stop) => break,
                Some((ticket, answer)) = answers.recv() => self.take_answer(ticket, answer),
                count = events.recv_many(&mut batch, 256) => {
                    if count == 0 {
                        error!("all watches have ended");
                        break;
                    }
                    batch.drain(..).for_each(|event| self.take_event(event));
                }
                _ = looks.tick(), if !self.awaited.is_empty() && !self.observe => {
                    overdue(&self.executor, (self.clock)()).await;
                }
                () = tokio::time::sleep(pause) => {}
            }
            for (ticket, effect) in self.operator.step((self.clock)()) {
                self.start(ticket, effect);
            }
        }
        self.finish(&mut answers).await;
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
        tokio::spawn(async move {
            let verb = effect.verb();
            let answer = executor.run(effect).await;
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
            }
            self.start(ticket, event);
        }
    }

    fn take_event(&mut self, event: Event) {
        match event {
            Event::Change(change) => self.operator.apply(*change),
            Event::Listed(stream) => {
                if self.awaited.remove(&stream) && self.awaited.is_empty() {
                    info!("everything is listed");
                    self.operator.complete();
                    self.health.ready();
                }
            }
            Event::Failed { stream, verb, resource, message, forbidden } => {
                let why = if forbidden { "no permission to " } else { "failed to " };
                warn!("{why}{verb} {resource}: {message}");
                if self.awaited.contains(&stream) {
                    self.health.not_ready(format!("{why}{verb} {resource}: {message}"));
                }
            }
        }
    }

    /// Lets what is under way end, for a while.
    async fn finish(mut self, answers: &mut mpsc::UnboundedReceiver<(Ticket, Answer)>) {
        let drain = async {
            while !self.operator.is_quiet() {
                let Some((ticket, answer)) = answers.recv().await else { break };
                self.take_answer(ticket, answer);
            }
        };
        if tokio::time::timeout(LAST_WORDS, drain).await.is_err() {
            warn!("stopped with requests under way");
        }
    }
}
