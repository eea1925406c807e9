//! A proxy in front of the API server whose watches can be made to hang: connected, and never another byte.

use std::path::{Path, PathBuf};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use kube::Client;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The proxy. Dropping it ends it.
pub(crate) struct Proxy {
    url: String,
    frozen: watch::Sender<bool>,
    server: JoinHandle<()>,
}

#[derive(Clone)]
struct Upstream {
    client: Client,
    frozen: watch::Receiver<bool>,
}

impl Proxy {
    /// Passes requests on with the credentials of this client.
    pub(crate) async fn start(client: Client) -> Self {
        let (frozen, seen) = watch::channel(false);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(pass).with_state(Upstream { client, frozen: seen });
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, frozen, server }
    }

    /// From now on no watch says anything more, whether it is open already or opened later.
    pub(crate) fn freeze_watches(&self) {
        self.frozen.send_replace(true);
    }

    /// The watches say what they had to say meanwhile.
    pub(crate) fn thaw_watches(&self) {
        self.frozen.send_replace(false);
    }

    /// A kubeconfig that leads here, without credentials.
    pub(crate) fn kubeconfig(&self, name: &str) -> PathBuf {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("proxy-{name}.kubeconfig"));
        let text = format!(
            "{{apiVersion: v1, kind: Config, current-context: proxy,\n\
             clusters: [{{name: proxy, cluster: {{server: '{}'}}}}],\n\
             users: [{{name: proxy, user: {{}}}}],\n\
             contexts: [{{name: proxy, context: {{cluster: proxy, user: proxy}}}}]}}\n",
            self.url
        );
        write(&path, &text);
        path
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

#[expect(clippy::disallowed_methods, reason = "a test writes a file for the process that it starts")]
fn write(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
}

async fn pass(State(upstream): State<Upstream>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    let is_watch = path.contains("watch=true");
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let mut passed = http::Request::builder().method(head.method).uri(path);
    *passed.headers_mut().unwrap() = end_to_end(head.headers);
    let passed = passed.body(kube::client::Body::from(body.to_vec())).unwrap();
    match upstream.client.send(passed).await {
        Ok(answer) => {
            let (head, body) = answer.into_parts();
            let body = Body::new(body);
            let body = if is_watch { may_hang(body, upstream.frozen) } else { body };
            (head.status, end_to_end(head.headers), body).into_response()
        }
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

/// The same body, which neither goes on nor ends while the watches are frozen.
fn may_hang(body: Body, frozen: watch::Receiver<bool>) -> Body {
    let chunks =
        futures::stream::unfold((body.into_data_stream(), frozen), async |(mut chunks, mut frozen)| {
            let chunk = chunks.next().await;
            // An error: the proxy is gone, and so is this connection.
            drop(frozen.wait_for(|frozen| !frozen).await);
            Some((chunk?, (chunks, frozen)))
        });
    Body::from_stream(chunks)
}

/// The headers that are not about one connection.
fn end_to_end(mut headers: HeaderMap) -> HeaderMap {
    for name in [header::HOST, header::CONNECTION, header::CONTENT_LENGTH, header::TRANSFER_ENCODING] {
        headers.remove(name);
    }
    headers
}
