//! How a request is sent: bounded, with a deadline, and once more over a fresh connection if nothing came back.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::Request;
use http::header::{HeaderMap, RETRY_AFTER};
use kube::client::Body;
use kube::{Client, Config};
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::answer::Refusal;

/// How long an answer may take. A list may take longer than the rest.
pub(in crate::cluster) const DEADLINE: Duration = Duration::from_secs(3);

/// A bounded number of connections of their own: what runs here waits for nothing that runs elsewhere.
pub(in crate::cluster) struct Lines {
    config: Config,
    permits: Semaphore,
    client: Mutex<Numbered>,
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
        Ok(Self { config, permits: Semaphore::new(connections), client })
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
        let Ok(_permit) = self.permits.acquire().await else {
            return Err(Refusal::Failed("the executor is closed".to_owned(), None));
        };
        let used = self.current();
        match once(&used.client, request.clone(), deadline).await {
            Ok(answer) => answer,
            Err(Silence(first)) => {
                // The connection may be dead, and then those that are kept open beside it are too.
                let fresh = self.replace(used.number).map_err(|error| failed(&error))?;
                let again = once(&fresh.client, request, deadline).await;
                again.unwrap_or_else(|Silence(why)| {
                    Err(Refusal::Failed(format!("{first}; again: {why}"), None))
                })
            }
        }
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
