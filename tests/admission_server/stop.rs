//! A stop lets requests in work end; an exchange of the certificate lets every request pass.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use cxguard::cluster::admission::Limits;
use http::StatusCode;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::client::{Bench, Protocol, review};
use crate::judge;
use crate::limits::Gate;

const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_waits_for_requests_in_work() {
    for protocol in [Protocol::H1, Protocol::H2] {
        let gate = Gate::default();
        let bench = Bench::new(gate.judge()).await;
        let mut idle = bench.client(protocol).await;
        idle.ask("/validate", &review("p")).await;
        let way = bench.way();
        let waiting =
            tokio::spawn(async move { way.client(protocol).await.ask("/validate", &review("waits")).await });
        gate.until_waiting(1).await;
        let (address, server) = (bench.address, bench.server);
        let drained = tokio::spawn(server.drain());
        // Nobody gets in any more, and who has nothing in work is let go.
        let shut = async { while TcpStream::connect(address).await.is_ok() {} };
        timeout(PATIENCE, shut).await.expect("no more connections");
        let gone = async {
            while idle.send("POST", "/validate", Some("application/json"), review("p")).await.is_ok() {}
        };
        timeout(PATIENCE, gone).await.expect("idle connections are closed");
        assert!(!drained.is_finished() && !waiting.is_finished(), "{protocol:?}");
        gate.open();
        assert_eq!(waiting.await.unwrap().code, StatusCode::OK, "{protocol:?}");
        timeout(PATIENCE, drained).await.expect("the end").unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_waits_no_longer_than_it_may() {
    let limits = Limits { drain: Duration::from_millis(200), body: PATIENCE, ..Limits::default() };
    let bench = Bench::with(limits, judge).await;
    let mut stream = bench.way().connect(Protocol::H1).await;
    let head =
        "POST /validate HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{";
    tokio::io::AsyncWriteExt::write_all(&mut stream, head.as_bytes()).await.unwrap();
    timeout(PATIENCE / 2, bench.server.drain()).await.expect("the end");
}

/// Connections that last and connections that begin, while the certificate changes again and again: no request fails.
#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_of_the_certificate_fails_no_request() {
    let bench = Bench::new(judge).await;
    let (done, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let load: Vec<_> = [(Protocol::H2, 1_000), (Protocol::H2, 3), (Protocol::H1, 2)]
        .map(|(protocol, each)| {
            let (way, done, asked) = (bench.way(), Arc::clone(&done), Arc::clone(&asked));
            tokio::spawn(async move {
                while !done.load(Ordering::Relaxed) {
                    let mut client = way.client(protocol).await;
                    for _ in 0..each {
                        let answer = client.ask("/validate", &review("p")).await;
                        assert_eq!(answer.code, StatusCode::OK, "{}", answer.text);
                        asked.fetch_add(1, Ordering::Relaxed);
                    }
                }
            })
        })
        .into();
    for exchange in 1..=50 {
        bench.exchange_certificate();
        let used = async {
            while asked.load(Ordering::Relaxed) < exchange * 20 {
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, used).await.expect("requests go on");
    }
    done.store(true, Ordering::Relaxed);
    for one in load {
        timeout(PATIENCE, one).await.expect("the last request").unwrap();
    }
}
