//! Connections: accepted, encrypted, watched over, and let go.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::server::NoServerSessionStorage;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};
use tokio::time::{interval_at, sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tracing::{debug, warn};

use super::handler::Handler;
use super::peers::{Guest, Peers};
use super::{Callers, Certificates, Judge, Limits, Tally};

/// How large the head of a request may be. The API server's has a few hundred bytes.
const HEAD_BYTES: usize = 16 << 10;

/// How many requests one HTTP/2 connection may have open: as many as one peer may have in work. The API server has one
/// connection, and opens another for more.
const STREAMS: u32 = 128;

/// How much one HTTP/2 connection may send before any of it is read. It is memory that nobody counts.
const WINDOW: u32 = 128 << 10;
const STREAM_WINDOW: u32 = 64 << 10;

/// A peer that does not answer this often and this long is gone.
const PING_EVERY: Duration = Duration::from_secs(20);
const PING_WAIT: Duration = Duration::from_secs(10);

/// After a failure to accept, such as for want of file descriptors.
const BREATH: Duration = Duration::from_millis(100);

/// A server at work. Dropping it ends it at once.
pub struct Server {
    stop: watch::Sender<bool>,
    task: tokio::task::JoinHandle<()>,
}

impl Server {
    /// Serves these callers on this listener, with whatever certificate is there when a connection begins.
    pub fn start(
        listener: TcpListener,
        certificates: Arc<Certificates>,
        Callers(callers): Callers,
        judge: Judge,
        limits: Limits,
        tally: Tally,
    ) -> Result<Self, rustls::Error> {
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()));
        let config = config.with_safe_default_protocol_versions()?.with_client_cert_verifier(callers);
        let mut config = config.with_cert_resolver(certificates);
        // A session that goes on over another connection would not be asked for its certificate again.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let (stop, stopped) = watch::channel(false);
        let front = Front {
            tls: TlsAcceptor::from(Arc::new(config)),
            handler: Arc::new(Handler::new(judge, limits, tally)),
            limits,
            stopped,
        };
        Ok(Self { stop, task: tokio::spawn(front.accept(listener)) })
    }

    /// Accepts no more, lets requests in work end, and returns.
    pub async fn drain(mut self) {
        // Nobody listens if the task has ended.
        let _ = self.stop.send(true);
        if (&mut self.task).await.is_err() {
            warn!("the webhook has ended by itself");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What every connection needs.
#[derive(Clone)]
struct Front {
    tls: TlsAcceptor,
    handler: Arc<Handler>,
    limits: Limits,
    stopped: watch::Receiver<bool>,
}

impl Front {
    async fn accept(self, listener: TcpListener) {
        let peers = Peers::new(self.limits);
        let mut connections = JoinSet::new();
        let mut stopped = self.stopped.clone();
        loop {
            let accepted = tokio::select! {
                // An error: nobody is left to stop it in order.
                _ = stopped.wait_for(|stopped| *stopped) => break,
                accepted = listener.accept() => accepted,
                Some(_) = connections.join_next() => continue,
            };
            match accepted {
                Ok((stream, address)) => {
                    if let Some(guest) = peers.admit(address.ip()) {
                        connections.spawn(self.clone().connection(stream, guest));
                    } else {
                        debug!("a connection to the webhook was closed: {address} or all have too many");
                    }
                }
                Err(error) => {
                    warn!("a connection to the webhook could not be accepted: {error}");
                    sleep(BREATH).await;
                }
            }
        }
        drop(listener);
        let all = async { while connections.join_next().await.is_some() {} };
        if timeout(self.limits.drain, all).await.is_err() {
            warn!("connections to the webhook were cut with requests in work");
        }
    }

    async fn connection(mut self, stream: TcpStream, guest: Guest) {
        // An answer is small, and waited for.
        let _ = stream.set_nodelay(true);
        let greeting = timeout(self.limits.head, self.tls.accept(stream));
        let greeted = tokio::select! {
            greeted = greeting => greeted,
            _ = self.stopped.wait_for(|stopped| *stopped) => return,
        };
        match greeted {
            Ok(Ok(stream)) => self.serve(stream, &guest).await,
            Ok(Err(error)) => debug!("a connection to the webhook failed: {error}"),
            Err(_) => debug!("a connection to the webhook took too long to begin"),
        }
    }

    async fn serve(mut self, stream: TlsStream<TcpStream>, guest: &Guest) {
        let usage = Usage::default();
        let builder = self.builder(stream.get_ref().1.alpn_protocol() == Some(b"h2"));
        let service = service_fn(|request| {
            let (handler, begun) = (Arc::clone(&self.handler), usage.begin());
            let peer = Arc::clone(&guest.peer);
            async move {
                let answer = handler.answer(request, &peer).await;
                drop(begun);
                Ok::<_, std::convert::Infallible>(answer)
            }
        });
        let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
        let mut looks = interval_at(Instant::now() + self.limits.idle, self.limits.idle);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut closing, mut known) = (false, 0);
        loop {
            tokio::select! {
                ended = connection.as_mut() => {
                    if let Err(error) = ended {
                        debug!("a connection to the webhook ended: {error}");
                    }
                    return;
                }
                _ = self.stopped.wait_for(|stopped| *stopped), if !closing => closing = true,
                _ = looks.tick() => {
                    let (begun, in_work) = usage.read();
                    // Asked to close, and still here.
                    if closing && in_work == 0 {
                        return;
                    }
                    closing |= in_work == 0 && begun == known;
                    known = begun;
                }
            }
            if closing {
                connection.as_mut().graceful_shutdown();
            }
        }
    }

    fn builder(&self, is_h2: bool) -> Builder<TokioExecutor> {
        let mut builder = Builder::new(TokioExecutor::new());
        let mut one = builder.http1();
        one.timer(TokioTimer::new()).header_read_timeout(self.limits.head).max_buf_size(HEAD_BYTES);
        let mut two = builder.http2();
        two.timer(TokioTimer::new())
            .keep_alive_interval(PING_EVERY)
            .keep_alive_timeout(PING_WAIT)
            .max_header_list_size(u32::try_from(HEAD_BYTES).unwrap_or(u32::MAX))
            .max_concurrent_streams(STREAMS)
            .initial_connection_window_size(WINDOW)
            .initial_stream_window_size(STREAM_WINDOW);
        if is_h2 { builder.http2_only() } else { builder.http1_only() }
    }
}

/// How much a connection is used.
#[derive(Clone, Default)]
struct Usage(Arc<[AtomicUsize; 2]>);

impl Usage {
    fn begin(&self) -> Begun {
        let [begun, _] = &*self.0;
        begun.fetch_add(1, Ordering::Relaxed);
        Begun(self.clone())
    }

    /// How many requests have begun, and how many of them are in work.
    fn read(&self) -> (usize, usize) {
        let [begun, ended] = &*self.0;
        let ended = ended.load(Ordering::Relaxed);
        let begun = begun.load(Ordering::Relaxed);
        (begun, begun.saturating_sub(ended))
    }
}

/// A request in work, until it is dropped: also when nobody waits for its answer any more.
struct Begun(Usage);

impl Drop for Begun {
    fn drop(&mut self) {
        let [_, ended] = &*self.0.0;
        ended.fetch_add(1, Ordering::Relaxed);
    }
}
