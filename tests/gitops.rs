//! What docs/gitops.md has to paste does what it says: its own commands are run.

#![cfg(feature = "cluster")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, also in its helpers")]
#![expect(clippy::disallowed_methods, reason = "a test makes its files")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

/// The block of YAML under a heading.
fn block(heading: &str) -> Value {
    let text = include_str!("../docs/gitops.md");
    let section = text.split_once(&format!("\n## {heading}\n")).unwrap().1;
    let block = section.split_once("```yaml\n").unwrap().1.split_once("```").unwrap().0;
    serde_saphyr::from_str(block).unwrap()
}

/// A folder with manifests, gone with the value.
struct Repository(PathBuf);

impl Repository {
    fn with(stories: &[&str]) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("cxguard-gitops-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
        for story in stories {
            for file in fs::read_dir(examples.join(story)).unwrap() {
                let file = file.unwrap().path();
                fs::copy(&file, folder.join(file.file_name().unwrap())).unwrap();
            }
        }
        Self(folder)
    }

    /// Runs a line as a pipeline does.
    fn sh(&self, line: &str) -> i32 {
        let program = Path::new(env!("CARGO_BIN_EXE_cxguard")).parent().unwrap();
        let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
        let mut command = Command::new("sh");
        command.args(["-e", "-c", line]).current_dir(&self.0).stdout(Stdio::null()).stderr(Stdio::null());
        command.env("PATH", path).env("GITHUB_STEP_SUMMARY", self.0.join("summary"));
        command.status().unwrap().code().unwrap()
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap()
    }
}

impl Drop for Repository {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

#[test]
fn the_workflow_for_github_finds_what_there_is() {
    let workflow = block("GitHub Actions");
    let steps = workflow["jobs"]["check"]["steps"].as_array().unwrap().clone();
    let lines: Vec<_> = steps.iter().filter_map(|step| step["run"].as_str()).collect();
    let [check, summary] = lines[..] else { panic!("{lines:?}") };
    let upload = steps.iter().find_map(|step| step["with"]["sarif_file"].as_str()).unwrap();
    for (stories, code, results) in [(&["compliant"][..], 0, false), (&["compliant", "violating"], 1, true)] {
        let repository = Repository::with(stories);
        assert_eq!(repository.sh(check), code);
        assert_eq!(repository.sh(summary), 0);
        assert!(repository.read("summary").contains("cxguard"));
        let sarif: Value = serde_json::from_str(&repository.read(upload)).unwrap();
        let results_found = sarif["runs"][0]["results"].as_array().unwrap();
        assert_eq!(results_found.iter().any(|result| result["level"] == "error"), results);
    }
}

#[test]
fn the_job_for_gitlab_leaves_its_reports() {
    let job = &block("GitLab")["cxguard"];
    let script: Vec<_> = job["script"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let repository = Repository::with(&["compliant", "violating"]);
    assert_eq!(repository.sh(&script.join("\n")), 1);
    let reports = &job["artifacts"]["reports"];
    let quality: Value =
        serde_json::from_str(&repository.read(reports["codequality"].as_str().unwrap())).unwrap();
    assert!(!quality.as_array().unwrap().is_empty());
    assert!(repository.read(reports["junit"].as_str().unwrap()).contains("<testsuites"));
}

#[test]
fn the_hook_for_pre_commit_refuses_what_is_wrong() {
    let hook = &block("pre-commit")["repos"][0]["hooks"][0];
    let entry = hook["entry"].as_str().unwrap();
    assert_eq!(hook["pass_filenames"], false);
    assert_eq!(Repository::with(&["compliant"]).sh(entry), 0);
    assert_eq!(Repository::with(&["compliant", "violating"]).sh(entry), 1);
}
