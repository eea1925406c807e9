//! The webhook over real TLS on the loopback: what it answers, what it refuses, how it ends, and that nothing of it
//! harms another request.

#![cfg(feature = "cluster")]
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, also in its helpers"
)]

mod callers;
mod client;
mod limits;
mod stop;

use client::{Bench, Protocol, review};
use cxguard::admission::{Answer, Request};
use cxguard::cluster::admission::Purpose;
use http::StatusCode;
use serde_json::json;

/// Answers by the name of the object.
pub(crate) fn judge(purpose: Purpose, request: &Request) -> Answer {
    match request.name.as_str() {
        "mutated" if purpose == Purpose::Mutate => Answer::denied("by /mutate"),
        "denied" => Answer::denied("CX101: not there"),
        "warned" => Answer { warnings: vec!["CX128: soon".to_owned()], ..Answer::allowed() },
        "patched" => {
            Answer { patch: vec![json!({"op": "add", "path": "/x", "value": 1})], ..Answer::allowed() }
        }
        "panics" => panic!("anna@corp.example"),
        _ => Answer::allowed(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reviews_are_answered_over_both_protocols() {
    let bench = Bench::new(judge).await;
    for protocol in [Protocol::H1, Protocol::H2] {
        let mut client = bench.client(protocol).await;
        for (name, path, allowed, field, value) in [
            ("p", "/validate", true, "status", json!(null)),
            (
                "denied",
                "/validate",
                false,
                "status",
                json!({"code": 403, "message": "CX101: not there", "reason": "Forbidden", "status": "Failure"}),
            ),
            ("denied", "/mutate", false, "patch", json!(null)),
            ("mutated", "/mutate", false, "patch", json!(null)),
            ("mutated", "/validate", true, "patch", json!(null)),
            ("warned", "/validate", true, "warnings", json!(["CX128: soon"])),
            ("patched", "/mutate", true, "patchType", json!("JSONPatch")),
            ("patched", "/validate", true, "patchType", json!(null)),
        ] {
            let answer = client.ask(path, &review(name)).await;
            assert_eq!(answer.code, StatusCode::OK, "{}", answer.text);
            assert_eq!(answer.json()["kind"], "AdmissionReview");
            let response = &answer.json()["response"];
            assert_eq!(response["uid"], format!("uid-{name}"), "{name}");
            assert_eq!(response["allowed"], allowed, "{name}");
            assert_eq!(response[field], value, "{name} {path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_review_is_answered_with_a_clear_refusal() {
    let bench = Bench::new(judge).await;
    let json = Some("application/json");
    let deep = "[".repeat(100_000);
    let deep = review("p").replace("null", &deep);
    for protocol in [Protocol::H1, Protocol::H2] {
        for (name, method, path, content, body, code, words) in [
            ("another path", "POST", "/", json, review("p"), 404, "/validate and /mutate"),
            ("another method", "GET", "/validate", json, String::new(), 405, "only POST"),
            ("no type", "POST", "/validate", None, review("p"), 415, "application/json"),
            ("YAML", "POST", "/mutate", Some("application/yaml"), review("p"), 415, "application/json"),
            ("nothing", "POST", "/validate", json, String::new(), 400, "no JSON"),
            ("half of it", "POST", "/validate", json, review("p")[..99].to_owned(), 400, "no JSON"),
            ("too deep", "POST", "/validate", json, deep.clone(), 400, "no JSON"),
            (
                "another version",
                "POST",
                "/validate",
                json,
                review("p").replace("/v1", "/v2"),
                400,
                "admission.k8s.io/v1",
            ),
            ("huge", "POST", "/validate", json, " ".repeat((8 << 20) + 1), 413, "8388608 bytes"),
        ] {
            let mut client = bench.client(protocol).await;
            let answer = client.send(method, path, content, body).await.unwrap();
            assert_eq!(answer.code, code, "{name}: {}", answer.text);
            assert!(answer.text.contains(words), "{name}: {}", answer.text);
        }
        let large = review("p").replace(r#""name":"p""#, &format!(r#""name":"{}""#, "p".repeat(3 << 20)));
        let answer = bench.client(protocol).await.ask("/validate", &large).await;
        assert_eq!(answer.code, StatusCode::OK, "{}", answer.text);
        let typed = Some("Application/JSON; charset=utf-8");
        let answer = bench.client(protocol).await.send("POST", "/validate", typed, review("p")).await;
        assert_eq!(answer.unwrap().code, StatusCode::OK);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_ends_its_own_request_only() {
    let bench = Bench::new(judge).await;
    let mut client = bench.client(Protocol::H2).await;
    for _ in 0..3 {
        let answer = client.ask("/validate", &review("panics")).await;
        assert_eq!(answer.code, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(answer.text.contains("could not be judged") && !answer.text.contains("anna"));
        assert_eq!(client.ask("/validate", &review("p")).await.code, StatusCode::OK);
    }
}
