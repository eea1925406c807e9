//! Which files are read.

use std::io;
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;
use ignore::types::{Types, TypesBuilder};

use super::text::decode;

/// Something to read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Input {
    /// A file.
    File {
        /// Where it is.
        path: PathBuf,
        /// Whether somebody named it, rather than a folder that holds it.
        named: bool,
    },
    /// A text that was read already: standard input, a file of a revision.
    Text {
        /// As people are told.
        name: String,
        /// What it says.
        text: String,
        /// Whether somebody named it, as of a file.
        named: bool,
    },
}

impl Input {
    /// As people are told: with `/` between folders; `-` is standard input.
    pub fn name(&self) -> String {
        match self {
            Self::File { path, .. } => path.display().to_string(),
            Self::Text { name, .. } => name.clone(),
        }
    }

    /// What was read already, from the bytes that came. Standard input has the name `-`.
    pub fn text(name: String, named: bool, bytes: Vec<u8>) -> Result<Self, String> {
        decode(bytes).map(|text| Self::Text { name, text, named })
    }

    /// Whether somebody named it, rather than a folder that holds it.
    pub(super) fn is_named(&self) -> bool {
        match self {
            Self::File { named, .. } | Self::Text { named, .. } => *named,
        }
    }
}

/// The ending of the files that name what is not to be read, beside `.gitignore` and `.ignore`.
pub(super) const IGNORE_FILE: &str = ".cxguardignore";

/// The files that the paths name or hold, each once, in order; and what could not be looked at.
///
/// Folders are searched to the bottom for `.yaml`, `.yml` and `.json`, symbolic links followed; what is hidden and what
/// ignore files name is left out. A file that is named itself is read whatever it is called.
pub fn discover(paths: &[PathBuf]) -> (Vec<Input>, Vec<io::Error>) {
    let (mut found, mut errors) = (Vec::new(), Vec::new());
    for path in paths {
        if path.is_dir() {
            walk(path, &mut found, &mut errors);
        } else if path.exists() {
            found.push(Input::File { path: path.clone(), named: true });
        } else {
            errors.push(io::Error::other(format!("{}: there is no such file or folder", path.display())));
        }
    }
    found.sort();
    // The same file by way of two paths is read once, as the one that was named.
    found.dedup_by(|later, earlier| match (&later, &*earlier) {
        (Input::File { path: later, .. }, Input::File { path: earlier, .. }) => later == earlier,
        _ => false,
    });
    (found, errors)
}

fn walk(folder: &Path, found: &mut Vec<Input>, errors: &mut Vec<io::Error>) {
    let mut walk = WalkBuilder::new(folder);
    walk.follow_links(true).require_git(false).add_custom_ignore_filename(IGNORE_FILE);
    match manifests() {
        Ok(types) => drop(walk.types(types)),
        Err(error) => return errors.push(io::Error::other(error)),
    }
    for entry in walk.build() {
        match entry {
            Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_dir()) => {}
            Ok(entry) => {
                let path = entry.into_path();
                // `./a.yaml` is `a.yaml` to everybody who reads it.
                let path = path.strip_prefix(".").map(Path::to_owned).unwrap_or(path);
                found.push(Input::File { path, named: false });
            }
            Err(error) => errors.push(io::Error::other(error)),
        }
    }
}

fn manifests() -> Result<Types, ignore::Error> {
    let mut types = TypesBuilder::new();
    for pattern in ["*.yaml", "*.yml", "*.json"] {
        types.add("manifests", pattern)?;
    }
    types.select("manifests").build()
}
