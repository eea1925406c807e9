//! The endpoint alone, without an API server between: how many reviews it answers, and how fast.

use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use http::{Request, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::super::process::processor_seconds;
use super::super::stage::Stage;
use super::facts::{CONTROLLER, pod, space, spaces, user, workload};
use super::{Options, load, rows};
use crate::operator::Operator;

/// How many connections share the requests: an API server has few to each webhook.
const CONNECTIONS: usize = 4;

/// How many requests are under way at any time, where throughput is measured.
const AT_ONCE: usize = 64;

/// What an answer has that lets the request pass.
const ALLOWED: &[u8] = br#""allowed":true"#;

pub(super) async fn measure(
    stage: &Stage,
    address: SocketAddr,
    operator: &Operator,
    options: &Options,
) -> Result<()> {
    let mut doors = Vec::new();
    for _ in 0..CONNECTIONS {
        doors.push(connect(address, stage.plane.ca_pem()).await?);
    }
    let reviews: Arc<[Bytes]> =
        reviews(spaces(options)).iter().map(|review| Bytes::from(review.to_string())).collect();
    let ask = Arc::new(move |nth: usize| {
        let door = doors.get(nth % CONNECTIONS).cloned();
        let review = reviews.get(nth % reviews.len()).cloned();
        async move {
            let (door, review) = door.zip(review).context("no connection")?;
            answered(door, address, review).await
        }
    });
    pin(operator, "1")?;
    let used = Used::by(operator)?;
    let (reviews, seconds) = load::at_most(&ask, AT_ONCE, options.seconds).await?;
    let most = reviews / seconds;
    eprintln!("{most:.0} reviews per second by one core of the operator, {AT_ONCE} at once");
    used.tell(reviews)?;
    pin(operator, "0-1")?;
    let used = Used::by(operator)?;
    let took = load::at_rate(&ask, options.rate, options.seconds).await?;
    rows(&format!("{} reviews per second, straight", options.rate), took);
    used.tell(f64::from(options.rate * options.seconds))
}

/// What processor time was used up to a moment: unlike what a clock shows, it depends little on what else is running.
struct Used {
    operator: (u32, f64),
    ours: f64,
}

impl Used {
    fn by(operator: &Operator) -> Result<Self> {
        let id = operator.id().context("the operator has ended")?;
        Ok(Self { operator: (id, processor_seconds(id)?), ours: processor_seconds(std::process::id())? })
    }

    /// Prints what has been used since, for each of so many reviews.
    fn tell(&self, reviews: f64) -> Result<()> {
        let Self { operator: (id, before), ours } = self;
        let each = |since: f64| since * 1000.0 / reviews;
        let operator = each(processor_seconds(*id)? - before);
        let ours = each(processor_seconds(std::process::id())? - ours);
        eprintln!("  of a processor, for each: {operator:.3} ms by the operator, {ours:.3} ms by who asks");
        Ok(())
    }
}

/// Confines the operator to some cores.
fn pin(operator: &Operator, cores: &str) -> Result<()> {
    let pid = operator.id().context("the operator has ended")?.to_string();
    let output = Command::new("taskset").args(["--all-tasks", "--cpu-list", "--pid", cores, &pid]).output();
    let output = output.context("failed to run taskset (util-linux)")?;
    ensure!(output.status.success(), "taskset: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

async fn connect(address: SocketAddr, ca_pem: &str) -> Result<SendRequest<Full<Bytes>>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(ca_pem.as_bytes())?)?;
    let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let name = ServerName::from(address.ip());
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
    let (door, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(door)
}

/// Asks, and demands an answer that lets the request pass.
async fn answered(mut door: SendRequest<Full<Bytes>>, address: SocketAddr, review: Bytes) -> Result<()> {
    door.ready().await?;
    let request = Request::post(format!("https://{address}/validate"))
        .header(header::CONTENT_TYPE, "application/json")
        .body(Full::new(review))?;
    let response = door.send_request(request).await?;
    let status = response.status();
    let body = response.into_body().collect().await?.to_bytes();
    ensure!(status.is_success(), "{status}: {}", String::from_utf8_lossy(&body));
    // Not parsed: who asks shares the processors.
    let allowed = body.windows(ALLOWED.len()).any(|part| part == ALLOWED);
    ensure!(allowed, "{}", String::from_utf8_lossy(&body));
    Ok(())
}

/// What is asked, in turn: mostly pods, as in a cluster.
fn reviews(spaces: u32) -> Vec<Value> {
    let space = |at: u32| space(at % spaces);
    let pods = (0..70).map(|at| {
        let owner = format!("app-{}", at % 10 * 10);
        let pod = pod(&space(at), &format!("{owner}-{at}"), (&owner, "00000000-0000-0000-0000-000000000000"));
        // As they come: by the controller, whose word on the owner counts.
        review("CREATE", ("", "v1", "pods", "Pod", ""), &space(at), &pod, &Value::Null, CONTROLLER)
    });
    let workloads = (0..15).map(|at| {
        let old = workload(&space(at), at);
        let mut new = old.clone();
        new["metadata"]["labels"]["version"] = json!("2");
        review("UPDATE", ("apps", "v1", "statefulsets", "StatefulSet", ""), &space(at), &new, &old, "admin")
    });
    let sessions = (0..15).map(|at| {
        let options = json!({"apiVersion": "v1", "kind": "PodExecOptions", "command": ["sh"]});
        let mut exec = review(
            "CONNECT",
            ("", "v1", "pods", "PodExecOptions", "exec"),
            &space(at),
            &options,
            &Value::Null,
            &user(at),
        );
        exec["request"]["name"] = json!(format!("app-{at}-0"));
        exec
    });
    pods.chain(workloads).chain(sessions).collect()
}

fn review(
    operation: &str,
    (group, version, resource, kind, subresource): (&str, &str, &str, &str, &str),
    namespace: &str,
    object: &Value,
    old: &Value,
    by: &str,
) -> Value {
    json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {
            "uid": "bench", "operation": operation, "namespace": namespace, "name": object["metadata"]["name"],
            "kind": {"group": group, "version": version, "kind": kind},
            "resource": {"group": group, "version": version, "resource": resource}, "subResource": subresource,
            "userInfo": {"username": by, "groups": ["system:authenticated"]}, "object": object, "oldObject": old,
        },
    })
}
