//! A folder of a test's own, and the command run in it.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

/// The instant at which the examples are judged.
pub(crate) const AT: &str = "2026-11-23T12:00:00Z";

/// A folder that is gone with the value.
pub(crate) struct Folder(PathBuf);

/// How the command ended, and what it printed.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Folder {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("cxguard-cli-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file, its folders too.
    pub(crate) fn with(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        let file = self.0.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
        self
    }

    /// Runs `cxguard` here, by words.
    pub(crate) fn run(&self, arguments: &str) -> Ran {
        self.run_with(arguments, None)
    }

    /// Runs it with something on standard input.
    pub(crate) fn run_with(&self, arguments: &str, input: Option<&[u8]>) -> Ran {
        let mut command = self.command(arguments);
        command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
        let mut child = command.spawn().unwrap();
        if let (Some(mut stdin), Some(input)) = (child.stdin.take(), input) {
            // It may end without reading all of it.
            drop(stdin.write_all(input));
        }
        let output = child.wait_with_output().unwrap();
        let ran = Ran {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        };
        assert!(!ran.err.contains("panicked"), "{ran:?}");
        ran
    }

    pub(crate) fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cxguard"));
        command.args(arguments.split_whitespace()).current_dir(&self.0).env_remove("KUBECONFIG");
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

impl Ran {
    /// The report that was printed as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Each finding that counts as `CODE Kind/name file:line:column`.
    pub(crate) fn findings(&self) -> Vec<String> {
        let report = self.json();
        let findings = report["findings"].as_array().unwrap().iter();
        let counting = findings.filter(|finding| finding["mode"] != "Audit" && finding["exempted"] == false);
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        counting
            .map(|finding| {
                let (subject, rule) = (&finding["subject"], text(&finding["rule"]));
                let place = format!("{}:{}:{}", text(&finding["file"]), finding["line"], finding["column"]);
                format!("{rule} {}/{} {place}", text(&subject["kind"]), text(&subject["name"]))
            })
            .collect()
    }
}
