//! What an approval does when the grant changes under it, against a server that changes it.

#![cfg(feature = "cluster")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in its helpers"
)]
#![expect(clippy::disallowed_methods, reason = "writes a kubeconfig")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output};
use std::thread;

use serde_json::{Value, json};

/// A grant in a version, with an end to tell one spec from another.
fn grant(version: &str, until: &str) -> Value {
    json!({
        "apiVersion": "cxguard.dev/v1alpha1", "kind": "AccessGrant",
        "metadata": {"name": "g", "namespace": "cx", "uid": "u", "generation": 1, "resourceVersion": version},
        "spec": {
            "subject": {"kind": "User", "name": "ann"}, "role": {"kind": "Role", "name": "r"},
            "expiresAt": until, "requestedBy": "rita",
        },
    })
}

/// Reads a request: its method and its body.
fn request(stream: &mut BufReader<TcpStream>) -> (String, Value) {
    let mut line = String::new();
    stream.read_line(&mut line).unwrap();
    let method = line.split(' ').next().unwrap().to_owned();
    let mut length = 0;
    loop {
        let mut header = String::new();
        stream.read_line(&mut header).unwrap();
        if header.trim().is_empty() {
            break;
        }
        if let Some(value) = header.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    (method, serde_json::from_slice(&body).unwrap_or_default())
}

/// Shows one state after the other to who looks, and takes a patch only if all that it tests is so in the last.
fn serve(listener: &TcpListener, states: &[Value], patches: &mut Vec<Value>) {
    let last = states.last().unwrap();
    let mut looks = 0;
    for stream in listener.incoming() {
        let mut stream = BufReader::new(stream.unwrap());
        let (method, body) = request(&mut stream);
        let (code, answer) = match method.as_str() {
            "GET" => {
                looks += 1;
                (200, states[(looks - 1).min(states.len() - 1)].clone())
            }
            "POST" => (201, json!({"metadata": {}, "status": {"userInfo": {"username": "olga"}}})),
            "PATCH" => {
                patches.push(body.clone());
                let tests = body.as_array().unwrap().iter().filter(|entry| entry["op"] == "test");
                let mut tests =
                    tests.map(|entry| last.pointer(entry["path"].as_str().unwrap()) == Some(&entry["value"]));
                if tests.all(|holds| holds) {
                    (200, last.clone())
                } else {
                    let message = "the server rejected our request due to an error in our request";
                    (
                        422,
                        json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 422, "reason": "Invalid", "message": message}),
                    )
                }
            }
            _ => return,
        };
        let body = answer.to_string();
        let head = format!(
            "HTTP/1.1 {code} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            body.len()
        );
        stream.get_mut().write_all((head + &body).as_bytes()).unwrap();
    }
}

/// Approves a grant that is in the first state when it is looked at, and in the last when the approval arrives.
fn approve(name: &str, states: &[Value]) -> (Output, Vec<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let kubeconfig = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.kubeconfig"));
    let config = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "c",
        "clusters": [{"name": "c", "cluster": {"server": format!("http://{address}")}}],
        "users": [{"name": "c", "user": {}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}],
    });
    std::fs::write(&kubeconfig, config.to_string()).unwrap();
    thread::scope(|scope| {
        let server = scope.spawn(move || {
            let mut patches = Vec::new();
            serve(&listener, states, &mut patches);
            patches
        });
        let mut command = Command::new(env!("CARGO_BIN_EXE_cxguard"));
        let command =
            command.args(["grant", "approve", "g", "-n", "cx", "--yes", "--kubeconfig"]).arg(kubeconfig);
        let output = command.output().unwrap();
        TcpStream::connect(address).unwrap().write_all(b"STOP / HTTP/1.1\r\n\r\n").unwrap();
        (output, server.join().unwrap())
    })
}

const SHOWN: &str = "2026-12-01T00:00:00Z";

#[test]
fn what_was_edited_between_the_look_and_the_approval_is_not_approved() {
    let (output, patches) = approve("edited", &[grant("1", SHOWN), grant("2", "2027-12-01T00:00:00Z")]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains(
            "edited since it was shown, and nothing is changed; look again: cxguard grant show g -n cx"
        ),
        "{said}"
    );
    assert_eq!(patches.len(), 1, "{patches:?}");
}

#[test]
fn a_new_version_of_the_same_spec_is_approved() {
    let (output, patches) = approve("judged", &[grant("1", SHOWN), grant("2", SHOWN)]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "AccessGrant cx/g approved by olga\n");
    let versions: Vec<&Value> = patches.iter().map(|patch| &patch[1]["value"]).collect();
    assert_eq!(versions, ["1", "2"]);
    assert_eq!(patches[1][3]["value"]["by"], "olga");
}
