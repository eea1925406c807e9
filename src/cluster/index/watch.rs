//! One watch for each kind.
//!
//! Objects are read as plain JSON, so that one with an unexpected shape is a fact about itself and never the end of its
//! stream. Lists are taken from the newest state, in pages, rather than streamed from whatever the answering server has
//! cached: a list that lags behind would report what is new as gone.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use futures::{Stream, StreamExt, TryStreamExt};
use kube::core::metadata::PartialObjectMeta;
use kube::core::{ApiResource, DynamicObject, ObjectMeta, Resource};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Api, Client, Config};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::ends;
use super::known::Known;
use super::pulse::{Pulse, heard_by};
use crate::cluster::resource;
use crate::cluster::seen::Change;
use crate::facts::Kind;

/// How long a watch runs before it is opened anew. The client waits five seconds longer for a sign of life, so that a
/// connection that died in silence is noticed within a minute.
pub(super) const WATCH_SECONDS: u32 = 55;

/// How long a list may give no sign of life. Longer than a watch may be silent, for it ends those too.
pub(super) const SILENCE: Duration = Duration::from_secs(70);

/// What the watches tell.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Something became of an object.
    Change(Box<Change>),
    /// Everything that exists of a kind has been told, and what is gone since the last list. [`Kind::GrantEnd`] stands
    /// for the record of ended grants.
    Listed(Kind),
    /// A kind cannot be read at present; it is tried again. The same failure is told once, until it is over.
    Failed {
        /// The kind.
        stream: Kind,
        /// What cannot be done: `list` or `watch`.
        verb: &'static str,
        /// Of what, as roles name it: `accessgrants.cxguard.dev`.
        resource: String,
        /// Why, in the server's own words where it gave any.
        message: String,
        /// Whether the operator lacks the permission.
        forbidden: bool,
    },
}

/// The kinds that are watched.
pub const STREAMS: [Kind; 31] = [
    Kind::CompliancePolicy,
    Kind::Vendor,
    Kind::Person,
    Kind::DataFlow,
    Kind::Survey,
    Kind::AccessGrant,
    Kind::IncidentPlan,
    Kind::Incident,
    Kind::Exemption,
    Kind::GrantEnd,
    Kind::Namespace,
    Kind::Node,
    Kind::Pod,
    Kind::ReplicaSet,
    Kind::Deployment,
    Kind::StatefulSet,
    Kind::DaemonSet,
    Kind::Job,
    Kind::CronJob,
    Kind::Role,
    Kind::ClusterRole,
    Kind::RoleBinding,
    Kind::ClusterRoleBinding,
    Kind::Service,
    Kind::ConfigMap,
    Kind::Ingress,
    Kind::HttpRoute,
    Kind::NetworkPolicy,
    Kind::PersistentVolumeClaim,
    Kind::PersistentVolume,
    Kind::StorageClass,
];

/// What concerns the operator alone, and no judgement.
const OWN: [Kind; 2] = [Kind::ValidatingWebhookConfiguration, Kind::MutatingWebhookConfiguration];

/// The kinds that an operator watches: those of [`STREAMS`], its webhook configurations, and where accounts are issued,
/// these too.
pub fn streams(issue_accounts: bool) -> Vec<Kind> {
    STREAMS.into_iter().chain(OWN).chain(issue_accounts.then_some(Kind::ServiceAccount)).collect()
}

/// What is the operator's own among objects of others, of which nothing else is watched.
#[derive(Clone, Debug)]
pub struct Own {
    /// The namespace in which it keeps its records.
    pub namespace: String,
    /// The name of its webhook configurations.
    pub webhooks: String,
}

/// Watches kinds until the receiver is dropped. Dropping the future ends the watches.
///
/// It returns without the receiver being dropped only if a stream ended or panicked: nothing may be decided any more
/// upon what was seen so far, and the caller should end.
pub async fn watch(
    mut config: Config,
    own: Own,
    kinds: Vec<Kind>,
    events: mpsc::Sender<Event>,
    pulse: Arc<Pulse>,
) -> Result<(), kube::Error> {
    // Without these, a list that is never answered would wait for ever.
    config.read_timeout = Some(SILENCE);
    config.reset_reader_on_write = true;
    // The watcher has its own back-off, which tells of failures.
    config.default_retry = false;
    let client = heard_by(&pulse, Client::try_from(config)?);
    let mut streams = JoinSet::new();
    for kind in kinds {
        let of = resource::api_resource(kind);
        let client = client.clone();
        let told = Told { events: events.clone(), pulse: Arc::clone(&pulse), webhooks: own.webhooks.clone() };
        match kind {
            // Of these, nothing but the metadata is ever read.
            Kind::Namespace | Kind::ServiceAccount => {
                let api: Api<PartialObjectMeta<DynamicObject>> = Api::all_with(client, &of);
                let objects = objects(api, watcher::Config::default(), only_metadata);
                streams.spawn(follow(kind, objects, told));
            }
            Kind::GrantEnd => {
                let api: Api<DynamicObject> = Api::namespaced_with(client, &own.namespace, &of);
                let ours = watcher::Config::default().labels(&format!("{}=true", ends::LABEL));
                streams.spawn(follow(kind, objects(api, ours, whole), told));
            }
            Kind::ValidatingWebhookConfiguration | Kind::MutatingWebhookConfiguration => {
                let api: Api<DynamicObject> = Api::all_with(client, &of);
                let ours = watcher::Config::default().fields(&format!("metadata.name={}", own.webhooks));
                streams.spawn(follow(kind, objects(api, ours, whole), told));
            }
            Kind::ConfigMap => {
                let api: Api<DynamicObject> = Api::all_with(client, &of);
                // Each may have a megabyte. Of the one that every namespace has, nothing is read.
                let few = watcher::Config::default().page_size(50).fields("metadata.name!=kube-root-ca.crt");
                streams.spawn(follow(kind, objects(api, few, whole), told));
            }
            _ => {
                let api: Api<DynamicObject> = Api::all_with(client, &of);
                let objects = objects(api, watcher::Config::default(), whole);
                streams.spawn(follow(kind, objects, told));
            }
        }
    }
    drop(streams.join_next().await);
    Ok(())
}

pub(super) fn whole(object: DynamicObject) -> Value {
    let DynamicObject { metadata, mut data, .. } = object;
    match data.as_object_mut() {
        Some(fields) => drop(fields.insert("metadata".to_owned(), trimmed(metadata))),
        None => data = json!({ "metadata": trimmed(metadata) }),
    }
    data
}

fn only_metadata(object: PartialObjectMeta<DynamicObject>) -> Value {
    json!({ "metadata": trimmed(object.metadata) })
}

fn trimmed(mut metadata: ObjectMeta) -> Value {
    // Often the larger half of an object.
    metadata.managed_fields = None;
    json!(metadata)
}

fn objects<K>(
    api: Api<K>,
    config: watcher::Config,
    value: fn(K) -> Value,
) -> impl Stream<Item = watcher::Result<watcher::Event<Value>>> + Send + 'static
where
    K: Resource<DynamicType = ApiResource> + Clone + Debug + DeserializeOwned + Send + 'static,
{
    let events = watcher(api, config.timeout(WATCH_SECONDS)).default_backoff();
    events.map_ok(move |event| match event {
        watcher::Event::Apply(object) => watcher::Event::Apply(value(object)),
        watcher::Event::Delete(object) => watcher::Event::Delete(value(object)),
        watcher::Event::Init => watcher::Event::Init,
        watcher::Event::InitApply(object) => watcher::Event::InitApply(value(object)),
        watcher::Event::InitDone => watcher::Event::InitDone,
    })
}

/// Who is told what a stream says.
struct Told {
    events: mpsc::Sender<Event>,
    pulse: Arc<Pulse>,
    /// The name of the webhook configurations.
    webhooks: String,
}

/// Tells what a stream says until nobody listens any more.
async fn follow(
    kind: Kind,
    stream: impl Stream<Item = watcher::Result<watcher::Event<Value>>> + Send,
    Told { events, pulse, webhooks }: Told,
) {
    let mut known = Known::new(kind);
    let mut last = None;
    let mut stream = std::pin::pin!(stream);
    loop {
        let next = tokio::select! {
            next = stream.next() => next,
            () = events.closed() => return,
        };
        let told = match next {
            // A list that is about to be tried says nothing yet about whether it works.
            Some(Ok(watcher::Event::Init)) => known.take(watcher::Event::Init),
            Some(Ok(event)) => {
                last = None;
                if matches!(event, watcher::Event::InitDone) {
                    pulse.beats(kind);
                }
                known.take(event)
            }
            Some(Err(error)) => {
                let (failed, nowhere) = (failure(kind, &error), is_served_elsewhere_only(kind, &error));
                let unreadable = unreadable(&failed);
                if nowhere {
                    pulse.beats(kind);
                } else {
                    pulse.fails(kind);
                }
                if last.as_ref() == Some(&failed) {
                    continue;
                }
                last = Some(failed.clone());
                match unreadable {
                    _ if nowhere => known.nothing_exists(),
                    Some(problem) => [known.unreadable(&webhooks, problem), vec![failed]].concat(),
                    None => vec![failed],
                }
            }
            None => return,
        };
        for event in told {
            if events.send(event).await.is_err() {
                return;
            }
        }
    }
}

/// Whether a kind that not every cluster has is not served here: then no object of it exists. It is asked for again, as
/// after any failure, for it may be defined later.
fn is_served_elsewhere_only(kind: Kind, error: &watcher::Error) -> bool {
    let (watcher::Error::InitialListFailed(kube::Error::Api(status))
    | watcher::Error::WatchStartFailed(kube::Error::Api(status))
    | watcher::Error::WatchFailed(kube::Error::Api(status))) = error
    else {
        return false;
    };
    kind == Kind::HttpRoute && status.code == 404
}

/// Why a kind cannot be read that concerns a report alone, if the operator lacks the permission: nothing that it did
/// before may wait for a right that an older release did not need. It is asked for again, as after any failure.
fn unreadable(failed: &Event) -> Option<String> {
    match failed {
        Event::Failed { stream, verb, resource, forbidden: true, .. } if OWN.contains(stream) => {
            Some(format!("no permission to {verb} {resource}"))
        }
        _ => None,
    }
}

fn failure(kind: Kind, error: &watcher::Error) -> Event {
    let (verb, status, message) = match error {
        watcher::Error::InitialListFailed(kube::Error::Api(status)) => ("list", Some(&**status), None),
        watcher::Error::WatchStartFailed(kube::Error::Api(status))
        | watcher::Error::WatchFailed(kube::Error::Api(status))
        | watcher::Error::WatchError(status) => ("watch", Some(&**status), None),
        watcher::Error::InitialListFailed(error) => ("list", None, Some(causes(error))),
        error => ("watch", None, Some(causes(error))),
    };
    let resource = resource::plural(kind);
    let code = status.map_or(0, |status| status.code);
    let message = match status {
        // Not an object is missing but the collection: its definition.
        Some(_) if code == 404 => {
            format!("the API server does not serve {resource}: are the definitions installed?")
        }
        Some(status) => status.message.clone(),
        None => message.unwrap_or_default(),
    };
    Event::Failed { stream: kind, verb, resource, message, forbidden: code == 403 }
}

/// An error and what lies beneath it: what a client says of a lost connection names the cause only at the bottom.
pub(super) fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let further = error.to_string();
        if !text.contains(&further) {
            text = format!("{text}: {further}");
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use kube::core::Status;

    use super::*;
    use crate::facts::{Fact, ObjectRef};

    fn api(code: u16, message: &str) -> kube::Error {
        kube::Error::Api(Status::failure(message, "").with_code(code).boxed())
    }

    #[test]
    fn failures_say_what_cannot_be_done_and_why() {
        let words = r#"people.cxguard.dev is forbidden: User "x" cannot list resource "people""#;
        let failed = failure(Kind::Person, &watcher::Error::InitialListFailed(api(403, words)));
        let expected = Event::Failed {
            stream: Kind::Person,
            verb: "list",
            resource: "people.cxguard.dev".to_owned(),
            message: words.to_owned(),
            forbidden: true,
        };
        assert_eq!(failed, expected);
        let missing = watcher::Error::InitialListFailed(api(404, "404 page not found"));
        let Event::Failed { message, forbidden: false, .. } = failure(Kind::DataFlow, &missing) else {
            panic!("it failed")
        };
        assert!(message.contains("does not serve dataflows.cxguard.dev"), "{message}");
    }

    #[tokio::test]
    async fn a_kind_that_is_not_served_holds_nothing_up() {
        let missing = || watcher::Error::InitialListFailed(api(404, "404 page not found"));
        let told = async |kind, errors: Vec<watcher::Error>| {
            let (sender, mut events) = mpsc::channel(8);
            let errors = futures::stream::iter(errors.into_iter().map(Err));
            let pulse = Arc::new(Pulse::new("cxguard"));
            let told = Told { events: sender, pulse, webhooks: "cxguard".to_owned() };
            follow(kind, errors, told).await;
            let mut told = Vec::new();
            while let Some(event) = events.recv().await {
                told.push(event);
            }
            told
        };
        assert_eq!(told(Kind::HttpRoute, vec![missing(), missing()]).await, [Event::Listed(Kind::HttpRoute)]);
        let forbidden = || watcher::Error::InitialListFailed(api(403, "no"));
        let broken = || watcher::Error::InitialListFailed(api(500, "no"));
        for (kind, error) in [
            (Kind::HttpRoute, forbidden()),
            (Kind::Ingress, missing()),
            (Kind::ValidatingWebhookConfiguration, broken()),
        ] {
            let told = told(kind, vec![error]).await;
            assert!(matches!(told[..], [Event::Failed { .. }]), "{told:?}");
        }
        for kind in OWN {
            let told = told(kind, vec![forbidden(), forbidden()]).await;
            let [Event::Change(change), Event::Listed(of), Event::Failed { .. }] = &told[..] else {
                panic!("{told:?}")
            };
            assert_eq!((&change.id, *of), (&ObjectRef::cluster(kind, "cxguard"), kind));
            let Some((Fact::Unreadable(why), _)) = &change.now else { panic!("{change:?}") };
            assert_eq!(why.problems[0].problem, format!("no permission to list {}", resource::plural(kind)));
        }
    }

    #[test]
    fn objects_are_read_without_what_nobody_needs() {
        let object: DynamicObject = serde_json::from_value(json!({
            "metadata": {"name": "a", "uid": "u", "managedFields": [{"manager": "kubectl"}]},
            "spec": {"x": 1},
        }))
        .unwrap();
        assert_eq!(whole(object), json!({"metadata": {"name": "a", "uid": "u"}, "spec": {"x": 1}}));
    }

    #[test]
    fn every_kind_is_watched_once() {
        assert!(STREAMS.iter().enumerate().all(|(at, kind)| !STREAMS[..at].contains(kind)));
        assert_eq!(streams(false), [&STREAMS[..], &OWN].concat());
        assert_eq!(streams(true), [&STREAMS[..], &OWN, &[Kind::ServiceAccount]].concat());
    }
}
