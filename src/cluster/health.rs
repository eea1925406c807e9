//! What the operator tells of itself: `/healthz`, `/readyz` and `/metrics`.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::metrics::Metrics;

/// The main loop turns at least once a second; silent for this long, it hangs.
const SILENCE: Duration = Duration::from_secs(30);

/// What is known of the operator's own state.
#[derive(Debug)]
pub struct Health {
    started: Instant,
    /// Milliseconds from the start to the last turn of the main loop.
    beat: AtomicU64,
    /// Why the operator is not ready; empty when it is.
    waiting: Mutex<BTreeMap<Concern, String>>,
    metrics: Metrics,
}

/// What can keep the operator from being ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Concern {
    /// It was asked to stop.
    Stop,
    /// Not everything was listed and judged yet.
    Lists,
    /// The webhook has no certificate.
    Certificate,
}

impl Health {
    /// Alive, and not ready.
    #[expect(clippy::disallowed_methods, reason = "a monotonic clock for liveness; judgement never sees it")]
    pub fn new() -> Self {
        let waiting =
            BTreeMap::from([(Concern::Lists, "not everything is listed and judged yet".to_owned())]);
        let (beat, metrics) = (AtomicU64::new(0), Metrics::default());
        Self { started: Instant::now(), beat, waiting: Mutex::new(waiting), metrics }
    }

    pub(super) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    pub(super) fn beat(&self) {
        let millis = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.beat.store(millis, Ordering::Relaxed);
    }

    /// Not ready, for this reason.
    pub(super) fn wait(&self, concern: Concern, why: String) {
        self.lock().insert(concern, why);
    }

    /// This is no reason any more.
    pub(super) fn settle(&self, concern: Concern) {
        self.lock().remove(&concern);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Concern, String>> {
        self.waiting.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn alive(&self) -> bool {
        let beat = Duration::from_millis(self.beat.load(Ordering::Relaxed));
        self.started.elapsed().saturating_sub(beat) < SILENCE
    }

    pub(super) fn waiting_for(&self) -> Option<String> {
        self.lock().values().next().cloned()
    }
}

impl Default for Health {
    fn default() -> Self {
        Self::new()
    }
}

/// Binds the address of the health endpoints.
pub async fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    TcpListener::bind(address).await
}

/// Answers until `stop` says so.
pub async fn serve(listener: TcpListener, health: Arc<Health>, mut stop: watch::Receiver<bool>) {
    let router = Router::new().route("/healthz", get(healthz)).route("/readyz", get(readyz));
    let router = router.route("/metrics", get(metrics)).with_state(health);
    let stopped = async move { drop(stop.wait_for(|stop| *stop).await) };
    if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stopped).await {
        tracing::error!("the health endpoints have ended: {error}");
    }
}

async fn healthz(State(health): State<Arc<Health>>) -> (StatusCode, &'static str) {
    if health.alive() {
        (StatusCode::OK, "ok\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "the main loop hangs\n")
    }
}

async fn readyz(State(health): State<Arc<Health>>) -> (StatusCode, String) {
    match health.waiting_for() {
        None => (StatusCode::OK, "ok\n".to_owned()),
        Some(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")),
    }
}

/// The type of the text, which says more than that of the older format.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

async fn metrics(State(health): State<Arc<Health>>) -> Response {
    match health.metrics.text().await {
        Ok(text) => ([(CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
