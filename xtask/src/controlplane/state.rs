//! What `up` leaves for `down` to find.
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::Context;
use serde::{Deserialize, Serialize};

use super::files::write_private;
use super::process::Identity;

const FILE: &str = "state.json";

/// The servers that were left running.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) url: String,
    pub(super) processes: Vec<Identity>,
}

impl State {
    pub(super) fn is_running(&self) -> bool {
        self.processes.iter().all(|process| process.is_alive())
    }

    /// What is written in this directory; none if nothing is.
    pub(super) fn load(directory: &Path) -> anyhow::Result<Option<Self>> {
        let path = directory.join(FILE);
        match fs::read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            read => {
                let text = read.with_context(|| format!("failed to read {}", path.display()))?;
                let state = serde_json::from_slice(&text);
                state.map(Some).with_context(|| format!("failed to understand {}", path.display()))
            }
        }
    }

    pub(super) fn save(&self, directory: &Path) -> anyhow::Result<()> {
        write_private(&directory.join(FILE), &serde_json::to_vec_pretty(self)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controlplane::files::Directory;
    use crate::controlplane::process;

    #[test]
    fn state_is_found_again() {
        let directory = Directory::temporary().unwrap();
        assert_eq!(State::load(directory.path()).unwrap(), None);
        let state = State { url: "https://127.0.0.1:1".into(), processes: vec![process::current().unwrap()] };
        state.save(directory.path()).unwrap();
        let loaded = State::load(directory.path()).unwrap().unwrap();
        assert_eq!(loaded, state);
        assert!(loaded.is_running());
    }
}
