//! The manifests of a revision in a Git repository, read without touching the work tree.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::io::{Read as _, Write as _};
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::input::{IGNORE_FILE, Input};
use super::text::{LARGEST_FILE, decode};
use super::unrendered::{KUSTOMIZATIONS, set_aside};

/// What a folder, or a file, held in a revision.
#[derive(Debug, Default)]
pub struct Revision {
    /// The manifests, named as Git names them: `main:deploy/a.yaml`.
    pub inputs: Vec<Input>,
    /// What is no manifest yet, each with what to do.
    pub unrendered: BTreeMap<String, String>,
    /// What could not be read, each with why.
    pub unread: BTreeMap<String, String>,
}

/// A folder, or a file, in a repository.
#[derive(Clone, Debug)]
pub struct Repository {
    /// Where Git is run: the nearest folder that is there.
    folder: PathBuf,
    /// What is meant, from the top of the repository; empty for all of it.
    within: String,
}

/// A file that a revision holds.
struct Blob {
    path: String,
    id: String,
    size: u64,
}

impl Repository {
    /// The repository that holds a path, which need not be there any more.
    pub fn of(path: &Path) -> Result<Self, String> {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        let mut folder = path;
        while !folder.is_dir() {
            folder = match folder.parent() {
                Some(above) if !above.as_os_str().is_empty() => above,
                _ => Path::new("."),
            };
        }
        let folder = folder.to_owned();
        let below = path.strip_prefix(&folder).unwrap_or(path).to_owned();
        let repository = Self { folder, within: String::new() };
        let prefix = repository.said(&["rev-parse", "--show-prefix"])?;
        let mut within: Vec<&str> =
            prefix.trim_end_matches(['\n', '/']).split('/').filter(|step| !step.is_empty()).collect();
        for step in below.components() {
            match step {
                Component::Normal(step) => within.push(step.to_str().ok_or("the path is not UTF-8")?),
                Component::ParentDir => drop(within.pop()),
                _ => {}
            }
        }
        let within = within.join("/");
        Ok(Self { within, ..repository })
    }

    /// The revision where two lines of history part.
    pub fn base(&self, one: &str, other: &str) -> Result<String, String> {
        let (one, other) = (self.commit(one)?, self.commit(other)?);
        let base = self
            .said(&["merge-base", &one, &other])
            .map_err(|_| "the two revisions have no history in common: is the clone shallow?".to_owned())?;
        Ok(base.trim().to_owned())
    }

    /// What the repository held in a revision, as `name` shows it.
    pub fn at(&self, revision: &str, name: &str) -> Result<Revision, String> {
        let commit = self.commit(revision)?;
        let listing = self.git(&["ls-tree", "-r", "-l", "-z", "--full-tree", &commit])?;
        let mut found = Revision::default();
        let (mut blobs, mut submodules) = (BTreeMap::new(), Vec::new());
        for line in listing.split(|byte| *byte == 0) {
            let Ok(line) = str::from_utf8(line) else {
                // What is elsewhere in the repository, or no manifest, has whatever name it likes.
                let line = String::from_utf8_lossy(line);
                let manifest = entry(&line).map(|(_, blob)| blob.path);
                let manifest = manifest.filter(|path| is_manifest(path) && self.holds(path));
                let problem = "its path is not UTF-8".to_owned();
                found.unread.extend(manifest.map(|path| (format!("{name}:{path}"), problem)));
                continue;
            };
            let Some((mode, blob)) = entry(line) else { continue };
            match mode {
                LINK if is_manifest(&blob.path) && self.holds(&blob.path) => {
                    let reason = "a symbolic link: in a revision, links are not followed";
                    found.unrendered.insert(format!("{name}:{}", blob.path), reason.to_owned());
                }
                LINK => {}
                SUBMODULE => submodules.extend(Some(blob.path).filter(|path| self.holds(path))),
                _ => drop(blobs.insert(blob.path.clone(), blob)),
            }
        }
        let wanted = self.wanted(&blobs, &submodules, name, &mut found)?;
        let large: Vec<&Blob> = wanted.iter().copied().filter(|blob| blob.size > LARGEST_FILE).collect();
        for blob in large {
            let problem = format!("has {} MiB; at most {} are read", blob.size >> 20, LARGEST_FILE >> 20);
            found.unread.insert(format!("{name}:{}", blob.path), problem);
        }
        let wanted: Vec<&Blob> = wanted.into_iter().filter(|blob| blob.size <= LARGEST_FILE).collect();
        for (blob, bytes) in wanted.iter().zip(self.read(&wanted)?) {
            let name = format!("{name}:{}", blob.path);
            match Input::text(name.clone(), blob.path == self.within, bytes) {
                Ok(input) => found.inputs.push(input),
                Err(problem) => drop(found.unread.insert(name, problem)),
            }
        }
        if wanted.is_empty() && submodules.is_empty() && !blobs.keys().any(|path| self.holds(path)) {
            return Err(format!("{name} holds no {}", self.within));
        }
        Ok(found)
    }

    /// The full name of a commit. What looks like an option is refused before Git sees it.
    fn commit(&self, revision: &str) -> Result<String, String> {
        if revision.starts_with('-') || revision.is_empty() {
            return Err(format!("{revision:?} is no revision"));
        }
        let named = format!("{revision}^{{commit}}");
        let commit = self.said(&["rev-parse", "--verify", "--quiet", &named]).map_err(|problem| {
            if problem.is_empty() {
                format!("there is no revision {revision:?} here: a shallow clone has to fetch it first")
            } else {
                problem
            }
        })?;
        let commit = commit.trim();
        let is_name = commit.len() >= 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_name { Ok(commit.to_owned()) } else { Err(format!("{revision:?} is no revision")) }
    }

    fn holds(&self, path: &str) -> bool {
        let below = path.strip_prefix(&self.within);
        self.within.is_empty() || below.is_some_and(|below| below.is_empty() || below.starts_with('/'))
    }

    /// The files that a run over the folder would read: manifests, neither hidden nor ignored, rendered.
    fn wanted<'b>(
        &self,
        blobs: &'b BTreeMap<String, Blob>,
        submodules: &[String],
        name: &str,
        found: &mut Revision,
    ) -> Result<Vec<&'b Blob>, String> {
        let ignored = self.ignored(blobs)?;
        let is_hidden = |path: &str| {
            path.strip_prefix(&self.within).unwrap_or(path).split('/').any(|step| step.starts_with('.'))
        };
        let is_ignored = |path: &str, is_folder: bool| {
            let mut rules = ignored.iter().filter(|rules| Path::new(path).starts_with(rules.path()));
            let said = rules.find_map(|rules| {
                let said = rules.matched_path_or_any_parents(path, is_folder);
                (!said.is_none()).then(|| said.is_ignore())
            });
            said.unwrap_or_default()
        };
        for path in submodules.iter().filter(|path| !is_hidden(path) && !is_ignored(path, true)) {
            let reason = "a submodule: its files are in another repository";
            found.unrendered.insert(format!("{name}:{path}"), reason.to_owned());
        }
        let wanted = blobs.keys().filter(|path| {
            let is_named = **path == self.within;
            is_named
                || (self.holds(path) && is_manifest(path) && !is_hidden(path) && !is_ignored(path, false))
        });
        let files = wanted.map(|path| Input::File { path: path.into(), named: *path == self.within });
        let files: Vec<Input> = files.collect();
        let there: BTreeSet<&Path> = blobs.keys().flat_map(|path| Path::new(path).ancestors()).collect();
        let kustomizations = self.kustomizations(blobs, &files)?;
        let text = |path: &Path| kustomizations.get(path).cloned();
        let (kept, aside) = set_aside(files, Path::new(""), |path| there.contains(path), text);
        for one in aside {
            found.unrendered.insert(format!("{name}:{}", one.path.display()), one.reason);
        }
        let kept = kept.iter().filter_map(|input| blobs.get(&input.name()));
        Ok(kept.collect())
    }

    /// What the kustomizations beside and above some files say, as far as they can be read.
    fn kustomizations(
        &self,
        blobs: &BTreeMap<String, Blob>,
        files: &[Input],
    ) -> Result<BTreeMap<PathBuf, String>, String> {
        let names: Vec<String> = files.iter().map(Input::name).collect();
        let folders: BTreeSet<&Path> =
            names.iter().flat_map(|name| Path::new(name).ancestors().skip(1)).collect();
        let found = folders.iter().flat_map(|folder| KUSTOMIZATIONS.map(|name| folder.join(name)));
        let found = found.filter_map(|path| blobs.get(path.to_str()?));
        let found: Vec<&Blob> = found.filter(|blob| blob.size <= LARGEST_FILE).collect();
        let texts = found.iter().zip(self.read(&found)?);
        Ok(texts.filter_map(|(blob, bytes)| Some((PathBuf::from(&blob.path), decode(bytes).ok()?))).collect())
    }

    /// What is not to be read, by the files that say so: what the nearest says counts most.
    fn ignored(&self, blobs: &BTreeMap<String, Blob>) -> Result<Vec<Gitignore>, String> {
        let rank = |blob: &Blob| {
            let name = blob.path.rsplit('/').next().unwrap_or(&blob.path);
            let rank = [IGNORE_FILE, ".ignore", ".gitignore"].iter().position(|known| *known == name)?;
            Some((Reverse(blob.path.matches('/').count()), rank))
        };
        let mut files: Vec<&Blob> = blobs.values().filter(|blob| rank(blob).is_some()).collect();
        files.sort_by_key(|blob| rank(blob));
        let mut ignored = Vec::new();
        for (blob, bytes) in files.iter().zip(self.read(&files)?) {
            let folder = Path::new(&blob.path).parent().unwrap_or(Path::new(""));
            let mut rules = GitignoreBuilder::new(folder);
            for line in String::from_utf8_lossy(&bytes).lines() {
                // A line that is no pattern ignores nothing, here as in a folder.
                drop(rules.add_line(None, line));
            }
            ignored.extend(rules.build());
        }
        Ok(ignored)
    }

    /// The bytes of files, in their order, from one run of Git.
    fn read(&self, blobs: &[&Blob]) -> Result<Vec<Vec<u8>>, String> {
        if blobs.is_empty() {
            return Ok(Vec::new());
        }
        let asked = blobs.iter().flat_map(|blob| [blob.id.as_str(), "\n"]).collect::<String>();
        let mut child = self
            .command(&["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| absent(&error))?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let mut answer = Vec::new();
        // Git answers while it is asked: who first asks everything may wait for ever.
        let read = std::thread::scope(|scope| {
            scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(asked.as_bytes())));
            stdout.map_or(Ok(0), |mut stdout| stdout.read_to_end(&mut answer))
        });
        let ended = child.wait();
        read.and(ended).map_err(|error| format!("failed to read from git: {error}"))?;
        let mut rest = answer.as_slice();
        blobs.iter().map(|blob| next(&mut rest).ok_or(format!("git gave no {}", blob.path))).collect()
    }
}

impl Repository {
    /// Git, where the path is. What says where else a repository would be is left out: a hook is told, from where it
    /// runs, and this runs elsewhere.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        command.arg("-C").arg(&self.folder).args(arguments);
        for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_PREFIX"] {
            command.env_remove(name);
        }
        command
    }

    /// What Git says, or why it says nothing.
    fn git(&self, arguments: &[&str]) -> Result<Vec<u8>, String> {
        let run = self.command(arguments).stdin(Stdio::null()).output();
        let output = run.map_err(|error| absent(&error))?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        Err(lines.join(" ").trim_start_matches("fatal: ").to_owned())
    }

    /// The same of what is text.
    fn said(&self, arguments: &[&str]) -> Result<String, String> {
        String::from_utf8(self.git(arguments)?).map_err(|_| "the path is not UTF-8".to_owned())
    }
}

/// The mode of a symbolic link.
const LINK: &str = "120000";

/// The mode of a submodule.
const SUBMODULE: &str = "160000";

/// A line of `git ls-tree -l`: the mode, and a file, or what stands in place of one.
fn entry(line: &str) -> Option<(&str, Blob)> {
    let (about, path) = line.split_once('\t')?;
    let mut about = about.split_ascii_whitespace();
    let (mode, kind, id, size) = (about.next()?, about.next()?, about.next()?, about.next()?);
    let blob = Blob { path: path.to_owned(), id: id.to_owned(), size: size.parse().unwrap_or_default() };
    (kind == "blob" || mode == SUBMODULE).then_some((mode, blob))
}

/// The next object of `git cat-file --batch`: `<id> blob <size>`, then its bytes and the end of a line.
fn next(rest: &mut &[u8]) -> Option<Vec<u8>> {
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    let head = std::str::from_utf8(rest.get(..end)?).ok()?;
    let size: usize = head.rsplit(' ').next()?.parse().ok()?;
    let start = end + 1;
    let bytes = rest.get(start..start + size)?.to_vec();
    *rest = rest.get(start + size + 1..)?;
    Some(bytes)
}

fn is_manifest(path: &str) -> bool {
    let ending = Path::new(path).extension().and_then(OsStr::to_str);
    ending.is_some_and(|ending| ["yaml", "yml", "json"].contains(&ending))
}

fn absent(error: &std::io::Error) -> String {
    format!("failed to run git, which reads revisions: {error}")
}
