//! The operator as a child process: started, stopped, killed, its log kept for when a test fails.

use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{SOON, eventually};

/// How an operator is started.
#[derive(Clone, Debug)]
pub(crate) struct Start {
    kubeconfig: PathBuf,
    log: PathBuf,
    arguments: Vec<String>,
    /// Seconds from being asked to stop to no longer answering.
    delay: u32,
    /// Whether it answers admission reviews.
    answers: bool,
}

impl Start {
    /// With these credentials; the name is the test's, for the log.
    pub(crate) fn new(kubeconfig: PathBuf, name: &str) -> Self {
        let log = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("operator-{name}.log"));
        File::create(&log).unwrap();
        Self { kubeconfig, log, arguments: Vec::new(), delay: 0, answers: true }
    }

    /// With a further argument.
    pub(crate) fn with(&self, argument: impl Into<String>) -> Self {
        let mut start = self.clone();
        start.arguments.push(argument.into());
        start
    }

    /// Going on to answer for so many seconds after it was asked to stop.
    pub(crate) fn stopping_after(&self, seconds: u32) -> Self {
        Self { delay: seconds, ..self.clone() }
    }

    /// Answering no admission reviews.
    pub(crate) fn not_answering(&self) -> Self {
        Self { answers: false, ..self.clone() }
    }

    /// Starts the operator, and returns when it has listed everything.
    pub(crate) async fn ready(&self) -> Operator {
        let mut operator = self.spawn();
        let health = operator.health;
        let ready = async || {
            if let Some(status) = operator.child.try_wait().unwrap() {
                panic!("the operator ended before it was ready: {status}");
            }
            readyz(health).await
        };
        eventually("a ready operator", SOON, ready).await;
        operator
    }

    /// Starts the operator, without waiting for anything.
    pub(crate) fn spawn(&self) -> Operator {
        let free = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let [health, admission] = free.each_ref().map(|free| free.local_addr().unwrap());
        drop(free);
        let log = File::options().append(true).open(&self.log).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_cxguard"))
            .args(["run", "--namespace", "cxguard-system", "--health", &health.to_string(), "--kubeconfig"])
            .arg(&self.kubeconfig)
            // Who is killed is soon replaced.
            .args(["--lease-duration", "3", "--shutdown-delay", &self.delay.to_string()])
            .args(["--admission", &if self.answers { admission.to_string() } else { "off".to_owned() }])
            .args(&self.arguments)
            .stderr(log)
            .spawn()
            .unwrap();
        Operator { child, health, admission, log: self.log.clone() }
    }
}

/// A running operator. Dropping it kills it; if the test has failed, its log is shown.
pub(crate) struct Operator {
    child: Child,
    health: SocketAddr,
    /// Where it answers admission reviews.
    pub(crate) admission: SocketAddr,
    log: PathBuf,
}

impl Operator {
    /// Ends it without warning, as a node that fails does.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop. It does so by itself, and without an error.
    pub(crate) async fn stop(mut self) {
        let asked = Command::new("/bin/kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(asked.unwrap().success());
        let stopped = async || self.child.try_wait().unwrap().ok_or("it still runs");
        let status: ExitStatus = eventually("the end of the operator", SOON, stopped).await;
        assert_eq!(status.code(), Some(0), "{status}");
        self.never_panicked();
    }

    /// What it has logged so far, this and earlier starts: one JSON object per line.
    pub(crate) fn log(&self) -> Vec<Value> {
        read(&self.log).lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// What a scrape is told.
    pub(crate) async fn metrics(&self) -> String {
        let answer = get(self.health, "/metrics").await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(answer.contains("content-type: application/openmetrics-text; version=1.0.0"), "{answer}");
        answer
    }

    /// Waits until a scrape has this line.
    pub(crate) async fn until_told(&self, line: &str) {
        let told = async || {
            let text = self.metrics().await;
            if text.lines().any(|told| told == line) { Ok(()) } else { Err(text) }
        };
        eventually(line, SOON, told).await;
    }

    /// That every line of the log is one that it meant to write. A panic is not.
    pub(crate) fn never_panicked(&self) {
        let text = read(&self.log);
        assert!(!text.contains("panicked at"), "{text}");
    }
}

impl Drop for Operator {
    #[expect(clippy::print_stdout, reason = "what a failed test shows")]
    fn drop(&mut self) {
        // Already gone is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            println!("log of the operator:\n{}", read(&self.log));
        }
    }
}

async fn readyz(health: SocketAddr) -> Result<(), String> {
    let answer = get(health, "/readyz").await.map_err(|error| error.to_string())?;
    if answer.starts_with("HTTP/1.1 200") { Ok(()) } else { Err(answer) }
}

/// An answer with its head.
async fn get(health: SocketAddr, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(health).await?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

#[expect(clippy::disallowed_methods, reason = "a test reads what the process wrote")]
pub(crate) fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}
