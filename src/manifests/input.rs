//! Which files are read.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;
use ignore::types::{Types, TypesBuilder};

use super::text::{self, decode};
use crate::render::Unread;

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
    /// A text that was read already: standard input, a pipe, a file of a revision.
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
    /// As people are told: with `/` between folders; `-` is standard input. No two files have one name.
    pub fn name(&self) -> String {
        match self {
            Self::File { path, .. } => shown(path),
            Self::Text { name, .. } => name.clone(),
        }
    }

    /// What was read already, from the bytes that came.
    pub fn text(name: String, named: bool, bytes: Vec<u8>) -> Result<Self, String> {
        decode(bytes).map(|text| Self::Text { name, text, named })
    }

    /// What somebody named that can be read once only.
    pub fn read(name: String, from: impl Read) -> Result<Self, String> {
        text::read(from).map(|text| Self::Text { name, text, named: true })
    }

    /// Whether somebody named it, rather than a folder that holds it.
    pub(super) fn is_named(&self) -> bool {
        match self {
            Self::File { named, .. } | Self::Text { named, .. } => *named,
        }
    }
}

/// A path as text. What in it is no UTF-8 is written as its number: `caf\xE9.yaml`.
fn shown(path: &Path) -> String {
    let mut text = String::new();
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02X}");
        }
    }
    text
}

/// The ending of the files that name what is not to be read, beside `.gitignore` and `.ignore`.
pub(super) const IGNORE_FILE: &str = ".cxguardignore";

/// The files that the paths name or hold, each once, in order; and what could not be looked at.
///
/// Folders are searched to the bottom for `.yaml`, `.yml` and `.json`, symbolic links followed; what is hidden and what
/// ignore files name is left out. A file that is named itself is read whatever it is called.
pub fn discover(paths: &[PathBuf]) -> (Vec<Input>, Vec<Unread>) {
    let mut found = Found::default();
    for path in paths {
        if path.is_dir() {
            found.folder(path);
        } else if path.is_file() {
            found.add(place_of_file(path), short(path), true);
        } else if path.exists() {
            found.stream(&short(path));
        } else {
            found.unread.push(Unread::whole(path, "there is no such file or folder"));
        }
    }
    let files = found.files.into_values().map(|(path, named)| Input::File { path, named });
    let mut inputs: Vec<Input> = files.chain(found.streams.into_values()).collect();
    inputs.sort();
    (inputs, found.unread)
}

/// What was found.
#[derive(Default)]
struct Found {
    /// By where they are, so that the same file by way of two paths is read once: under the path that came first, and as
    /// one that was named if it ever was.
    files: BTreeMap<PathBuf, (PathBuf, bool)>,
    /// What can be read once only, likewise.
    streams: BTreeMap<PathBuf, Input>,
    unread: Vec<Unread>,
}

impl Found {
    fn add(&mut self, place: PathBuf, path: PathBuf, named: bool) {
        let (_, known) = self.files.entry(place).or_insert((path, named));
        *known |= named;
    }

    /// A pipe or a device. It is read here and now: who opens a pipe again waits for somebody who writes it again.
    fn stream(&mut self, path: &Path) {
        let place = place_of_file(path);
        if self.streams.contains_key(&place) {
            return;
        }
        #[expect(clippy::disallowed_methods, reason = "this is where files are read")]
        let file = File::open(path).map_err(|error| format!("failed to read it: {error}"));
        match file.and_then(|file| Input::read(path.display().to_string(), file)) {
            Ok(input) => drop(self.streams.insert(place, input)),
            Err(problem) => self.unread.push(Unread::whole(path, problem)),
        }
    }

    fn folder(&mut self, folder: &Path) {
        let mut walk = WalkBuilder::new(folder);
        // What one person's machine ignores, another's does not, and both are to find the same.
        walk.follow_links(true)
            .require_git(false)
            .git_global(false)
            .git_exclude(false)
            .add_custom_ignore_filename(IGNORE_FILE);
        match manifests() {
            Ok(types) => drop(walk.types(types)),
            Err(error) => return self.unread.push(Unread::whole(folder, error)),
        }
        let top = place(folder);
        for entry in walk.build() {
            match entry {
                Ok(entry) => match entry.file_type() {
                    Some(kind) if kind.is_dir() => {}
                    Some(kind) if kind.is_file() => {
                        let below = entry.path().strip_prefix(folder).unwrap_or(entry.path());
                        self.add(top.join(below), short(entry.path()), false);
                    }
                    // To read a pipe may take for ever.
                    _ => self.unread.push(Unread::whole(
                        &short(entry.path()),
                        "is no regular file: name it to have it read",
                    )),
                },
                Err(error) => self.unread.push(refused(folder, error)),
            }
        }
    }
}

/// Where a folder is, by whatever path it is reached.
fn place(folder: &Path) -> PathBuf {
    folder.canonicalize().unwrap_or_else(|_| folder.to_owned())
}

/// The same of what is in one. What a link leads to is another file.
fn place_of_file(file: &Path) -> PathBuf {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    place(folder.unwrap_or(Path::new("."))).join(file.file_name().unwrap_or_default())
}

/// `./a.yaml` is `a.yaml` to everybody who reads it.
fn short(path: &Path) -> PathBuf {
    path.strip_prefix(".").unwrap_or(path).to_owned()
}

/// What could not be looked at, by its path where that is known.
fn refused(folder: &Path, error: ignore::Error) -> Unread {
    match error {
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
            refused(folder, *err)
        }
        ignore::Error::WithPath { path, err } => refused(&short(&path), *err),
        ignore::Error::Loop { ancestor, child } => {
            Unread::whole(&short(&child), format!("a loop: it leads back to {}", short(&ancestor).display()))
        }
        other => Unread::whole(folder, other),
    }
}

fn manifests() -> Result<Types, ignore::Error> {
    let mut types = TypesBuilder::new();
    for pattern in ["*.yaml", "*.yml", "*.json"] {
        types.add("manifests", pattern)?;
    }
    types.select("manifests").build()
}
