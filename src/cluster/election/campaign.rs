//! The Lease, read and written for a candidate until somebody says to end it.
//!
//! It is written by PUT with the version that was read, never by a patch: of two that write upon the same version, the
//! server refuses one.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use http::{Method, Request};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tracing::{info, warn};

use super::candidate::{Candidate, Seen, Step};
use super::{NAME, Pace};
use crate::cluster::execute::{DEADLINE, Lines, Refusal, request};

/// How often somebody who waits looks, and how soon what failed is tried again.
const LOOK: Duration = Duration::from_secs(2);

/// How long giving the lease back may take.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// Whether this replica leads, for whoever writes.
#[derive(Clone, Debug)]
pub(in crate::cluster) struct Term {
    began: Instant,
    clock: fn() -> Timestamp,
    /// By the monotonic clock, and by the other: the first stands still while a machine is suspended.
    until: watch::Receiver<(Duration, Timestamp)>,
}

impl Term {
    /// Whether it leads at this instant.
    pub(in crate::cluster) fn leads(&self) -> bool {
        let (monotonic, wall) = *self.until.borrow();
        self.began.elapsed() < monotonic && (self.clock)() < wall
    }

    /// Returns when it may have begun to lead, or been prolonged.
    pub(in crate::cluster) async fn changed(&mut self) {
        if self.until.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// A candidate at work.
pub(in crate::cluster) struct Campaign {
    term: Term,
    leave: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Campaign {
    /// Begins, under a name that derives from that of the instance.
    pub(in crate::cluster) fn begin(
        lines: Lines,
        namespace: &str,
        instance: &str,
        pace: Pace,
        clock: fn() -> Timestamp,
    ) -> Self {
        let began = Instant::now();
        let (announced, until) = watch::channel((Duration::ZERO, Timestamp::MIN));
        let (leave, left) = watch::channel(false);
        // A process that is started anew under the same name is another candidate: the old one may still run.
        let name = format!("{instance}_{:016x}", RandomState::new().hash_one(std::process::id()));
        let runner = Runner {
            candidate: Candidate::new(name.clone(), pace),
            collection: format!("/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"),
            name,
            pace,
            lines,
            began,
            clock,
            announced,
            holder: String::new(),
            trouble: String::new(),
        };
        Self { term: Term { began, clock, until }, leave, task: tokio::spawn(runner.run(left)) }
    }

    /// Whether this replica leads.
    pub(in crate::cluster) fn term(&self) -> Term {
        self.term.clone()
    }

    /// Ends it, and gives the lease back so that another need not wait for it to lapse. To be called only when nothing
    /// that this replica has begun to write is still under way.
    pub(in crate::cluster) async fn release(mut self) {
        // Nobody listens if the task has ended.
        let _ = self.leave.send(true);
        if timeout(LAST_WORDS, &mut self.task).await.is_err() {
            warn!("the lease could not be given back in time: it lapses by itself");
        }
    }
}

impl Drop for Campaign {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Runner {
    candidate: Candidate,
    name: String,
    collection: String,
    pace: Pace,
    lines: Lines,
    began: Instant,
    clock: fn() -> Timestamp,
    announced: watch::Sender<(Duration, Timestamp)>,
    /// Who led when it was last said.
    holder: String,
    /// What was last said to be wrong.
    trouble: String,
}

impl Runner {
    async fn run(mut self, mut left: watch::Receiver<bool>) {
        loop {
            let pause = self.round().await;
            tokio::select! {
                // An error: nobody is left to end it in order.
                _ = left.wait_for(|left| *left) => break,
                () = sleep(pause) => {}
            }
        }
        let led = self.began.elapsed() < self.candidate.leads_until();
        self.candidate.resign();
        self.announce(Timestamp::MIN);
        if led && let Err(refusal) = self.give_back().await {
            warn!("the lease could not be given back: {}", words(&refusal));
        }
    }

    /// One look, and what follows from it. Returns how long to wait for the next.
    async fn round(&mut self) -> Duration {
        match self.try_round().await {
            Ok(pause) => {
                self.trouble.clear();
                pause
            }
            // Somebody else was quicker.
            Err(Refusal::Conflict | Refusal::AlreadyExists) => LOOK.min(self.pace.renew),
            Err(refusal) => {
                let trouble = words(&refusal);
                if self.trouble != trouble {
                    warn!("the lease cannot be had: {trouble}");
                    self.trouble = trouble;
                }
                LOOK.min(self.pace.renew)
            }
        }
    }

    async fn try_round(&mut self) -> Result<Duration, Refusal> {
        let known = self.get().await?;
        let seen = known.as_ref().map(read);
        let holder = seen.as_ref().map(|lease| lease.holder.clone()).unwrap_or_default();
        let step = self.candidate.read(seen, self.began.elapsed());
        if step == Step::Wait {
            self.tell(holder);
            return Ok(LOOK.min(self.pace.renew));
        }
        let mut lease = known.unwrap_or_else(new_lease);
        let (sent, now) = (self.began.elapsed(), (self.clock)());
        self.write_name(&mut lease, &holder, now);
        let method = if step == Step::Create { Method::POST } else { Method::PUT };
        self.send(method, &lease).await?;
        self.candidate.won(sent);
        self.announce(now.saturating_add(self.pace.give_up).unwrap_or(now));
        self.tell(self.name.clone());
        Ok(self.pace.renew)
    }

    async fn get(&self) -> Result<Option<Value>, Refusal> {
        self.lines.find(self.request(Method::GET, None)?, self.limit()).await
    }

    async fn send(&self, method: Method, lease: &Value) -> Result<(), Refusal> {
        self.lines.send(self.request(method, Some(lease))?, self.limit()).await.map(drop)
    }

    fn request(&self, method: Method, body: Option<&Value>) -> Result<Request<Vec<u8>>, Refusal> {
        let name = if method == Method::POST { String::new() } else { format!("/{NAME}") };
        request(method, &format!("{}{name}", self.collection), body)
    }

    /// Who does not get through in time is too late for the next round.
    fn limit(&self) -> Duration {
        DEADLINE.min(self.pace.renew)
    }

    /// Puts our name into a lease. Its times are for people: no candidate reads them.
    fn write_name(&self, lease: &mut Value, holder: &str, now: Timestamp) {
        let micro = now.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string();
        let transitions = lease.pointer("/spec/leaseTransitions").and_then(Value::as_i64);
        let mut set = |field: &str, value: Value| set(lease, field, value);
        if holder != self.name {
            set("holderIdentity", json!(self.name));
            set("acquireTime", json!(micro));
            set("leaseTransitions", json!(transitions.map_or(0, |before| before.saturating_add(1))));
        }
        set("renewTime", json!(micro));
        set("leaseDurationSeconds", json!(self.pace.lease.as_secs().max(1)));
    }

    async fn give_back(&self) -> Result<(), Refusal> {
        let Some(mut lease) = self.get().await? else { return Ok(()) };
        if read(&lease).holder == self.name {
            set(&mut lease, "holderIdentity", json!(""));
            self.send(Method::PUT, &lease).await?;
        }
        Ok(())
    }

    fn announce(&self, wall: Timestamp) {
        let until = (self.candidate.leads_until(), wall);
        self.announced.send_if_modified(|known| std::mem::replace(known, until) != until);
    }

    /// Says who leads, once.
    fn tell(&mut self, holder: String) {
        if self.holder == holder {
            return;
        }
        if holder == self.name {
            info!("leads, as {holder}");
        } else {
            info!("{holder} leads");
        }
        self.holder = holder;
    }
}

fn new_lease() -> Value {
    json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": NAME}, "spec": {}})
}

fn set(lease: &mut Value, field: &str, value: Value) {
    if let Some(Value::Object(spec)) = lease.get_mut("spec") {
        spec.insert(field.to_owned(), value);
    }
}

fn read(lease: &Value) -> Seen {
    let text = |pointer: &str| lease.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let seconds = lease.pointer("/spec/leaseDurationSeconds").and_then(Value::as_u64).unwrap_or(0);
    Seen {
        version: text("/metadata/resourceVersion"),
        holder: text("/spec/holderIdentity"),
        duration: Duration::from_secs(seconds),
    }
}

fn words(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Forbidden(words) | Refusal::Failed(words, _) => words.clone(),
        other => format!("{other:?}"),
    }
}
