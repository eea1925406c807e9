//! A folder for one test, and the program run in it.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// A folder that is empty when the test begins.
pub(crate) struct Folder(PathBuf);

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Folder {
    pub(crate) fn new(test: &str) -> Self {
        let folder =
            PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{test}", env!("CARGO_CRATE_NAME")));
        drop(fs::remove_dir_all(&folder));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.0.join(file)
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        fs::create_dir_all(self.path(file).parent().unwrap()).unwrap();
        fs::write(self.path(file), text).unwrap();
    }

    pub(crate) fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).unwrap()
    }

    /// Runs `cxguard` with arguments as of a fixed day.
    pub(crate) fn cxguard(&self, arguments: &[&str]) -> Run {
        self.cxguard_with(arguments, "")
    }

    /// The same, with something on standard input.
    pub(crate) fn cxguard_with(&self, arguments: &[&str], input: &str) -> Run {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cxguard"));
        let (subcommand, rest) = arguments.split_first().unwrap();
        command.arg(subcommand).args(["--at", "2026-11-23T12:00:00Z"]).args(rest);
        self.run(&mut command, input)
    }

    /// Runs a program that must succeed.
    pub(crate) fn must(&self, program: &str, arguments: &[&str]) -> String {
        let run = self.run(Command::new(program).args(arguments), "");
        assert_eq!(run.code, 0, "{program} {arguments:?}: {}", run.stderr);
        run.stdout
    }

    fn run(&self, command: &mut Command, input: &str) -> Run {
        let piped =
            command.current_dir(&self.0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().unwrap();
        drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
        let output = child.wait_with_output().unwrap();
        Run {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}
