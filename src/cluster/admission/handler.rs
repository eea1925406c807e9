//! One request: its path, its bounds, its answer.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::header::{ALLOW, CONTENT_TYPE, HeaderMap};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Buf, Bytes};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::block_in_place;
use tokio::time::{Instant, sleep, timeout};
use tracing::error;

use super::peers::Peer;
use super::review::{self, Purpose};
use super::tally::Came;
use super::{Judge, Limits, Tally};
use crate::admission;

/// A permit for memory is for so many bytes.
pub(super) const UNIT: usize = 1024;

/// A body of more bytes than this is judged when no other such is, on a thread of its own: the effort grows with the
/// length, and small ones are not to wait for it.
const HEAVY: usize = 64 << 10;

/// A refusal for want of something that was applied just before is thought over after so many milliseconds, and again:
/// watches mostly show what was stored within a few.
const AGAIN: [u64; 4] = [25, 50, 100, 200];

/// Answers requests. One for all connections.
pub(super) struct Handler {
    judge: Judge,
    limits: Limits,
    /// A permit for each request whose body has arrived: who sends none takes none.
    turns: Semaphore,
    /// A permit for the one that is heavy.
    alone: Semaphore,
    /// A permit for each unit of memory.
    memory: Semaphore,
    panics: AtomicU64,
    tally: Tally,
}

/// Why a request is not answered with a review.
type Refusal = (StatusCode, String);

impl Handler {
    pub(super) fn new(judge: Judge, limits: Limits, tally: Tally) -> Self {
        Self {
            judge,
            limits,
            turns: Semaphore::new(limits.requests),
            alone: Semaphore::new(1),
            memory: Semaphore::new(limits.all_bodies_bytes / UNIT),
            panics: AtomicU64::new(0),
            tally,
        }
    }

    /// Answers one request of a peer.
    pub(super) async fn answer<B: Body>(&self, request: Request<B>, peer: &Peer) -> Response<Full<Bytes>> {
        let purpose = match request.uri().path() {
            "/validate" => Purpose::Validate,
            "/mutate" => Purpose::Mutate,
            _ => return refusal(StatusCode::NOT_FOUND, "there is /validate and /mutate"),
        };
        if request.method() != Method::POST {
            let mut answer = refusal(StatusCode::METHOD_NOT_ALLOWED, "only POST is understood");
            answer.headers_mut().insert(ALLOW, http::HeaderValue::from_static("POST"));
            return answer;
        }
        if !is_json(request.headers()) {
            return refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE, "only application/json is understood");
        }
        let begun = Instant::now();
        let (came, answer) = match self.review(request.into_body(), peer, purpose).await {
            Ok((came, review)) => (came, response(StatusCode::OK, "application/json", review)),
            Err((code, why)) => (Came::Error, refusal(code, &why)),
        };
        self.tally.count(purpose, came, begun.elapsed());
        answer
    }

    async fn review<B: Body>(
        &self,
        body: B,
        peer: &Peer,
        purpose: Purpose,
    ) -> Result<(Came, String), Refusal> {
        if body.size_hint().lower() > self.limits.body_bytes as u64 {
            // Over HTTP/1.1 nobody reads an answer before the whole request is sent. Nothing of it is kept.
            let _ = timeout(self.limits.body, discard(body)).await;
            return Err(self.too_large());
        }
        let _place = self.permits(&peer.requests, 1).await?;
        let (body, _memory) = timeout(self.limits.body, self.collect(body, peer))
            .await
            .map_err(|_| (StatusCode::REQUEST_TIMEOUT, "the body took too long".to_owned()))??;
        let _turn = self.permits(&self.turns, 1).await?;
        let alone = if body.len() > HEAVY { Some(self.permits(&self.alone, 1).await?) } else { None };
        let at_leisure = alone.is_some();
        let request =
            aside(at_leisure, || review::read(&body)).map_err(|why| (StatusCode::BAD_REQUEST, why))?;
        drop(body);
        let mut answer = aside(at_leisure, || self.judged(purpose, &request))?;
        for pause in AGAIN {
            if !answer.hasty {
                break;
            }
            sleep(Duration::from_millis(pause)).await;
            answer = aside(at_leisure, || self.judged(purpose, &request))?;
        }
        let came = if answer.denied.is_some() { Came::Denied } else { Came::Allowed };
        Ok((came, review::write(&request.uid, answer, purpose).to_string()))
    }

    /// The whole body, and the memory that it takes: as much as has arrived, whatever length was stated.
    async fn collect<'a, B: Body>(
        &'a self,
        body: B,
        peer: &'a Peer,
    ) -> Result<(Vec<u8>, [SemaphorePermit<'a>; 2]), Refusal> {
        let (mut body, mut whole) = (std::pin::pin!(body), Vec::new());
        let mut memory = [self.permits(&peer.memory, 0).await?, self.permits(&self.memory, 0).await?];
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| (StatusCode::BAD_REQUEST, "the body broke off".to_owned()))?;
            let Ok(mut chunk) = frame.into_data() else { continue };
            let length = whole.len() + chunk.remaining();
            if length > self.limits.body_bytes {
                return Err(self.too_large());
            }
            let [of_peer, of_all] = &mut memory;
            let more = length.div_ceil(UNIT).saturating_sub(of_peer.num_permits());
            of_peer.merge(self.permits(&peer.memory, more).await?);
            of_all.merge(self.permits(&self.memory, more).await?);
            whole.extend_from_slice(&chunk.copy_to_bytes(chunk.remaining()));
        }
        Ok((whole, memory))
    }

    fn too_large(&self) -> Refusal {
        let why = format!("the body has more than {} bytes", self.limits.body_bytes);
        (StatusCode::PAYLOAD_TOO_LARGE, why)
    }

    /// Waits for its turn, for a while.
    async fn permits<'a>(&self, of: &'a Semaphore, count: usize) -> Result<SemaphorePermit<'a>, Refusal> {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        match timeout(self.limits.turn, of.acquire_many(count)).await {
            Ok(Ok(permits)) => Ok(permits),
            _ => Err((StatusCode::SERVICE_UNAVAILABLE, "too many requests are in work".to_owned())),
        }
    }

    /// A panic ends this request, and nothing else.
    fn judged(&self, purpose: Purpose, request: &admission::Request) -> Result<admission::Answer, Refusal> {
        catch_unwind(AssertUnwindSafe(|| (self.judge)(purpose, request))).map_err(|_| {
            let panics = self.panics.fetch_add(1, Ordering::Relaxed) + 1;
            let (operation, of) = (request.operation, &request.resource.resource);
            error!(panics, "the judgement of a request panicked: {operation:?} of {of}");
            (StatusCode::INTERNAL_SERVER_ERROR, "the request could not be judged".to_owned())
        })
    }
}

/// Does something, and lets others go on meanwhile if it takes long.
fn aside<T>(takes_long: bool, work: impl FnOnce() -> T) -> T {
    if takes_long { block_in_place(work) } else { work() }
}

async fn discard<B: Body>(body: B) {
    let mut body = std::pin::pin!(body);
    while let Some(Ok(_)) = body.frame().await {}
}

fn is_json(headers: &HeaderMap) -> bool {
    let stated = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = stated.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

fn refusal(code: StatusCode, why: &str) -> Response<Full<Bytes>> {
    response(code, "text/plain; charset=utf-8", format!("{why}\n"))
}

fn response(code: StatusCode, of_type: &'static str, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = code;
    response.headers_mut().insert(CONTENT_TYPE, http::HeaderValue::from_static(of_type));
    response
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::cluster::admission::Tally;
    use crate::cluster::admission::peers::Peers;

    /// The judge denies what is deleted, and panics at what is connected to.
    fn judge(request: &admission::Request) -> admission::Answer {
        match request.operation {
            admission::Operation::Delete => admission::Answer::denied("CX001: no"),
            admission::Operation::Connect => panic!("for the test"),
            _ => admission::Answer::allowed(),
        }
    }

    fn review(operation: &str) -> String {
        let of = json!({"group": "", "version": "v1", "resource": "pods"});
        let request = json!({
            "uid": "u", "operation": operation, "resource": of, "name": "a",
            "kind": {"group": "", "version": "v1", "kind": "Pod"}, "userInfo": {"username": "ann"},
        });
        json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request})
            .to_string()
    }

    async fn asked(handler: &Handler, path: &str, body: String) -> (u16, String) {
        let guest = Peers::new(Limits::default()).admit("10.0.0.1".parse().unwrap()).unwrap();
        let request = Request::post(path).header(CONTENT_TYPE, "application/json");
        let request = request.body(Full::new(Bytes::from(body))).unwrap();
        let answer = handler.answer(request, &guest.peer).await;
        let code = answer.status().as_u16();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        (code, String::from_utf8(body.to_vec()).unwrap())
    }

    /// Time passes only while everybody waits.
    #[tokio::test(start_paused = true)]
    async fn a_hasty_refusal_is_thought_over() {
        for (unknown_for, operation, allowed, asked_for) in [
            (0, "CREATE", true, 1),
            (3, "CREATE", true, 4),
            (99, "CREATE", false, 5),
            (99, "DELETE", false, 1),
        ] {
            let count = Arc::new(AtomicU64::new(0));
            let judgements = Arc::clone(&count);
            let judge = move |_: Purpose, request: &admission::Request| {
                let is_unknown = judgements.fetch_add(1, Ordering::Relaxed) < unknown_for;
                let hasty = request.operation == admission::Operation::Create;
                let answer = admission::Answer::denied("CX001: not there");
                if is_unknown { admission::Answer { hasty, ..answer } } else { admission::Answer::allowed() }
            };
            let handler = Handler::new(Arc::new(judge), Limits::default(), Tally::default());
            let (code, body) = asked(&handler, "/validate", review(operation)).await;
            let body: serde_json::Value = serde_json::from_str(&body).unwrap();
            assert_eq!(
                (code, &body["response"]["allowed"]),
                (200, &json!(allowed)),
                "{unknown_for} {operation}"
            );
            assert_eq!(count.load(Ordering::Relaxed), asked_for, "{unknown_for} {operation}");
        }
    }

    #[tokio::test]
    async fn each_review_is_counted_by_what_came_of_it() {
        let tally = Tally::default();
        let handler = Handler::new(Arc::new(|_, request| judge(request)), Limits::default(), tally.clone());
        let ask = async |path: &str, body: String| asked(&handler, path, body).await.0;
        assert_eq!(ask("/validate", review("CREATE")).await, 200);
        assert_eq!(ask("/validate", review("DELETE")).await, 200);
        assert_eq!(ask("/validate", review("DELETE")).await, 200);
        assert_eq!(ask("/validate", review("CONNECT")).await, 500);
        assert_eq!(ask("/mutate", "no review".to_owned()).await, 400);
        assert_eq!(ask("/elsewhere", String::new()).await, 404);
        let counted =
            tally.purposes().map(|(purpose, answered)| (purpose, answered.results().map(|(_, count)| count)));
        assert_eq!(counted, [("mutate", [0, 0, 1]), ("validate", [1, 2, 1])]);
    }
}
