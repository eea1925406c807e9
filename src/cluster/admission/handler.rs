//! One request: its path, its bounds, its answer.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

use http::header::{ALLOW, CONTENT_TYPE, HeaderMap};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body, Bytes};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;
use tracing::error;

use super::review::{self, Purpose};
use super::{Judge, Limits};
use crate::admission;

/// A permit for memory is for so many bytes.
const UNIT: usize = 1024;

/// Answers requests. One for all connections.
pub(super) struct Handler {
    judge: Judge,
    limits: Limits,
    /// A permit for each request.
    turns: Semaphore,
    /// A permit for each unit of memory.
    memory: Semaphore,
    panics: AtomicU64,
}

/// Why a request is not answered with a review.
type Refusal = (StatusCode, String);

impl Handler {
    pub(super) fn new(judge: Judge, limits: Limits) -> Self {
        Self {
            judge,
            limits,
            turns: Semaphore::new(limits.requests),
            memory: Semaphore::new(limits.all_bodies_bytes / UNIT),
            panics: AtomicU64::new(0),
        }
    }

    /// Answers one request.
    pub(super) async fn answer<B>(&self, request: Request<B>) -> Response<Full<Bytes>>
    where
        B: Body,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
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
        match self.review(request.into_body(), purpose).await {
            Ok(review) => response(StatusCode::OK, "application/json", review),
            Err((code, why)) => refusal(code, &why),
        }
    }

    async fn review<B>(&self, body: B, purpose: Purpose) -> Result<String, Refusal>
    where
        B: Body,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let too_large = || {
            let why = format!("the body has more than {} bytes", self.limits.body_bytes);
            (StatusCode::PAYLOAD_TOO_LARGE, why)
        };
        // Without a stated length, the most that it may become.
        let length = body
            .size_hint()
            .exact()
            .map_or(self.limits.body_bytes, |length| usize::try_from(length).unwrap_or(usize::MAX));
        if length > self.limits.body_bytes {
            // Over HTTP/1.1 nobody reads an answer before the whole request is sent. Nothing of it is kept.
            let _ = timeout(self.limits.body, discard(body)).await;
            return Err(too_large());
        }
        let units = u32::try_from(length.div_ceil(UNIT)).unwrap_or(u32::MAX);
        let _permits = self.permits(units).await?;
        let whole = timeout(self.limits.body, Limited::new(body, self.limits.body_bytes).collect()).await;
        let body = match whole {
            Err(_) => return Err((StatusCode::REQUEST_TIMEOUT, "the body took too long".to_owned())),
            Ok(Err(error)) if error.is::<LengthLimitError>() => return Err(too_large()),
            Ok(Err(_)) => return Err((StatusCode::BAD_REQUEST, "the body broke off".to_owned())),
            Ok(Ok(whole)) => whole.to_bytes(),
        };
        let request = review::read(&body).map_err(|why| (StatusCode::BAD_REQUEST, why))?;
        drop(body);
        let answer = self.judged(purpose, &request)?;
        Ok(review::write(&request.uid, answer, purpose).to_string())
    }

    /// Waits for its turn, for a while.
    async fn permits(&self, units: u32) -> Result<(SemaphorePermit<'_>, SemaphorePermit<'_>), Refusal> {
        let both = async { tokio::try_join!(self.turns.acquire(), self.memory.acquire_many(units)) };
        match timeout(self.limits.turn, both).await {
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
