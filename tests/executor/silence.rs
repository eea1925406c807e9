use std::sync::Arc;
use std::time::{Duration, Instant};

use cxguard::cluster::execute::Executor;
use cxguard::cluster::{Answer, Effect, Known};
use cxguard::facts::{Kind, ObjectRef};
use jiff::Timestamp;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use crate::server::{OWN, Server};

pub(crate) async fn a_dead_connection_costs_one_deadline(server: &Server) {
    let mut config = server.config("admin", &["system:masters"]).await;
    let (port, silence) = proxy(config.cluster_url.authority().unwrap().to_string()).await;
    config.cluster_url = format!("https://127.0.0.1:{port}").parse().unwrap();
    let executor = Executor::new(&config, OWN, "test", Timestamp::now).unwrap();
    let read = async || {
        let nobody = |kind| Known { id: ObjectRef::namespaced(kind, "cx", "nobody"), uid: None };
        let effect = Effect::Read(nobody(Kind::AccessGrant), nobody(Kind::RoleBinding));
        let start = Instant::now();
        let answer = executor.run(effect).await;
        assert_eq!(answer, Answer::Done(Vec::new()));
        start.elapsed()
    };
    read().await;
    silence.notify_waiters();
    let took = read().await;
    assert!(took >= Duration::from_secs(3) && took < Duration::from_secs(5), "{took:?}");
    let took = read().await;
    assert!(took < Duration::from_secs(1), "{took:?}");
}

/// Passes connections on. When notified, those that exist fall silent without being closed.
async fn proxy(to: String) -> (u16, Arc<Notify>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let silence = Arc::new(Notify::new());
    let notified = silence.clone();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let (to, silence) = (to.clone(), notified.clone());
            tokio::spawn(async move {
                let mut server = TcpStream::connect(to).await.unwrap();
                tokio::select! {
                    _ = tokio::io::copy_bidirectional(&mut client, &mut server) => {}
                    () = silence.notified() => std::future::pending().await,
                }
            });
        }
    });
    (port, silence)
}
