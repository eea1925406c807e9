//! Sends requests over HTTPS and says how long each took: who asks in `cargo xtask bench admission`. A program of its
//! own, so that asking costs little beside answering: what is measured shares the processors with it.
//!
//! At a fixed rate requests are sent whatever becomes of them: a slow answer delays no later request, and counts from
//! the moment at which its request was due.
#![expect(clippy::disallowed_methods, reason = "a program of its own, which keeps time")]

use std::future::Future;
use std::io::{stdin, stdout};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use http::uri::{Parts, PathAndQuery, Scheme};
use http::{HeaderValue, Method, Request, Uri, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use xtask::bench::{Pace, Plan, Took, processor_seconds};

/// How many connections share the requests: an API server has few to each webhook.
const CONNECTIONS: usize = 4;

/// How long the last answers may take.
const PATIENCE: Duration = Duration::from_secs(60);

// One thread: what it saves is left to who answers.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let plan: Plan = serde_json::from_reader(stdin())?;
    let (pace, seconds) = (plan.pace, plan.seconds);
    let asking = Arc::new(Asking::of(plan).await?);
    let used = processor_seconds(std::process::id())?;
    let begun = Instant::now();
    let ask = move |nth| {
        let asking = Arc::clone(&asking);
        async move { asking.one(nth).await }
    };
    let all = async {
        match pace {
            Pace::PerSecond(rate) => at_rate(ask, rate, seconds).await,
            Pace::AtOnce(number) => at_once(ask, number, seconds).await,
        }
    };
    let limit = Duration::from_secs(seconds.into()) + PATIENCE;
    let times = timeout(limit, all).await.context("the last answers did not come")??;
    let (asked, answered) = times.into_iter().unzip();
    let processor = processor_seconds(std::process::id())? - used;
    serde_json::to_writer(
        stdout(),
        &Took { asked, answered, seconds: begun.elapsed().as_secs_f64(), processor },
    )?;
    Ok(())
}

/// What is asked, and where.
struct Asking {
    doors: Vec<SendRequest<Full<Bytes>>>,
    uri: Uri,
    bodies: Vec<Bytes>,
    demanded: String,
}

impl Asking {
    async fn of(plan: Plan) -> Result<Self> {
        let tls = Arc::new(tls(&plan)?);
        let mut doors = Vec::new();
        for _ in 0..CONNECTIONS {
            let stream = TcpStream::connect(plan.address).await?;
            stream.set_nodelay(true)?;
            let name = ServerName::from(plan.address.ip());
            let stream = TlsConnector::from(Arc::clone(&tls)).connect(name, stream).await?;
            let (door, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
            tokio::spawn(connection);
            doors.push(door);
        }
        let mut parts = Parts::default();
        parts.scheme = Some(Scheme::HTTPS);
        parts.authority = Some(plan.address.to_string().parse()?);
        parts.path_and_query = Some(PathAndQuery::try_from(plan.path)?);
        let bodies = plan.bodies.into_iter().map(Bytes::from).collect();
        Ok(Self { doors, uri: Uri::from_parts(parts)?, bodies, demanded: plan.demanded })
    }

    /// Sends a request, and demands the answer that is looked for.
    async fn one(&self, nth: usize) -> Result<()> {
        let door = self.doors.get(nth % CONNECTIONS).cloned();
        let body = self.bodies.get(nth % self.bodies.len().max(1)).cloned();
        let (mut door, body) = door.zip(body).context("nothing to ask")?;
        door.ready().await?;
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri.clone();
        request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let response = door.send_request(request).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        let said = || String::from_utf8_lossy(&body);
        ensure!(status.is_success(), "{status}: {}", said());
        // Not parsed: that would cost more than all the rest.
        let demanded = self.demanded.as_bytes();
        let found = demanded.is_empty() || body.windows(demanded.len()).any(|part| part == demanded);
        ensure!(found, "{}", said());
        Ok(())
    }
}

fn tls(plan: &Plan) -> Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(plan.authority.as_bytes())?)?;
    let config = ClientConfig::builder().with_root_certificates(roots);
    let mut config = match &plan.identity {
        None => config.with_no_client_auth(),
        Some([certificate, key]) => config.with_client_auth_cert(
            vec![CertificateDer::from_pem_slice(certificate.as_bytes())?],
            PrivateKeyDer::from_pem_slice(key.as_bytes())?,
        )?,
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(config)
}

/// Asks at a rate. Returns, for each, the milliseconds from when it was due until it was asked and answered.
async fn at_rate<A, F>(ask: A, rate: u32, seconds: u32) -> Result<Vec<(f64, f64)>>
where
    A: Fn(usize) -> F + Clone + Send + 'static,
    F: Future<Output = Result<()>> + Send + 'static,
{
    let runtime = Handle::current();
    // A thread of its own: the runtime's timers know whole milliseconds only, and would count as waiting.
    let questions = tokio::task::spawn_blocking(move || {
        let mut questions = JoinSet::new();
        let begin = Instant::now();
        for nth in 0..rate * seconds {
            let due = begin + Duration::from_secs(1) * nth / rate;
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            let ask = ask.clone();
            let one = async move {
                let asked = milliseconds_since(due);
                ask(usize::try_from(nth)?).await?;
                anyhow::Ok((asked, milliseconds_since(due)))
            };
            questions.spawn_on(one, &runtime);
        }
        questions
    });
    let mut questions = questions.await?;
    let mut times = Vec::new();
    while let Some(one) = questions.join_next().await {
        times.push(one.context("a request panicked")??);
    }
    Ok(times)
}

/// Asks so often that so many requests are under way at any time. Returns the same, each due once one before has ended.
async fn at_once<A, F>(ask: A, number: u32, seconds: u32) -> Result<Vec<(f64, f64)>>
where
    A: Fn(usize) -> F + Clone + Send + 'static,
    F: Future<Output = Result<()>> + Send + 'static,
{
    let next = Arc::new(AtomicUsize::new(0));
    let end = Instant::now() + Duration::from_secs(seconds.into());
    let mut workers = JoinSet::new();
    for _ in 0..number {
        let (ask, next) = (ask.clone(), Arc::clone(&next));
        workers.spawn(async move {
            let mut times = Vec::new();
            while Instant::now() < end {
                let due = Instant::now();
                ask(next.fetch_add(1, Ordering::Relaxed)).await?;
                times.push((0.0, milliseconds_since(due)));
            }
            anyhow::Ok(times)
        });
    }
    let mut times = Vec::new();
    while let Some(worker) = workers.join_next().await {
        times.extend(worker.context("a request panicked")??);
    }
    Ok(times)
}

fn milliseconds_since(due: Instant) -> f64 {
    due.elapsed().as_secs_f64() * 1000.0
}
