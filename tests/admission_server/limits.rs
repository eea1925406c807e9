//! Slow, silent and too many clients are cut, and others do not suffer.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use cxguard::admission::{Answer, Request};
use cxguard::cluster::admission::{Limits, Purpose};
use http::StatusCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;

use crate::client::{Bench, Client, Protocol, Way, review};
use crate::judge;

const PATIENCE: Duration = Duration::from_secs(30);
const SHORT: Duration = Duration::from_millis(300);

fn short() -> Limits {
    // A handshake takes its time on a busy machine.
    Limits { head: 4 * SHORT, body: SHORT, turn: SHORT, idle: 2 * SHORT, ..Limits::default() }
}

/// Waits until the other side closes; returns what it said before.
async fn until_closed(stream: &mut (impl AsyncReadExt + Unpin)) -> String {
    let mut said = Vec::new();
    // How it is closed does not matter.
    let _ = timeout(PATIENCE, stream.read_to_end(&mut said)).await.expect("the connection is closed");
    String::from_utf8_lossy(&said).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_and_silent_clients_are_cut() {
    let bench = Bench::with(short(), judge).await;
    // No handshake.
    let mut silent = TcpStream::connect(bench.address).await.unwrap();
    assert_eq!(until_closed(&mut silent).await, "");
    // No request, and half of one.
    for (protocol, begun) in [
        (Protocol::H1, ""),
        (Protocol::H1, "POST /validate HTTP/1.1\r\nhost:"),
        (Protocol::H2, ""),
        (Protocol::H2, "PRI * HT"),
    ] {
        let mut stream = bench.way().connect(protocol).await;
        stream.write_all(begun.as_bytes()).await.unwrap();
        stream.flush().await.unwrap();
        until_closed(&mut stream).await;
    }
    // A body that does not come.
    let mut stream = bench.way().connect(Protocol::H1).await;
    let head =
        "POST /validate HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{";
    stream.write_all(head.as_bytes()).await.unwrap();
    let said = until_closed(&mut stream).await;
    assert!(said.starts_with("HTTP/1.1 408 ") && said.contains("took too long"), "{said}");
    assert_eq!(bench.client(Protocol::H2).await.ask("/validate", &review("p")).await.code, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_is_too_large_is_refused() {
    let bench = Bench::new(judge).await;
    let mut stream = bench.way().connect(Protocol::H1).await;
    let head = format!("POST /validate HTTP/1.1\r\nhost: {}\r\n", "x".repeat(17 << 10));
    // It may be refused before all of it is sent.
    let _ = stream.write_all(head.as_bytes()).await;
    let said = until_closed(&mut stream).await;
    assert!(said.starts_with("HTTP/1.1 431 "), "{said}");
}

/// A judgement that waits until it is told to go on, or for so long that the test has failed.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<(Mutex<(bool, usize)>, Condvar)>);

impl Gate {
    pub(crate) fn judge(&self) -> impl Fn(Purpose, &Request) -> Answer + Send + Sync + 'static {
        let gate = self.clone();
        move |_, request| {
            if request.name == "waits" {
                // Not a worker's time: what waits in its queue would wait too.
                tokio::task::block_in_place(|| gate.wait());
            }
            Answer::allowed()
        }
    }

    fn wait(&self) {
        let (state, changed) = &*self.0;
        let mut state = state.lock().unwrap();
        state.1 += 1;
        changed.notify_all();
        drop(changed.wait_timeout_while(state, 2 * PATIENCE, |(open, _)| !*open).unwrap());
    }

    /// Returns when so many requests wait.
    pub(crate) async fn until_waiting(&self, count: usize) {
        let gate = self.clone();
        let wait = tokio::task::spawn_blocking(move || {
            let (state, changed) = &*gate.0;
            let state = state.lock().unwrap();
            drop(changed.wait_timeout_while(state, 2 * PATIENCE, |(_, waiting)| *waiting < count).unwrap());
        });
        timeout(PATIENCE, wait).await.expect("requests that wait").unwrap();
    }

    pub(crate) fn open(&self) {
        let (state, changed) = &*self.0;
        state.lock().unwrap().0 = true;
        changed.notify_all();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_when_too_many_are_in_work_is_sent_away() {
    let gate = Gate::default();
    let limits = Limits { requests: 2, turn: SHORT, ..Limits::default() };
    let bench = Bench::with(limits, gate.judge()).await;
    let waiting: Vec<_> = (0..2)
        .map(|_| {
            let way = bench.way();
            tokio::spawn(
                async move { way.client(Protocol::H1).await.ask("/validate", &review("waits")).await },
            )
        })
        .collect();
    gate.until_waiting(2).await;
    let answer = bench.client(Protocol::H1).await.ask("/validate", &review("p")).await;
    assert_eq!(answer.code, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.text);
    gate.open();
    for waiting in waiting {
        assert_eq!(waiting.await.unwrap().code, StatusCode::OK);
    }
    assert_eq!(bench.client(Protocol::H1).await.ask("/validate", &review("p")).await.code, StatusCode::OK);
}

/// The effort grows with the length, and what is small does not wait for what is large.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn one_large_review_is_judged_at_a_time_and_small_ones_go_on() {
    let gate = Gate::default();
    let limits = Limits { turn: SHORT, ..Limits::default() };
    let judge = gate.clone();
    // The whole thread waits that judges.
    let judge = move |_, request: &Request| {
        if request.name == "waits" {
            judge.wait();
        }
        Answer::allowed()
    };
    let bench = Bench::with(limits, judge).await;
    let large = |name: &str| format!("{}{}", review(name), " ".repeat(65 << 10));
    let (way, body) = (bench.way(), large("waits"));
    let first = tokio::spawn(async move { way.client(Protocol::H1).await.ask("/validate", &body).await });
    gate.until_waiting(1).await;
    assert_eq!(bench.client(Protocol::H2).await.ask("/validate", &review("p")).await.code, StatusCode::OK);
    let second = bench.client(Protocol::H2).await.ask("/validate", &large("p")).await;
    assert_eq!(second.code, StatusCode::SERVICE_UNAVAILABLE, "{}", second.text);
    gate.open();
    assert_eq!(first.await.unwrap().code, StatusCode::OK);
    assert_eq!(bench.client(Protocol::H2).await.ask("/validate", &large("p")).await.code, StatusCode::OK);
}

/// A request of which only the head and so many bytes come.
async fn stall(way: &Way, bytes: usize) -> TlsStream<TcpStream> {
    let mut stream = way.connect(Protocol::H1).await;
    let head = "POST /validate HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 8388000\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&vec![b' '; bytes]).await.unwrap();
    stream.flush().await.unwrap();
    stream
}

async fn code(client: &mut Client) -> u16 {
    client.ask("/validate", &review("p")).await.code.as_u16()
}

/// Asks until this is the answer.
async fn until(client: &mut Client, wanted: u16) {
    let asked = async { while code(client).await != wanted {} };
    timeout(PATIENCE, asked).await.unwrap_or_else(|_| panic!("no {wanted}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_nothing_takes_nothing_from_others() {
    let limits = Limits { requests: 3, peer_requests: 3, turn: SHORT, body: PATIENCE, ..Limits::default() };
    let limits = Limits { all_bodies_bytes: 8 << 20, peer_bodies_bytes: 8 << 20, ..limits };
    let bench = Bench::with(limits, judge).await;
    let way = bench.way();
    let _silent = [stall(&way, 0).await, stall(&way, 0).await];
    let (mut own, mut other) = (way.client(Protocol::H2).await, way.from(2).client(Protocol::H2).await);
    assert_eq!((code(&mut own).await, code(&mut other).await), (200, 200));
    // Its own places it does take.
    let _third = stall(&way, 0).await;
    until(&mut own, 503).await;
    assert_eq!(code(&mut other).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_take_no_more_memory_than_they_may() {
    for (all, of_others) in [(8, 200), (4, 503)] {
        let limits = Limits { all_bodies_bytes: all << 20, peer_bodies_bytes: 4 << 20, ..Limits::default() };
        let bench = Bench::with(Limits { turn: SHORT, ..limits }, judge).await;
        let way = bench.way();
        let (mut own, mut other) = (way.client(Protocol::H2).await, way.from(2).client(Protocol::H2).await);
        let _stream = stall(&way, 4 << 20).await;
        // It holds what has arrived, until it takes too long.
        until(&mut own, 503).await;
        assert_eq!(code(&mut other).await, of_others, "{all} MiB");
        until(&mut own, 200).await;
        assert_eq!(code(&mut other).await, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_of_one_address_leave_places_to_others() {
    let bench = Bench::with(Limits { peer_connections: 2, ..Limits::default() }, judge).await;
    let way = bench.way();
    let mut held = [way.client(Protocol::H1).await, way.client(Protocol::H2).await];
    let mut refused = TcpStream::connect(bench.address).await.unwrap();
    assert_eq!(until_closed(&mut refused).await, "");
    assert_eq!(code(&mut way.from(2).client(Protocol::H2).await).await, 200);
    for client in &mut held {
        assert_eq!(code(client).await, 200);
    }
    drop(held);
    let again = async { while way.try_connect(Protocol::H2).await.is_err() {} };
    timeout(PATIENCE, again).await.expect("a place again");
}
