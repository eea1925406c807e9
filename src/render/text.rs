//! For people at a terminal: each finding at its line, as a compiler would show it.

use std::io;

use annotate_snippets::renderer::{Effects, Style};
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Padding, Renderer, Snippet};

use super::report::{Diagnostic, Place, Report, Severity, Subject};
use super::summary;
use super::visible::{self, visible};

/// Lines are made for terminals of this width: wider ones lose nothing.
const WIDTH: usize = 80;

/// How many of the objects that inherit a finding are named.
const NAMED: usize = 5;

/// How many of what could not be read are named.
const MOST: usize = 50;

/// How the text looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// With escape sequences for colours.
    pub colour: bool,
    /// With the source of findings that are set aside, and with the name of every object that inherits one.
    pub verbose: bool,
}

/// Writes each finding, then what there is to say of the run.
pub fn write(report: &Report, look: Look, out: &mut dyn io::Write) -> io::Result<()> {
    findings(&report.findings, look, out)?;
    closing(report, look, out)
}

/// Writes findings, one after the other.
pub(super) fn findings<'f>(
    findings: impl IntoIterator<Item = &'f Diagnostic>,
    look: Look,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let base = if look.colour { Renderer::styled() } else { Renderer::plain() };
    let base = base.term_width(WIDTH).hyperlink(false);
    // What is set aside must not catch the eye.
    let dimmed =
        if look.colour { base.clone().note(Style::new().effects(Effects::DIMMED)) } else { base.clone() };
    for finding in findings {
        let renderer = if finding.counts() { &base } else { &dimmed };
        for line in diagnostic(finding, look, renderer).lines() {
            writeln!(out, "{}", line.trim_end())?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// Stand for the places while the renderer computes columns: it takes them from the line that is shown, which may be
/// cut. No other text holds them, because whatever is shown was made visible.
const HERE: char = '\u{1}';
const THERE: char = '\u{2}';

fn diagnostic(finding: &Diagnostic, look: Look, renderer: &Renderer) -> String {
    let title = level(finding).primary_title(visible(&finding.message)).id(finding.rule.to_string());
    let group = Group::with_title(title);
    // What is set aside takes two lines, unless somebody wants to see it.
    if !finding.counts() && !look.verbose {
        let origin = match &finding.place {
            Some(place) => Origin::path(visible(&place.file)).line(place.line).char_column(place.column),
            None => Origin::path(visible(&finding.whereabouts()).into_owned()),
        };
        return indented(&renderer.render(&[group.element(origin)]));
    }
    let there = finding.cause.as_ref().and_then(|cause| cause.place.as_ref());
    let lines = finding.place.iter().chain(there).map(|place| place.line);
    let mut sketch = Sketch { digits: lines.max().unwrap_or_default().to_string().len(), notes: Vec::new() };
    let whereabouts = finding.whereabouts();
    let mut group = match &finding.place {
        Some(place) => {
            group.element(sketch.snippet(place, HERE, AnnotationKind::Primary, "in", &whereabouts))
        }
        None => group.element(Origin::path(visible(&whereabouts).into_owned())),
    };
    if let Some(cause) = &finding.cause {
        let because = format!("because of {}", cause.whereabouts());
        match there {
            Some(place) => {
                group = group.element(sketch.snippet(place, THERE, AnnotationKind::Context, "", &because));
            }
            None => sketch.notes.push(because),
        }
    }
    if finding.place.is_none() && there.is_none() {
        group = group.element(Padding);
    }
    let note = |text: &String| Level::NOTE.message(wrapped(text));
    group = group.elements(sketch.notes.iter().map(note));
    if !finding.remedy.is_empty() {
        group = group.element(Level::HELP.message(wrapped(&finding.remedy)));
    }
    let standing = finding.standing().map(str::to_owned);
    let more: Vec<_> = standing.chain(affects(finding, look.verbose)).collect();
    group = group.elements(more.iter().map(note));
    let text = renderer.render(&[group]);
    match (&finding.place, there) {
        (None, None) => indented(&text),
        (here, there) => put(&put(&text, HERE, here.as_ref()), THERE, there),
    }
}

/// With the arrow where it stands if there are numbers of lines.
fn indented(text: &str) -> String {
    text.replace('\n', "\n ")
}

/// The level in words. What is set aside says so in its first word.
fn level(finding: &Diagnostic) -> Level<'static> {
    if finding.exempted {
        return Level::NOTE.with_name("exempted");
    }
    if finding.baselined {
        return Level::NOTE.with_name("baselined");
    }
    match finding.severity() {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    }
}

/// The lines of source of one finding.
struct Sketch {
    /// How wide the numbers of lines are.
    digits: usize,
    /// The labels for which there is no room beside what they are about.
    notes: Vec<String>,
}

impl Sketch {
    /// The line with what is meant in it, labelled if there is room; else the label, after a word, is a note.
    fn snippet<'a>(
        &mut self,
        place: &Place,
        stands_for: char,
        kind: AnnotationKind,
        word: &str,
        label: &str,
    ) -> Snippet<'a, Annotation<'a>> {
        let (source, marked) = (place.source.as_str(), place.marked.clone());
        let parts = source.get(..marked.start).zip(source.get(marked.clone())).zip(source.get(marked.end..));
        let ((before, marked), after) = parts.unwrap_or((("", source), ""));
        let (before, marked, after) = (visible(before), visible(marked), visible(after));
        let mut annotation = kind.span(before.len()..before.len() + marked.len());
        let texts = [&before, &marked, &visible(label)].map(|text| text.chars().count());
        // Beside the number stand a line and two spaces, before the label another one.
        if self.digits + texts.iter().sum::<usize>() + 4 <= WIDTH {
            annotation = annotation.label(visible(label).into_owned());
        } else {
            self.notes.push(format!("{word} {label}").trim_start().to_owned());
        }
        Snippet::source(format!("{before}{marked}{after}"))
            .line_start(place.line)
            .path(stands_for.to_string())
            .annotation(annotation)
    }
}

/// The text with a place where a character stands for it, in place of the line and column after it.
fn put(text: &str, stands_for: char, place: Option<&Place>) -> String {
    let Some((place, (before, after))) = place.zip(text.split_once(stands_for)) else {
        return text.to_owned();
    };
    let after = after.trim_start_matches(|c: char| c == ':' || c.is_ascii_digit());
    format!("{before}{}:{}:{}{after}", visible(&place.file), place.line, place.column)
}

fn affects(finding: &Diagnostic, all: bool) -> Option<String> {
    let room = if all { finding.affects.len() } else { NAMED };
    let names: Vec<_> = finding.affects.iter().take(room).map(Subject::to_string).collect();
    let more = finding.affected.saturating_sub(names.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!names.is_empty()).then(|| format!("affects {}{more}", names.join(", ")))
}

/// Broken between words, so that it fits beside the numbers of lines and the word in front.
fn wrapped(text: &str) -> String {
    visible::wrapped(text, WIDTH - 14).join("\n")
}

/// What there is to say of the run.
fn closing(report: &Report, look: Look, out: &mut dyn io::Write) -> io::Result<()> {
    let strong = if look.colour { Style::new().bold() } else { Style::new() };
    writeln!(out, "{strong}{}{strong:#}", summary::headline(report))?;
    let mut lines = vec![summary::extent(report)];
    lines.extend(report.unread.iter().take(MOST).map(|unread| format!("not read: {unread}")));
    if let Some(more) = report.unread.len().checked_sub(MOST).filter(|more| *more > 0) {
        lines.push(format!("not read: {more} more"));
    }
    for (what, reason) in summary::not_judged(report) {
        lines.push(format!("not judged: {what}: {reason}"));
    }
    if let Some(ignored) = summary::ignored(report) {
        lines.push(format!("ignored, because no rule reads them: {ignored}"));
    }
    let counting = report.findings.iter().filter(|finding| finding.counts());
    if let Some(gravest) = counting.min_by_key(|finding| finding.severity()) {
        lines.push(format!("more about a rule: cxguard explain {}", gravest.rule));
    }
    for line in lines {
        writeln!(out, "{}", wrapped(&line).replace('\n', "\n    "))?;
    }
    Ok(())
}
