//! Who is answered where an authority for callers is named.

use cxguard::cluster::admission::{Callers, Limits};
use rcgen::ExtendedKeyUsagePurpose::{ClientAuth, ServerAuth};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::client::{Bench, Protocol, Way, authority, identity, review};
use crate::judge;

/// Whether a review is answered, or why it is not.
async fn answered(way: &Way) -> std::io::Result<String> {
    let mut stream = way.try_connect(Protocol::H1).await?;
    let body = review("p");
    let head = format!(
        "POST /validate HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await?;
    let mut said = String::new();
    stream.read_to_string(&mut said).await?;
    Ok(said)
}

#[tokio::test(flavor = "multi_thread")]
async fn only_callers_of_the_named_authority_are_answered() {
    let (ours, certificate) = authority();
    let (foreign, _) = authority();
    let callers = Callers::signed_by(certificate.pem().as_bytes()).unwrap();
    let bench = Bench::answering(callers, Limits::default(), judge).await;
    let way = bench.way();
    for (name, way, answers) in [
        ("a caller of the authority", way.showing(identity(&ours, ClientAuth)), true),
        ("nobody in particular", way.clone(), false),
        ("a caller of another", way.showing(identity(&foreign, ClientAuth)), false),
        ("a server of the authority", way.showing(identity(&ours, ServerAuth)), false),
    ] {
        match answered(&way).await {
            Ok(said) => assert!(answers && said.starts_with("HTTP/1.1 200 "), "{name}: {said}"),
            Err(error) => assert!(!answers, "{name}: {error}"),
        }
    }
}
