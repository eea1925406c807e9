//! The Secrets and the webhook configurations, read and written by the leader; the certificate, taken up by all.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tokio::time::sleep;
use tracing::{info, warn};

use super::parsed::Pair;
use super::plan::{Held, Seen, Step, bundle, plan, recall, take};
use crate::cluster::admission::certificate::Certificates;
use crate::cluster::admission::trust;
use crate::cluster::election::Term;
use crate::cluster::execute::{DEADLINE, Lines, Refusal, request};
use crate::cluster::health::{Concern, Health};

/// How often what is held is looked at, and how often until there is a certificate at all.
const EVERY: Duration = Duration::from_secs(5);
const FIRST: Duration = Duration::from_millis(500);

/// How many steps one look may lead to.
const STEPS: usize = 8;

const AUTHORITY: &str = "cxguard-webhook-ca";
const SERVING: &str = "cxguard-webhook";

/// Keeps the certificates, and shows the one that is valid.
pub(in crate::cluster) struct Keeper {
    /// To the API server.
    pub(in crate::cluster) lines: Lines,
    /// Only who leads writes.
    pub(in crate::cluster) term: Term,
    /// The operator's own namespace.
    pub(in crate::cluster) namespace: String,
    /// The names by which the server is called.
    pub(in crate::cluster) names: Vec<String>,
    /// The name of the webhook configurations.
    pub(in crate::cluster) configuration: String,
    /// Where the certificate is shown.
    pub(in crate::cluster) certificates: Arc<Certificates>,
    /// Without a certificate nothing is ready.
    pub(in crate::cluster) health: Arc<Health>,
    /// The time by which certificates begin and end.
    pub(in crate::cluster) clock: fn() -> Timestamp,
}

/// What was seen and said last: the one in case it is lost, the other so that it is not said again.
#[derive(Default)]
struct Told {
    seen: Seen,
    trouble: String,
    unpublished: String,
    missing: bool,
}

/// Warns of what a refusal says, unless it was said. Conflicts are no trouble: the next look shows what is there.
fn warn_once(told: &mut String, what: &str, refusal: Refusal) {
    if let Refusal::Forbidden(words) | Refusal::Failed(words, _) = refusal
        && *told != words
    {
        warn!("{what}: {words}");
        *told = words;
    }
}

impl Keeper {
    /// Works until it is dropped.
    pub(in crate::cluster) async fn run(self) {
        let mut told = Told::default();
        loop {
            match self.round(&mut told).await {
                Ok(()) => told.trouble.clear(),
                Err(refusal) => {
                    warn_once(&mut told.trouble, "the certificate of the webhook cannot be kept", refusal);
                }
            }
            sleep(if told.seen.shown.is_some() { EVERY } else { FIRST }).await;
        }
    }

    async fn round(&self, told: &mut Told) -> Result<(), Refusal> {
        let held = if self.term.leads() {
            self.keep(told).await?
        } else {
            read(&[None, self.secret(SERVING).await?])
        };
        if !held.bundle.is_empty() {
            told.seen.bundle = held.bundle;
        }
        let Some(shown) = held.serving.filter(|shown| told.seen.shown.as_ref() != Some(shown)) else {
            return Ok(());
        };
        match self.certificates.set(shown.certificate.as_bytes(), shown.key.as_bytes()) {
            Ok(()) => {
                info!("the webhook shows a new certificate");
                self.health.settle(Concern::Certificate);
                told.seen.shown = Some(shown);
                Ok(())
            }
            Err(problem) => Err(Refusal::Failed(problem.to_string(), None)),
        }
    }

    /// Does what is to be done. Returns what is held then.
    async fn keep(&self, told: &mut Told) -> Result<Held, Refusal> {
        let mut secrets = [self.secret(AUTHORITY).await?, self.secret(SERVING).await?];
        for _ in 0..STEPS {
            let (mut held, now) = (read(&secrets), (self.clock)());
            recall(&mut held, &told.seen, &self.names, now);
            let trusted = bundle(&held, now);
            let published = !trusted.is_empty() && self.publish(&trusted, told).await;
            let Some(step) = plan(&held, &self.names, published, now) else { return Ok(held) };
            let taken = take(step, &held, &self.names, now);
            let taken = taken.map_err(|problem| Refusal::Failed(problem.to_string(), None))?;
            let at = usize::from(matches!(step, Step::Sign | Step::Bundle));
            let secret = secrets.get_mut(at).ok_or(Refusal::Conflict)?;
            *secret = Some(match at {
                0 => self.write(authority(secret.take(), &taken), AUTHORITY).await?,
                _ => self.write(serving(secret.take(), &taken), SERVING).await?,
            });
            info!("the certificates of the webhook: {}", words(step));
        }
        Ok(read(&secrets))
    }

    /// Whether the API server was told to trust this at an earlier look: of what it is told now it hears a moment later.
    async fn publish(&self, trusted: &str, told: &mut Told) -> bool {
        let trust::Published { found, written } = match self.tell(trusted).await {
            Ok(published) => published,
            Err(refusal) => {
                let what = "the API server cannot be told which certificates to trust";
                warn_once(&mut told.unpublished, what, refusal);
                return false;
            }
        };
        told.unpublished.clear();
        if found == 0 && !told.missing {
            info!(
                "there is no webhook configuration {}: nothing is asked of the webhook",
                self.configuration
            );
        }
        told.missing = found == 0;
        !written
    }

    async fn tell(&self, trusted: &str) -> Result<trust::Published, Refusal> {
        trust::publish(&self.lines, &self.term, &self.configuration, trusted).await
    }

    async fn secret(&self, name: &str) -> Result<Option<Value>, Refusal> {
        self.lines.find(request(Method::GET, &self.path(name), None)?, DEADLINE).await
    }

    /// Writes a Secret: a new one, or in place of the version that was read.
    async fn write(&self, secret: Value, name: &str) -> Result<Value, Refusal> {
        // Whoever has lost the lead meanwhile writes nothing.
        if !self.term.leads() {
            return Err(Refusal::Conflict);
        }
        let is_known = secret.pointer("/metadata/resourceVersion").is_some();
        let (method, name) = if is_known { (Method::PUT, name) } else { (Method::POST, "") };
        self.lines.send(request(method, &self.path(name), Some(&secret))?, DEADLINE).await
    }

    /// The path of a Secret; of all if it has no name.
    fn path(&self, name: &str) -> String {
        let slash = if name.is_empty() { "" } else { "/" };
        format!("/api/v1/namespaces/{}/secrets{slash}{name}", self.namespace)
    }
}

fn words(step: Step) -> &'static str {
    match step {
        Step::NewAuthority => "a new authority is made",
        Step::NextAuthority => "the next authority is made, and trusted from now on",
        Step::Promote => "the next authority signs from now on",
        Step::Sign => "a new certificate is signed",
        Step::Bundle => "what is to be trusted is written down",
    }
}

fn read([authority, serving]: &[Option<Value>; 2]) -> Held {
    let text_of = |secret: &Option<Value>, key| secret.as_ref().and_then(|secret| text(secret, key));
    let pair_of = |secret: &Option<Value>, certificate, key| {
        secret.as_ref().and_then(|secret| pair(secret, certificate, key))
    };
    Held {
        current: pair_of(authority, "ca.crt", "ca.key"),
        next: pair_of(authority, "next.crt", "next.key"),
        previous: text_of(authority, "previous.crt").unwrap_or_default(),
        serving: pair_of(serving, "tls.crt", "tls.key"),
        bundle: text_of(serving, "ca.crt").unwrap_or_default(),
    }
}

fn pair(secret: &Value, certificate: &str, key: &str) -> Option<Pair> {
    Some(Pair { certificate: text(secret, certificate)?, key: text(secret, key)? })
}

fn text(secret: &Value, key: &str) -> Option<String> {
    let bytes = STANDARD.decode(secret.get("data")?.get(key)?.as_str()?).ok()?;
    String::from_utf8(bytes).ok()
}

fn authority(known: Option<Value>, held: &Held) -> Value {
    let pairs = [("ca", &held.current), ("next", &held.next)];
    let mut data = Map::new();
    for (name, pair) in pairs.into_iter().filter_map(|(name, pair)| Some((name, pair.as_ref()?))) {
        data.insert(format!("{name}.crt"), json!(STANDARD.encode(&pair.certificate)));
        data.insert(format!("{name}.key"), json!(STANDARD.encode(&pair.key)));
    }
    if !held.previous.is_empty() {
        data.insert("previous.crt".to_owned(), json!(STANDARD.encode(&held.previous)));
    }
    secret(known, AUTHORITY, "Opaque", data)
}

fn serving(known: Option<Value>, held: &Held) -> Value {
    let mut data = Map::new();
    if let Some(pair) = &held.serving {
        data.insert("tls.crt".to_owned(), json!(STANDARD.encode(&pair.certificate)));
        data.insert("tls.key".to_owned(), json!(STANDARD.encode(&pair.key)));
    }
    data.insert("ca.crt".to_owned(), json!(STANDARD.encode(&held.bundle)));
    secret(known, SERVING, "kubernetes.io/tls", data)
}

/// The Secret with these data: the known one, with its version, or a new one.
fn secret(known: Option<Value>, name: &str, of_type: &str, data: Map<String, Value>) -> Value {
    let mut secret = known.unwrap_or_else(|| {
        json!({
            "apiVersion": "v1", "kind": "Secret", "type": of_type,
            "metadata": {"name": name, "labels": {"app.kubernetes.io/part-of": "cxguard"}},
        })
    });
    if let Some(fields) = secret.as_object_mut() {
        fields.insert("data".to_owned(), Value::Object(data));
    }
    secret
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_is_read() {
        let pair = |name: &str| Some(Pair { certificate: format!("{name}.crt"), key: format!("{name}.key") });
        let held = Held {
            current: pair("a"),
            next: pair("b"),
            previous: "c".to_owned(),
            serving: pair("d"),
            bundle: "e".to_owned(),
        };
        let secrets = [Some(authority(None, &held)), Some(serving(None, &held))];
        assert!(read(&secrets) == held);
        assert!(read(&[None, None]) == Held::default());
        // What is known of it stays, what is no longer held goes.
        let mut known = authority(None, &held);
        known["metadata"]["resourceVersion"] = json!("7");
        let less = Held { next: None, previous: String::new(), ..held };
        let written = authority(Some(known), &less);
        assert_eq!(written["metadata"]["resourceVersion"], "7");
        assert_eq!(written["data"].as_object().unwrap().len(), 2);
    }

    #[test]
    fn what_cannot_be_read_is_not_held() {
        let secret = json!({"data": {"tls.crt": "!", "tls.key": STANDARD.encode("key")}});
        assert!(pair(&secret, "tls.crt", "tls.key").is_none());
    }
}
