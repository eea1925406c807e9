//! Effects become requests, and what the server says becomes an answer.
//!
//! Every request has a deadline, every write is bound to what it was decided upon, and what takes access away has
//! connections of its own.

mod access;
mod answer;
mod events;
mod finalizer;
mod http;
mod issue;
pub(super) mod json_patch;
mod overdue;
mod report;
mod verify;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use kube::Config;
use kube::core::Request;
use kube::core::params::GetParams;
use serde_json::Value;

pub use overdue::{Fate, Overdue, revoke_overdue};

pub(super) use self::answer::Refusal;
pub(super) use self::http::{DEADLINE, Lines, request};
use super::effect::{Answer, Effect, Lane};
use super::index::read;
use super::resource::collection_of;
use super::seen::Change;
use crate::facts::ObjectRef;

/// How many requests that take access away are under way at the same time.
const URGENT: usize = 32;

/// How many others.
const NORMAL: usize = 16;

/// How long what gives access, or speaks of it, may wait for a connection before it must be planned anew.
const PATIENCE: Duration = Duration::from_secs(5);

/// Carries out effects. Each runs on its own; their order is the caller's.
pub struct Executor {
    own_namespace: String,
    instance: String,
    clock: fn() -> Timestamp,
    urgent: Lines,
    normal: Lines,
}

impl Executor {
    /// An executor that keeps its records in `own_namespace` and signs its events as `instance`.
    ///
    /// The clock is read for the time of events, and for nothing else.
    pub fn new(
        config: &Config,
        own_namespace: &str,
        instance: &str,
        clock: fn() -> Timestamp,
    ) -> Result<Self, kube::Error> {
        Ok(Self {
            own_namespace: own_namespace.to_owned(),
            instance: instance.to_owned(),
            clock,
            urgent: Lines::new(config, URGENT)?.giving_up_after(PATIENCE),
            normal: Lines::new(config, NORMAL)?,
        })
    }

    /// Asks, before anything is sent that is neither a read nor a deletion, whether this replica still leads. What was
    /// decided as a leader may have waited until another is.
    #[must_use]
    pub fn while_leading(self, leads: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        let gate: http::Gate = Arc::new(leads);
        let (urgent, normal) = (self.urgent.behind(Arc::clone(&gate)), self.normal.behind(gate));
        Self { urgent, normal, ..self }
    }

    /// Carries out one effect. Events that belong to a report are not sent: they are effects of their own.
    pub async fn run(&self, effect: Effect) -> Answer {
        // Whatever holds the lane of access must not queue behind reports.
        let lines = if effect.lane() == Lane::Access { &self.urgent } else { &self.normal };
        let done = match effect {
            Effect::Read(grant, binding) => access::read(lines, grant, binding).await,
            Effect::AddFinalizer(target) => finalizer::add(lines, target).await.map(one),
            Effect::RemoveFinalizer(target) => finalizer::remove(lines, target).await.map(one),
            Effect::CreateBinding(lease) => access::create(lines, &lease).await,
            Effect::ReplaceBinding(target, lease) => access::replace(lines, &target, &lease).await.map(one),
            Effect::DeleteBinding(target) => access::delete(lines, &target).await.map(one),
            Effect::Issue(issue) => issue::issue(lines, &issue).await,
            Effect::Withdraw(target) => issue::withdraw(lines, &target).await.map(one),
            Effect::RecordEnd { grant, at, cause } => {
                access::record_end(lines, &self.own_namespace, &grant, at, cause).await
            }
            Effect::Verify(questions) => {
                return verify::ask(lines, &questions).await.map_or_else(Answer::from, Answer::Verified);
            }
            Effect::WriteStatus(target, status) => {
                report::write_status(lines, &target, &status).await.map(one)
            }
            Effect::Annotate(target, annotations) => {
                report::annotate(lines, &target, &annotations).await.map(one)
            }
            Effect::Event(note) => {
                events::send(lines, &note, &self.instance, (self.clock)()).await.map(|()| Vec::new())
            }
        };
        done.map_or_else(Answer::from, Answer::Done)
    }
}

fn one(change: Change) -> Vec<Change> {
    vec![change]
}

/// What came of a write, from the object in the answer.
fn changed(id: &ObjectRef, object: &Value) -> Result<Change, Refusal> {
    read::change(id.kind, object)
        .ok_or_else(|| Refusal::Failed(format!("unreadable answer about {id}"), None))
}

/// The object as the server itself has it: without a resourceVersion, a GET is answered from the store.
async fn get(lines: &Lines, id: &ObjectRef) -> Result<Option<Value>, Refusal> {
    let request = Request::new(collection_of(id)).get(&id.name, &GetParams::default());
    lines.find(request.map_err(|error| unsendable(&error))?, DEADLINE).await
}

/// A request that cannot be put into words, such as one about an object without a name.
fn unsendable(error: &kube::core::request::Error) -> Refusal {
    Refusal::Failed(error.to_string(), None)
}
