//! A webhook, and clients that speak to it as the API server does.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use cxguard::admission::{Answer, Request};
use cxguard::cluster::admission::{Callers, Certificates, Limits, Purpose, Server, Tally};
use http::StatusCode;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

const NAME: &str = "cxguard-webhook.cxguard-system.svc";

/// What the protocols are called in ALPN.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Protocol {
    H1,
    H2,
}

/// A webhook at work.
pub(crate) struct Bench {
    pub(crate) address: SocketAddr,
    pub(crate) server: Server,
    certificates: Arc<Certificates>,
    authority: Issuer<'static, KeyPair>,
    trusted: CertificateDer<'static>,
}

impl Bench {
    pub(crate) async fn new(judge: impl Fn(Purpose, &Request) -> Answer + Send + Sync + 'static) -> Self {
        Self::with(Limits::default(), judge).await
    }

    pub(crate) async fn with(
        limits: Limits,
        judge: impl Fn(Purpose, &Request) -> Answer + Send + Sync + 'static,
    ) -> Self {
        Self::answering(Callers::anybody(), limits, judge).await
    }

    pub(crate) async fn answering(
        callers: Callers,
        limits: Limits,
        judge: impl Fn(Purpose, &Request) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let (authority, certificate) = authority();
        let trusted = certificate.der().clone();
        let certificates = Arc::new(Certificates::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (shown, judge) = (Arc::clone(&certificates), Arc::new(judge));
        let server = Server::start(listener, shown, callers, judge, limits, Tally::default()).unwrap();
        let bench = Self { address, server, certificates, authority, trusted };
        bench.exchange_certificate();
        bench
    }

    /// Shows another certificate from now on.
    pub(crate) fn exchange_certificate(&self) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([NAME.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.authority).unwrap();
        self.certificates.set(certificate.pem().as_bytes(), key.serialize_pem().as_bytes()).unwrap();
    }

    /// How to reach it.
    pub(crate) fn way(&self) -> Way {
        let from = Ipv4Addr::LOCALHOST.into();
        Way { address: self.address, trusted: self.trusted.clone(), from, identity: None }
    }

    pub(crate) async fn client(&self, protocol: Protocol) -> Client {
        self.way().client(protocol).await
    }
}

/// An authority, and its own certificate.
pub(crate) fn authority() -> (Issuer<'static, KeyPair>, rcgen::Certificate) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key).unwrap();
    (Issuer::new(params, key), certificate)
}

/// A certificate for this purpose.
pub(crate) fn identity(authority: &Issuer<'static, KeyPair>, purpose: ExtendedKeyUsagePurpose) -> Identity {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(["caller".to_owned()]).unwrap();
    params.extended_key_usages = vec![purpose];
    let certificate = params.signed_by(&key, authority).unwrap();
    (certificate.der().clone(), PrivateKeyDer::try_from(key.serialize_der()).unwrap())
}

/// How a webhook is reached, for who outlives the borrow of it.
#[derive(Clone)]
pub(crate) struct Way {
    pub(crate) address: SocketAddr,
    trusted: CertificateDer<'static>,
    from: IpAddr,
    identity: Option<Arc<Identity>>,
}

/// A certificate of a caller, and its key.
pub(crate) type Identity = (CertificateDer<'static>, PrivateKeyDer<'static>);

impl Way {
    /// From another address of this machine.
    pub(crate) fn from(&self, last: u8) -> Self {
        Self { from: Ipv4Addr::new(127, 0, 0, last).into(), ..self.clone() }
    }

    /// With a certificate of its own.
    pub(crate) fn showing(&self, identity: Identity) -> Self {
        Self { identity: Some(Arc::new(identity)), ..self.clone() }
    }

    pub(crate) async fn connect(&self, protocol: Protocol) -> TlsStream<TcpStream> {
        self.try_connect(protocol).await.unwrap()
    }

    pub(crate) async fn try_connect(&self, protocol: Protocol) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.trusted.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.unwrap().with_root_certificates(roots);
        let mut config = match self.identity.as_deref() {
            Some((certificate, key)) => {
                config.with_client_auth_cert(vec![certificate.clone()], key.clone_key()).unwrap()
            }
            None => config.with_no_client_auth(),
        };
        config.alpn_protocols = match protocol {
            Protocol::H1 => vec![b"http/1.1".to_vec()],
            Protocol::H2 => vec![b"h2".to_vec()],
        };
        let socket = TcpSocket::new_v4()?;
        socket.bind((self.from, 0).into())?;
        let stream = socket.connect(self.address).await?;
        stream.set_nodelay(true)?;
        let name = ServerName::try_from(NAME).unwrap();
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&*config_protocol(protocol)));
        Ok(stream)
    }

    pub(crate) async fn client(&self, protocol: Protocol) -> Client {
        let stream = TokioIo::new(self.connect(protocol).await);
        match protocol {
            Protocol::H1 => {
                let (sender, connection) = http1::handshake(stream).await.unwrap();
                tokio::spawn(connection);
                Client::H1(sender)
            }
            Protocol::H2 => {
                let (sender, connection) = http2::handshake(TokioExecutor::new(), stream).await.unwrap();
                tokio::spawn(connection);
                Client::H2(sender)
            }
        }
    }
}

fn config_protocol(protocol: Protocol) -> Vec<u8> {
    match protocol {
        Protocol::H1 => b"http/1.1".to_vec(),
        Protocol::H2 => b"h2".to_vec(),
    }
}

/// One connection.
pub(crate) enum Client {
    H1(http1::SendRequest<Full<Bytes>>),
    H2(http2::SendRequest<Full<Bytes>>),
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) code: StatusCode,
    pub(crate) text: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }
}

impl Client {
    pub(crate) async fn ask(&mut self, path: &str, body: &str) -> Reply {
        self.send("POST", path, Some("application/json"), body.to_owned()).await.unwrap()
    }

    pub(crate) async fn send(
        &mut self,
        method: &str,
        path: &str,
        content: Option<&str>,
        body: String,
    ) -> hyper::Result<Reply> {
        let mut request = http::Request::builder().method(method);
        if let Some(value) = content {
            request = request.header("content-type", value);
        }
        let body = Full::new(Bytes::from(body));
        let response = match self {
            Self::H1(sender) => {
                sender.ready().await?;
                let request = request.uri(path).header("host", NAME).body(body).unwrap();
                sender.send_request(request).await?
            }
            Self::H2(sender) => {
                sender.ready().await?;
                let request = request.uri(format!("https://{NAME}{path}")).body(body).unwrap();
                sender.send_request(request).await?
            }
        };
        read(response).await
    }
}

async fn read(response: http::Response<Incoming>) -> hyper::Result<Reply> {
    let code = response.status();
    let bytes = response.into_body().collect().await?.to_bytes();
    Ok(Reply { code, text: String::from_utf8(bytes.to_vec()).unwrap() })
}

/// A review of a pod of this name, without spaces.
pub(crate) fn review(name: &str) -> String {
    json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {
            "uid": format!("uid-{name}"), "operation": "CREATE", "name": name, "namespace": "cx",
            "resource": {"group": "", "version": "v1", "resource": "pods"},
            "userInfo": {"username": "anna"}, "object": {"metadata": {"name": name}}, "oldObject": null,
        },
    })
    .to_string()
}
