//! Reading files, several at a time.

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use super::estate::{Estate, Source};
use super::input::Input;
use super::object::{Document, objects};
use super::split::{Part, split};
use super::template::is_template;
use super::text::{LARGEST_DOCUMENT, LARGEST_FILE, decode, read as read_text};
use super::unrendered::set_aside;
use super::yaml::{SyntaxError, Tree};
use crate::parallel::parallel;
use crate::render::Unread;

/// How files are read.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The namespace of objects that name none.
    pub namespace: String,
    /// How many threads read; at least one does.
    pub threads: usize,
}

/// A text longer than this is read by several threads.
const LONG: usize = 512 << 10;

/// What some files say. Nothing ends the reading: what cannot be read is listed.
pub fn load(inputs: Vec<Input>, reading: &Reading) -> Estate {
    let here = std::env::current_dir().unwrap_or_default();
    let (inputs, unrendered) = set_aside(inputs, &here, Path::exists, |path| {
        // Of what is no file, a pipe, there may be no end.
        path.is_file().then(|| text_of(path).ok()).flatten()
    });
    let mut estate = Estate {
        unrendered: unrendered.into_iter().map(|one| (one.path.display().to_string(), one.reason)).collect(),
        ..Estate::default()
    };
    estate.sources =
        inputs.into_iter().map(|input| Source { name: input.name(), input, text: None }).collect();
    let read = parallel(reading.threads, &estate.sources, || (), |(), source| read(&source.input, reading));
    let mut all = Vec::new();
    for (nth, read) in read.into_iter().enumerate() {
        let file = || estate.name(nth);
        let whole = |(part, parsed): (Part, Parsed)| match parsed {
            Ok(document) => Ok((nth, part, document)),
            Err(SyntaxError { line, column, problem }) => {
                Err(Unread { file: file(), at: Some((part.line + line - 1, column)), problem })
            }
        };
        match read {
            Ok(Read::Parts(parts)) => {
                all.extend(parts.into_iter().map(whole));
                estate.files += 1;
            }
            // The long ones come one by one, each read by all threads.
            Ok(Read::Long(text)) => {
                let parts = split(&text);
                let read =
                    parallel(reading.threads, &parts, || (), |(), part| document(&text, part, reading));
                let parts: Vec<_> = parts.into_iter().zip(read).collect();
                let Some(source) = estate.sources.get(nth) else { continue };
                if let Some(why) = other(&source.input, &text, &parts) {
                    let file = file();
                    estate.unrendered.insert(file, why);
                    continue;
                }
                all.extend(parts.into_iter().map(whole));
                estate.files += 1;
                if let Some(source) = estate.sources.get_mut(nth) {
                    source.text = Some(Arc::new(text));
                }
            }
            Ok(Read::Other(why)) => {
                let file = file();
                estate.unrendered.insert(file, why);
            }
            Err(problem) => all.push(Err(Unread { file: file(), at: None, problem })),
        }
    }
    estate.fill(all);
    estate
}

/// How many nodes of YAML some files have: reading and parsing alone, against which the judgement is measured.
pub fn nodes(inputs: &[Input], threads: usize) -> usize {
    let count = |text: &str, part: &Part| {
        Tree::parse(text.get(part.range.clone()).unwrap_or_default()).map_or(0, |tree| tree.len())
    };
    let read = parallel(
        threads,
        inputs,
        || (),
        |(), input| {
            let text = text(input).unwrap_or_default();
            let parts = split(&text);
            if text.len() > LONG {
                (0, Some((text, parts)))
            } else {
                (parts.iter().map(|part| count(&text, part)).sum(), None)
            }
        },
    );
    let of_long = |long: Option<(String, Vec<Part>)>| {
        let (text, parts) = long.unwrap_or_default();
        parallel(threads, &parts, || (), |(), part| count(&text, part)).into_iter().sum::<usize>()
    };
    read.into_iter().map(|(short, long)| short + of_long(long)).sum()
}

/// What was read of one document.
type Parsed = Result<Document, SyntaxError>;

enum Read {
    Parts(Vec<(Part, Parsed)>),
    Long(String),
    /// No manifest, though its name is that of one; and why.
    Other(String),
}

fn read(input: &Input, reading: &Reading) -> Result<Read, String> {
    let text = text(input)?;
    if text.len() > LONG {
        return Ok(Read::Long(text));
    }
    let parts = split(&text).into_iter().map(|part| {
        let document = document(&text, &part, reading);
        (part, document)
    });
    let parts: Vec<_> = parts.collect();
    Ok(match other(input, &text, &parts) {
        Some(why) => Read::Other(why),
        None => Read::Parts(parts),
    })
}

/// What a file is that was found in a folder and cannot be parsed, if it is no manifest: other programs have files
/// whose names end so. One that somebody named is meant to be a manifest, and so is one that has another in it.
fn other(input: &Input, text: &str, parts: &[(Part, Parsed)]) -> Option<String> {
    let holds_one = parts.iter().any(|(_, parsed)| parsed.as_ref().is_ok_and(Document::is_manifest));
    if input.is_named() || holds_one {
        return None;
    }
    let (part, error) = parts.iter().find_map(|(part, parsed)| Some((part, parsed.as_ref().err()?)))?;
    if is_template(text.get(part.range.clone())?, error) {
        return Some("by the look of it a template: render it, and check what comes of it".to_owned());
    }
    let line = part.line + error.line - 1;
    let SyntaxError { column, problem, .. } = error;
    (!may_hold_one(text)).then(|| {
        format!("by the look of it no manifest, and no YAML either: line {line}, column {column}: {problem}")
    })
}

/// Whether a text may hold a manifest for all that is wrong with it, also where what says so is written in another way.
fn may_hold_one(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["apiversion", "\\x", "\\u", ":binary", "!!binary"].iter().any(|mark| text.contains(mark))
}

/// The text of an input, or why it has none.
pub fn text(input: &Input) -> Result<String, String> {
    match input {
        Input::Text { text, .. } => Ok(text.clone()),
        Input::File { path, .. } => text_of(path),
    }
}

fn text_of(path: &Path) -> Result<String, String> {
    let failed = |error: std::io::Error| format!("failed to read it: {error}");
    let about = fs::metadata(path).map_err(failed)?;
    if !about.is_file() {
        #[expect(clippy::disallowed_methods, reason = "this is where files are read")]
        return read_text(File::open(path).map_err(failed)?);
    }
    let size = about.len();
    if size > LARGEST_FILE {
        return Err(format!("has {} MiB; at most {} are read", size >> 20, LARGEST_FILE >> 20));
    }
    #[expect(clippy::disallowed_methods, reason = "this is where files are read")]
    decode(fs::read(path).map_err(failed)?)
}

fn document(text: &str, part: &Part, reading: &Reading) -> Parsed {
    if part.range.len() > LARGEST_DOCUMENT {
        let problem = format!(
            "a document of {} MiB; at most {} are read, and the API server takes 3",
            part.range.len() >> 20,
            LARGEST_DOCUMENT >> 20
        );
        return Err(SyntaxError { line: 1, column: 1, problem });
    }
    objects(text.get(part.range.clone()).unwrap_or_default(), &reading.namespace)
}
