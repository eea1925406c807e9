//! The operator's hands: feeds watch events, answers and the time to the [`Operator`], and carries out its tasks.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use kube::Client;
use tokio::sync::{mpsc, watch as signal};
use tracing::{debug, error, info, warn};

use super::effect::{Answer, Effect};
use super::execute::{Executor, revoke_overdue};
use super::health::Health;
use super::index::{Event, Stream, watch};
use super::operator::{Operator, Settings};
use super::work::Ticket;

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
}

/// Runs the operator until `stop` says so. Returns once nothing is under way any more.
pub async fn run(client: Client, config: Configuration, health: Arc<Health>, stop: signal::Receiver<bool>) {
    let executor = Arc::new(Executor::new(client.clone(), &config.namespace));
    if !config.settings.observe {
        overdue(&executor).await;
    }
    let (event_sender, events) = mpsc::channel(1024);
    let _watches = watch(&client, &config.namespace, &event_sender);
    let (answer_sender, answers) = mpsc::unbounded_channel();
    let shell = Shell {
        operator: Operator::new(config.settings),
        executor,
        awaited: Stream::all().into_iter().collect(),
        health,
        answer_sender,
    };
    shell.run(events, answers, stop).await;
}

/// What is overdue is revoked before anything is watched.
async fn overdue(executor: &Executor) {
    match revoke_overdue(executor, now()).await {
        Ok(revoked) => {
            for line in revoked {
                info!("{line}");
            }
        }
        Err(problem) => error!("overdue bindings could not be listed: {problem}"),
    }
}

struct Shell {
    operator: Operator,
    executor: Arc<Executor>,
    /// The streams whose first list is still awaited.
    awaited: BTreeSet<Stream>,
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
        loop {
            self.health.beat();
            let pause = self.pause();
            tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => break,
                Some((ticket, answer)) = answers.recv() => self.take_answer(ticket, answer),
                count = events.recv_many(&mut batch, 256) => {
                    if count == 0 {
                        error!("all watches have ended");
                        break;
                    }
                    batch.drain(..).for_each(|event| self.take_event(event));
                }
                () = tokio::time::sleep(pause) => {}
            }
            for (ticket, effect) in self.operator.step(now()) {
                self.start(ticket, effect);
            }
        }
        self.finish(&mut answers).await;
    }

    /// How long nothing will happen by time alone.
    fn pause(&self) -> Duration {
        let until = self.operator.wake().map(|wake| wake.duration_since(now()));
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
        for (ticket, event) in self.operator.answer(ticket, answer, now()) {
            if let Effect::Event(note) = &event {
                info!(regarding = %note.regarding, reason = note.reason, "{}", note.text);
            }
            self.start(ticket, event);
        }
    }

    fn take_event(&mut self, event: Event) {
        match event {
            Event::Change(change) => self.operator.apply(change),
            Event::Listed(stream) => {
                if self.awaited.remove(&stream) && self.awaited.is_empty() {
                    info!("everything is listed");
                    self.operator.complete();
                    self.health.ready();
                }
            }
            Event::Failed { stream, problem } => {
                warn!(?stream, "{problem}");
                if self.awaited.contains(&stream) {
                    self.health.not_ready(format!("{stream:?}: {problem}"));
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

#[expect(clippy::disallowed_methods, reason = "the shell is where time enters")]
fn now() -> Timestamp {
    Timestamp::now()
}
