//! Every relative link of the project's own text leads somewhere: the file is there, and the heading in it. So is every
//! file that the text names.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, also in its helpers")]
#![expect(clippy::disallowed_methods, reason = "reads what is written")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// What a build makes.
const BUILT: &str = "target";

/// Folders whose files the text names from the root.
const ROOTS: [&str; 9] = ["benches", "charts", "crds", "deploy", "docs", "examples", "fuzz", "src", "tests"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All Markdown below a folder, in order, as paths from the root.
fn pages(folder: &Path, found: &mut BTreeSet<PathBuf>) {
    for entry in fs::read_dir(root().join(folder)).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let path = folder.join(&name);
        if name.starts_with('.') || name == BUILT {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            pages(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.insert(path);
        }
    }
}

/// The lines outside of blocks of code.
fn prose(text: &str) -> Vec<&str> {
    let mut inside = false;
    let outside = text.lines().filter(|line| {
        let fence = line.trim_start().starts_with("```");
        inside ^= fence;
        !inside && !fence
    });
    outside.collect()
}

/// A line, with its code spans apart: what is not code, and what is.
fn spans(line: &str) -> (String, Vec<&str>) {
    let parts: Vec<&str> = line.split('`').collect();
    let text: Vec<&str> = parts.iter().copied().step_by(2).collect();
    (text.join("`"), parts.into_iter().skip(1).step_by(2).collect())
}

/// Where the links of a line lead that are not to other sites.
fn links(text: &str) -> Vec<&str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    targets.filter(|target| !target.contains("://") && !target.starts_with("mailto:")).collect()
}

/// The name that a heading gets, as GitHub makes it.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
}

fn anchors(text: &str) -> BTreeSet<String> {
    let headings = prose(text).into_iter().filter(|line| line.starts_with('#'));
    headings.map(|line| anchor(line.trim_start_matches('#'))).collect()
}

/// Path segments that lead up are taken out, so that a link out of the project is told.
fn resolved(path: &Path) -> Option<PathBuf> {
    let mut found = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => found.pop().then_some(())?,
            Component::Normal(name) => found.push(name),
            _ => {}
        }
    }
    Some(found)
}

/// Why a link leads nowhere.
fn broken(page: &Path, target: &str) -> Option<String> {
    let (path, fragment) = target.split_once('#').map_or((target, None), |(path, name)| (path, Some(name)));
    let file = if path.is_empty() { page.to_owned() } else { page.with_file_name(path) };
    let Some(file) = resolved(&file) else { return Some("leads out of the project".to_owned()) };
    if !root().join(&file).exists() {
        return Some(format!("there is no {}", file.display()));
    }
    let fragment = fragment?;
    let known = anchors(&fs::read_to_string(root().join(&file)).unwrap_or_default());
    (!known.contains(fragment)).then(|| format!("{} has no heading #{fragment}", file.display()))
}

/// Whether a span of code names a file or folder of the project, with nothing left to be filled in.
fn names_a_file(span: &str) -> bool {
    let plain = span.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
    plain && !span.contains("NNN") && span.split_once('/').is_some_and(|(first, _)| ROOTS.contains(&first))
}

#[test]
fn every_link_leads_somewhere() {
    let mut found = BTreeSet::new();
    pages(Path::new(""), &mut found);
    let (mut wrong, mut seen) = (Vec::new(), (0, 0));
    for page in &found {
        let text = fs::read_to_string(root().join(page)).unwrap();
        for line in prose(&text) {
            let (text, code) = spans(line);
            for target in links(&text) {
                seen.0 += 1;
                wrong.extend(broken(page, target).map(|why| format!("{}: {target}: {why}", page.display())));
            }
            for span in code.into_iter().filter(|span| names_a_file(span)) {
                seen.1 += 1;
                if !root().join(span).exists() {
                    wrong.push(format!("{}: there is no {span}", page.display()));
                }
            }
        }
    }
    assert!(seen.0 > 100 && seen.1 > 50, "{seen:?}: almost nothing was read");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_leads_nowhere_is_told() {
    let page = Path::new("docs/grants.md");
    for (target, good) in [
        ("security.md", true),
        ("../README.md#limits", true),
        ("#four-eyes", true),
        ("decisions/", true),
        ("nowhere.md", false),
        ("#four-ears", false),
        ("../README.md#nowhere", false),
        ("../../elsewhere.md", false),
    ] {
        assert_eq!(broken(page, target).is_none(), good, "{target}");
    }
    assert_eq!(anchor(" What the operator may do, and why"), "what-the-operator-may-do-and-why");
    assert_eq!(anchor(" Groups, one by one"), "groups-one-by-one");
    let (text, code) = spans("[a](b.md) `[c](d)` and `src/lib.rs`");
    assert_eq!((links(&text), code), (vec!["b.md"], vec!["[c](d)", "src/lib.rs"]));
}
