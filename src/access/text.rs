//! The tables for people. Names and reasons come from others: nothing in them can steer a terminal.

use std::fmt::{self, Write as _};

use super::explain::Explanation;
use super::known::Unseen;
use super::paths::{Path, Table};
use crate::render::visible::visible;

/// The role that shows who may approve: no other that is shipped lets anybody list roles and bindings.
pub const VIEWER: &str = "cxguard-access-viewer";

/// How many entries of a long enumeration are shown; all are in the JSON.
const SHOWN: usize = 6;

/// Adds a line.
pub(super) fn line(text: &mut String, said: &str) {
    let _ = writeln!(text, "{}", visible(said));
}

/// Adds a line with a name in front of it.
pub(super) fn field(text: &mut String, name: &str, said: &str) {
    let _ = writeln!(text, "  {name:12} {}", visible(said));
}

/// `User ann@corp.example`, then what they may and by which way.
impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        line(&mut text, &format!("Access to namespace {}", self.namespace));
        if self.paths.is_empty() {
            line(&mut text, "nobody, by anything that could be seen");
        }
        paths(&mut text, &self.paths);
        for waiting in &self.waiting {
            let phase = waiting.phase.map_or_else(|| "-".to_owned(), |phase| phase.to_string());
            line(&mut text, &waiting.subject);
            field(&mut text, "not now", &format!("{}, AccessGrant {}", waiting.role, waiting.grant));
            field(&mut text, "because", &format!("{phase}: {}", waiting.why));
        }
        if self.parts_of_kubernetes > 0 {
            let parts = self.parts_of_kubernetes;
            line(
                &mut text,
                &format!("and {parts} parts of Kubernetes, by the roles that the API server made"),
            );
        }
        unseen(&mut text, &self.unseen);
        f.write_str(&text)
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        let (user, namespace) = (&self.user, &self.namespace);
        let question = match &self.right {
            Some(right) => format!("May {user} {right} in namespace {namespace}?"),
            None => format!("What may {user} do in namespace {namespace}?"),
        };
        line(&mut text, &question);
        field(&mut text, "answer", &answer(self));
        let on_record = if self.groups_known { "" } else { "; not on record, so there may be more" };
        field(&mut text, "groups", &format!("{}{on_record}", self.groups.join(", ")));
        paths(&mut text, &self.paths);
        for grant in &self.grants {
            line(&mut text, &format!("AccessGrant {}", grant.name));
            let issued = grant.issued_to.as_ref().map(|holder| format!(", issued to {holder}"));
            let to = format!("{}{}", grant.subject, issued.unwrap_or_default());
            field(&mut text, "gives", &format!("{} to {to}, until {}", grant.role, grant.until));
            field(&mut text, "phase", &format!("{}: {}", grant.phase, grant.why));
            for left_out in &grant.left_out {
                field(&mut text, "but not for", left_out);
            }
        }
        whom_to_ask(&mut text, self);
        unseen(&mut text, &self.unseen);
        f.write_str(&text)
    }
}

/// In a sentence. What the API server says counts; what was seen says why.
fn answer(explained: &Explanation) -> String {
    if explained.right.is_none() {
        let all = if explained.unseen.is_empty() { "" } else { ", and not all could be" };
        return match explained.paths.len() {
            0 => format!("nothing, by any binding that could be seen{all}"),
            1 => "what the way below gives".to_owned(),
            ways => format!("what the {ways} ways below give"),
        };
    }
    let certain = explained.paths.iter().filter(|path| path.role_seen).count();
    let seen = match (certain, explained.paths.len()) {
        (_, 0) => "no binding that could be seen gives it".to_owned(),
        (0, _) => "perhaps by what is below".to_owned(),
        (_, 1) => "by the way below".to_owned(),
        (_, ways) => format!("by the {ways} ways below"),
    };
    match &explained.confirmed {
        Some(review) => {
            let verdict = if review.allowed { "yes" } else { "no" };
            let reason = Some(&review.reason).filter(|reason| !reason.is_empty());
            let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
            format!("{verdict}, says the API server{reason}; {seen}")
        }
        None if certain > 0 => format!("yes, {seen}"),
        None if explained.paths.is_empty() && explained.unseen.is_empty() => format!("no: {seen}"),
        None => format!("cannot be told: {seen}, and not all could be"),
    }
}

fn whom_to_ask(text: &mut String, explained: &Explanation) {
    line(text, "Whom to ask");
    for owner in &explained.owners {
        field(text, "owner", owner);
    }
    for approver in &explained.approvers {
        field(text, "may approve", &format!("{} ({})", approver.subject, approver.binding));
    }
    if explained.owners.is_empty() && explained.approvers.is_empty() {
        let hidden = explained.unseen.iter().any(Unseen::is_about_roles);
        let hint = if hidden { format!(" (the ClusterRole {VIEWER} shows them)") } else { String::new() };
        let said = format!("who may approve grants here could be seen{hint}: ask an administrator");
        field(text, "nobody", &said);
    }
}

fn paths(text: &mut String, paths: &[Path]) {
    let mut last = "";
    for path in paths {
        if path.subject != last {
            let who = if path.people.is_empty() {
                path.subject.clone()
            } else {
                format!("{} (Person {})", path.subject, few(&path.people, ", "))
            };
            line(text, &who);
        }
        last = &path.subject;
        let may = match (path.role_seen, path.may.is_empty()) {
            (false, _) => format!("not known: {} does not exist, or may not be read", path.role),
            (true, true) => "nothing".to_owned(),
            (true, false) => few(&path.may, "; "),
        };
        field(text, "may", &may);
        if !path.could.is_empty() {
            field(text, "so could", &few(&path.could, "; "));
        }
        let grant = path.grant.as_deref().map(|grant| format!(", AccessGrant {grant}")).unwrap_or_default();
        field(text, "by", &format!("{}, {}{grant}", path.binding, path.role));
        field(text, "until", &until(path));
    }
}

fn until(path: &Path) -> String {
    let cause = path.until_cause.map(|cause| format!(" ({cause})")).unwrap_or_default();
    let end = match path.until {
        Some(end) => format!("{end}{cause}"),
        None if path.grant.is_some() => "not said by the operator".to_owned(),
        None => "without an end, by no grant".to_owned(),
    };
    match path.reviewed_on {
        Some(day) => format!("{end}, reviewed on {day}"),
        None => format!("{end}, never reviewed"),
    }
}

fn unseen(text: &mut String, unseen: &[Unseen]) {
    for Unseen { what, why } in unseen {
        // The API server names once more what is named already.
        let why = why.strip_prefix(what.as_str()).map_or(why.as_str(), str::trim_start);
        line(text, &format!("not seen, so there may be more: {what}: {why}"));
    }
}

fn few(items: &[String], separator: &str) -> String {
    let shown = items.iter().take(SHOWN).map(|item| short(item)).collect::<Vec<_>>().join(separator);
    match items.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown}{separator}and {more} more"),
    }
}

/// One entry, cut where it would fill a screen.
fn short(item: &str) -> String {
    const LONGEST: usize = 120;
    if item.chars().count() <= LONGEST {
        item.to_owned()
    } else {
        item.chars().take(LONGEST).chain([' ', '…']).collect()
    }
}
