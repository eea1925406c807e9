//! How a request is sent: bounded, with a deadline, and once more over a fresh connection if nothing came back.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use http::{Method, Request};
use kube::client::Body;
use kube::{Client, Config};
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::answer::Refusal;

/// How long an answer may take. A list may take longer than the rest.
pub(in crate::cluster) const DEADLINE: Duration = Duration::from_secs(3);

/// Whether who asks may still write, at the instant at which it is asked.
pub(super) type Gate = Arc<dyn Fn() -> bool + Send + Sync>;

/// A bounded number of connections of their own: what runs here waits for nothing that runs elsewhere.
pub(in crate::cluster) struct Lines {
    config: Config,
    permits: Semaphore,
    client: Mutex<Numbered>,
    gate: Option<Gate>,
    patience: Duration,
}

/// A client, and how many were there before it.
#[derive(Clone)]
struct Numbered {
    client: Client,
    number: u64,
}

/// Nothing came back.
struct Silence(String);

impl Lines {
    pub(in crate::cluster) fn new(config: &Config, connections: usize) -> Result<Self, kube::Error> {
        let mut config = config.clone();
        // Of kube's own retries nobody would know; who is told to wait is the plan.
        config.default_retry = false;
        config.connect_timeout = Some(DEADLINE);
        let client = Mutex::new(Numbered { client: Client::try_from(config.clone())?, number: 0 });
        let permits = Semaphore::new(connections);
        Ok(Self { config, permits, client, gate: None, patience: Duration::MAX })
    }

    /// Writes only while the gate is open. Reads and deletions go through: a deletion is bound to the object that it
    /// was decided upon, so it is right whenever it comes.
    pub(super) fn behind(self, gate: Gate) -> Self {
        Self { gate: Some(gate), ..self }
    }

    /// What has waited for a connection for so long is given up if it writes: the world that it was decided upon may be
    /// another by now. Deletions wait on.
    pub(super) fn giving_up_after(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Sends a request, and once more if no answer came.
    ///
    /// Every request of ours can be sent twice: reads and questions change nothing, deletes and writes are bound to a
    /// version, what is created is looked at if it exists already, and the rest sets a value.
    pub(in crate::cluster) async fn send(
        &self,
        request: Request<Vec<u8>>,
        deadline: Duration,
    ) -> Result<Value, Refusal> {
        let writes = !matches!(*request.method(), Method::GET | Method::DELETE);
        let patience = if writes { self.patience } else { Duration::MAX };
        let Ok(permit) = timeout(patience, self.permits.acquire()).await else {
            let words = format!("not sent within {} s: too many requests are under way", patience.as_secs());
            return Err(Refusal::Failed(words, None));
        };
        let Ok(_permit) = permit else {
            return Err(Refusal::Failed("the executor is closed".to_owned(), None));
        };
        self.pass(writes)?;
        let used = self.current();
        match once(&used.client, request.clone(), deadline).await {
            Ok(answer) => answer,
            Err(Silence(first)) => {
                // The connection may be dead, and then those that are kept open beside it are too.
                let fresh = self.replace(used.number).map_err(|error| failed(&error))?;
                self.pass(writes)?;
                let again = once(&fresh.client, request, deadline).await;
                again.unwrap_or_else(|Silence(why)| {
                    Err(Refusal::Failed(format!("{first}; again: {why}"), None))
                })
            }
        }
    }

    /// The object that a request reads, if there is one.
    pub(in crate::cluster) async fn find(
        &self,
        request: Request<Vec<u8>>,
        deadline: Duration,
    ) -> Result<Option<Value>, Refusal> {
        match self.send(request, deadline).await {
            Ok(object) => Ok(Some(object)),
            Err(Refusal::NotFound) => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }

    /// Who leads no more leaves writing to who does, however long ago it was decided.
    fn pass(&self, writes: bool) -> Result<(), Refusal> {
        if writes && self.gate.as_ref().is_some_and(|gate| !gate()) {
            return Err(Refusal::Failed("not sent: this replica does not lead any more".to_owned(), None));
        }
        Ok(())
    }

    fn current(&self) -> Numbered {
        self.lock().clone()
    }

    /// A client without connections in place of one that failed, unless somebody else has already replaced it.
    fn replace(&self, failed: u64) -> Result<Numbered, kube::Error> {
        let mut current = self.lock();
        if current.number == failed {
            let client = Client::try_from(self.config.clone())?;
            *current = Numbered { client, number: failed + 1 };
        }
        Ok(current.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Numbered> {
        self.client.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn failed(error: &kube::Error) -> Refusal {
    Refusal::Failed(error.to_string(), None)
}

async fn once(
    client: &Client,
    request: Request<Vec<u8>>,
    deadline: Duration,
) -> Result<Result<Value, Refusal>, Silence> {
    let answer = async {
        let response = client.send(request.map(Body::from)).await?;
        let (head, body) = response.into_parts();
        Ok::<_, kube::Error>((head.status, retry_after(&head.headers), body.collect_bytes().await?))
    };
    match timeout(deadline, answer).await {
        Err(_) => Err(Silence(format!("no answer within {} s", deadline.as_secs()))),
        // The credentials could not be had or were refused: another connection would not help.
        Ok(Err(error @ kube::Error::Auth(_))) => Ok(Err(failed(&error))),
        Ok(Err(error)) => Err(Silence(error.to_string())),
        Ok(Ok((status, wait, body))) => Ok(if status.is_success() {
            serde_json::from_slice(&body)
                .map_err(|error| Refusal::Failed(format!("unreadable answer: {error}"), None))
        } else {
            Err(Refusal::read(status.as_u16(), wait, &body))
        }),
    }
}

fn retry_after(headers: &HeaderMap) -> Option<u32> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()
}

/// A request with a JSON body, or with none.
pub(in crate::cluster) fn request(
    method: Method,
    path: &str,
    body: Option<&Value>,
) -> Result<Request<Vec<u8>>, Refusal> {
    Request::builder()
        .method(method)
        .uri(path)
        .header(CONTENT_TYPE, "application/json")
        .body(body.map(|body| body.to_string().into_bytes()).unwrap_or_default())
        .map_err(|error| Refusal::Failed(error.to_string(), None))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio::sync::mpsc;

    use super::*;

    /// A server that says which requests come, and answers each once it is told to.
    async fn server() -> (Config, mpsc::UnboundedReceiver<String>, Arc<Semaphore>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (seen, come) = mpsc::unbounded_channel();
        let answers = Arc::new(Semaphore::new(0));
        let told = Arc::clone(&answers);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (seen, told) = (seen.clone(), Arc::clone(&told));
                tokio::spawn(async move {
                    let mut head = Vec::new();
                    while !head.ends_with(b"\r\n\r\n") {
                        head.push(stream.read_u8().await.unwrap());
                    }
                    let head = String::from_utf8(head).unwrap();
                    seen.send(head.split(' ').next().unwrap().to_owned()).unwrap();
                    told.acquire().await.unwrap().forget();
                    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
                    stream.write_all(answer.as_bytes()).await.unwrap();
                });
            }
        });
        (Config::new(url.parse().unwrap()), come, answers)
    }

    fn request(method: &str) -> Request<Vec<u8>> {
        Request::builder().method(method).uri("/x").body(Vec::new()).unwrap()
    }

    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn who_leads_no_more_writes_nothing_that_still_waited() {
        let (config, mut come, answers) = server().await;
        let leads = Arc::new(AtomicBool::new(true));
        let gate = Arc::clone(&leads);
        let lines = Lines::new(&config, 1).unwrap().behind(Arc::new(move || gate.load(Ordering::Relaxed)));
        let all = async {
            tokio::join!(
                lines.send(request("GET"), LONG),
                lines.send(request("POST"), LONG),
                lines.send(request("PUT"), LONG),
                lines.send(request("PATCH"), LONG),
                lines.send(request("DELETE"), LONG),
            )
        };
        let lead = async {
            let first = come.recv().await.unwrap();
            leads.store(false, Ordering::Relaxed);
            answers.add_permits(5);
            first
        };
        let ((get, post, put, patch, delete), first) = tokio::join!(all, lead);
        assert!(get.is_ok() && delete.is_ok(), "{get:?} {delete:?}");
        for refused in [post, put, patch] {
            assert!(
                matches!(&refused, Err(Refusal::Failed(why, None)) if why.contains("lead")),
                "{refused:?}"
            );
        }
        assert_eq!((first.as_str(), come.recv().await.as_deref()), ("GET", Some("DELETE")));
        assert!(come.try_recv().is_err());
    }

    #[tokio::test]
    async fn what_waits_too_long_is_not_written_but_deleted() {
        let (config, mut come, answers) = server().await;
        let lines = Lines::new(&config, 1).unwrap().giving_up_after(Duration::from_millis(20));
        let held = lines.send(request("GET"), LONG);
        let waiting = async {
            come.recv().await.unwrap();
            let given_up = async {
                let written = lines.send(request("POST"), LONG).await;
                answers.add_permits(2);
                written
            };
            tokio::join!(given_up, lines.send(request("DELETE"), LONG))
        };
        let (held, (written, deleted)) = tokio::join!(held, waiting);
        assert!(held.is_ok() && deleted.is_ok(), "{held:?} {deleted:?}");
        assert!(matches!(written, Err(Refusal::Failed(..))), "{written:?}");
        assert_eq!(come.recv().await.as_deref(), Some("DELETE"));
        assert!(come.try_recv().is_err());
    }
}
