//! Whether the watches are alive.
//!
//! The watcher tells neither of bookmarks nor that a watch was opened again, and of a quiet kind it says nothing for
//! hours. So its requests are listened to. A sign of life is
//!
//! - each byte of a watch;
//! - the end of a watch that ran for as long as it was asked to, and that the server ended itself. A quiet one may have no
//!   byte before that: the API server sends no bookmark that would only repeat the version from which the watch began.
//!   A server says in order what it sees, and a connection that breaks has no such end: so everything that it had seen
//!   was passed on.
//!
//! That a watch was opened is none, for who accepts it may then say nothing: it only ends a failure. Nor is an end before
//! its time, for anybody between can answer with nothing at once. None of these signs tells how far the server is behind
//! its store; a watch that goes on from a version which the server has forgotten fails, and all is listed anew.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use futures::{StreamExt, future, stream};
use http::{Request, Uri};
use http_body_util::{BodyStream, StreamBody};
use kube::Client;
use kube::client::Body;
use tokio::time::Instant;

use super::watch::{SILENCE, STREAMS, WATCH_SECONDS};
use crate::admission::Freshness;
use crate::cluster::resource::collection;
use crate::facts::Kind;

/// How long a watch runs that nothing cut short, but for what clocks may differ by.
const WHOLE: Duration = Duration::from_secs(WATCH_SECONDS as u64 - 1);

/// When each kind was last heard of.
#[derive(Debug)]
pub struct Pulse {
    began: Instant,
    /// By the path of its collection.
    streams: BTreeMap<String, Kind>,
    signs: BTreeMap<Kind, Sign>,
}

#[derive(Debug, Default)]
struct Sign {
    /// Milliseconds from the beginning.
    last: AtomicU64,
    failing: AtomicBool,
    failures: AtomicU64,
}

impl Sign {
    /// For how long nothing was heard.
    fn silent(&self, now: Duration) -> Duration {
        now.saturating_sub(Duration::from_millis(self.last.load(Ordering::Relaxed)))
    }
}

impl Pulse {
    /// Nothing has been heard of yet.
    pub fn new(own_namespace: &str) -> Self {
        let path = |kind| collection(kind, if kind == Kind::GrantEnd { own_namespace } else { "" });
        Self {
            began: Instant::now(),
            streams: STREAMS.into_iter().map(|kind| (path(kind), kind)).collect(),
            signs: STREAMS.into_iter().map(|kind| (kind, Sign::default())).collect(),
        }
    }

    /// What is behind at this instant: kinds that cannot be read, since they were last heard of; and kinds of which
    /// nothing was heard for longer than a healthy watch is ever silent.
    pub fn freshness(&self) -> Freshness {
        let now = self.began.elapsed();
        let behind = self.signs.iter().filter_map(|(kind, sign)| {
            let silent = sign.silent(now);
            let behind = silent > SILENCE || sign.failing.load(Ordering::Relaxed);
            behind.then(|| (*kind, i64::try_from(silent.as_secs()).unwrap_or(i64::MAX)))
        });
        Freshness { behind: behind.collect() }
    }

    /// Of each kind, how long nothing was heard, and how often it could not be read.
    pub(in crate::cluster) fn signs(&self) -> impl Iterator<Item = (Kind, Duration, u64)> {
        let now = self.began.elapsed();
        self.signs
            .iter()
            .map(move |(kind, sign)| (*kind, sign.silent(now), sign.failures.load(Ordering::Relaxed)))
    }

    /// The kinds of which nothing is heard, failing or not.
    pub(in crate::cluster) fn silent(&self) -> BTreeSet<Kind> {
        let behind = self.freshness().behind.into_iter();
        behind
            .filter(|(_, seconds)| seconds.unsigned_abs() > SILENCE.as_secs())
            .map(|(kind, _)| kind)
            .collect()
    }

    /// A kind was heard of.
    pub(super) fn beats(&self, kind: Kind) {
        if let Some(sign) = self.signs.get(&kind) {
            let millis = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
            sign.last.store(millis, Ordering::Relaxed);
            sign.failing.store(false, Ordering::Relaxed);
        }
    }

    /// A kind cannot be read.
    pub(super) fn fails(&self, kind: Kind) {
        if let Some(sign) = self.signs.get(&kind) {
            sign.failing.store(true, Ordering::Relaxed);
            sign.failures.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A watch goes on from where the last one ended. Whether it says anything is another question.
    fn opens(&self, kind: Kind) {
        if let Some(sign) = self.signs.get(&kind) {
            sign.failing.store(false, Ordering::Relaxed);
        }
    }

    /// The kind that a request would watch.
    fn watched(&self, uri: &Uri) -> Option<Kind> {
        let watches = uri.query().unwrap_or_default().split('&').any(|pair| pair == "watch=true");
        watches.then(|| self.streams.get(uri.path()).copied()).flatten()
    }
}

/// The same client, whose watches are listened to.
pub(super) fn heard_by(pulse: &Arc<Pulse>, client: Client) -> Client {
    let pulse = Arc::clone(pulse);
    let listening = tower::service_fn(move |request: Request<Body>| {
        let (client, pulse, watched) = (client.clone(), Arc::clone(&pulse), pulse.watched(request.uri()));
        async move {
            let asked = Instant::now();
            let response = client.send(request).await?;
            let watched = watched.filter(|_| response.status().is_success());
            watched.inspect(|kind| pulse.opens(*kind));
            let mut broken = false;
            Ok::<_, kube::Error>(response.map(|body| {
                let frames = BodyStream::new(body).map(Some).chain(stream::iter([None]));
                StreamBody::new(frames.filter_map(move |frame| {
                    broken |= matches!(frame, Some(Err(_)));
                    let ended = frame.is_none() && asked.elapsed() >= WHOLE;
                    let sign = !broken && (frame.is_some() || ended);
                    watched.filter(|_| sign).inspect(|kind| pulse.beats(*kind));
                    future::ready(frame)
                }))
            }))
        }
    });
    Client::new(listening, "default")
}

#[cfg(test)]
mod tests {
    use std::io;

    use http::Response;
    use hyper::body::{Bytes, Frame};
    use kube::Api;
    use kube::api::WatchParams;
    use kube::core::DynamicObject;
    use tokio::time::{advance, pause, sleep};

    use super::*;
    use crate::cluster::resource::api_resource;

    fn behind(pulse: &Pulse, kind: Kind) -> Option<i64> {
        pulse.freshness().behind.get(&kind).copied()
    }

    #[tokio::test]
    async fn silence_and_failures_are_told_apart() {
        pause();
        let pulse = Pulse::new("own");
        let kind = Kind::Person;
        advance(Duration::from_secs(70)).await;
        assert_eq!(behind(&pulse, kind), None);
        advance(Duration::from_secs(1)).await;
        assert_eq!(behind(&pulse, kind), Some(71));
        pulse.beats(kind);
        assert_eq!((behind(&pulse, kind), behind(&pulse, Kind::Pod)), (None, Some(71)));
        advance(Duration::from_secs(5)).await;
        pulse.fails(kind);
        assert_eq!(behind(&pulse, kind), Some(5));
        let sign = pulse.signs().find(|(of, ..)| *of == kind);
        assert_eq!(sign, Some((kind, Duration::from_secs(5), 1)));
        // That a watch was opened ends a failure, not a silence.
        pulse.opens(kind);
        assert_eq!(behind(&pulse, kind), None);
        advance(Duration::from_secs(66)).await;
        pulse.opens(kind);
        assert_eq!(behind(&pulse, kind), Some(71));
    }

    #[tokio::test]
    async fn every_byte_of_a_watch_is_a_sign_of_life() {
        pause();
        let pulse = Arc::new(Pulse::new("own"));
        let bookmark = r#"{"type": "BOOKMARK", "object": {"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"resourceVersion": "7", "annotations": {}}}}"#;
        let answer = move |_: Request<Body>| async move {
            let line = format!("{}\n", bookmark.replace('\n', ""));
            Ok::<_, kube::Error>(Response::new(Body::from(line.into_bytes())))
        };
        let client = heard_by(&pulse, Client::new(tower::service_fn(answer), "default"));
        advance(Duration::from_secs(80)).await;
        for (kind, namespace) in [(Kind::GrantEnd, Some("own")), (Kind::ConfigMap, None)] {
            let of = api_resource(kind);
            let api: Api<DynamicObject> = match namespace {
                Some(namespace) => Api::namespaced_with(client.clone(), namespace, &of),
                None => Api::all_with(client.clone(), &of),
            };
            let events = api.watch(&WatchParams::default(), "1").await.unwrap();
            assert_eq!(behind(&pulse, kind), Some(80), "{kind:?}: it is open, and silent");
            assert!(Box::pin(events).next().await.is_some());
            assert_eq!(behind(&pulse, kind), None, "{kind:?}");
        }
        assert_eq!(behind(&pulse, Kind::Pod), Some(80));
    }

    #[tokio::test]
    async fn a_quiet_watch_that_ends_in_its_time_is_alive() {
        pause();
        for (seconds, breaks, expected) in [
            (55, false, None),
            (54, false, None),
            (55, true, Some(135)),
            (53, false, Some(133)),
            (0, false, Some(80)),
        ] {
            let pulse = Arc::new(Pulse::new("own"));
            let answer = move |_: Request<Body>| async move {
                let end = async move {
                    sleep(Duration::from_secs(seconds)).await;
                    breaks.then(|| Err::<Frame<Bytes>, _>(io::Error::from(io::ErrorKind::ConnectionReset)))
                };
                let silence = stream::once(end).filter_map(future::ready);
                Ok::<_, kube::Error>(Response::new(StreamBody::new(silence)))
            };
            let client = heard_by(&pulse, Client::new(tower::service_fn(answer), "default"));
            advance(Duration::from_secs(80)).await;
            let api: Api<DynamicObject> = Api::all_with(client, &api_resource(Kind::Person));
            let events = api.watch(&WatchParams::default(), "1").await.unwrap();
            let told: Vec<_> = events.collect().await;
            assert_eq!(told.len(), usize::from(breaks), "{told:?}");
            assert_eq!(behind(&pulse, Kind::Person), expected, "{seconds} s, breaks: {breaks}");
        }
    }
}
