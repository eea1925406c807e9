//! A document without its object.

/// What is left of a document when its object goes: the lines before it and after it that hold nothing but a comment.
/// They may be about the file, or about what follows. The object's own lines go, and the comments between them.
pub(super) fn remove(text: &str) -> Result<String, String> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let first = lines.iter().position(|line| is_content(line));
    let last = lines.iter().rposition(|line| is_content_at_the_end(line));
    let (Some(first), Some(last)) = (first, last) else { return Err(by_hand("it cannot be told apart")) };
    let (before, rest) = lines.split_at(first);
    let (object, after) = rest.split_at((last + 1).saturating_sub(first));
    if object.first().is_none_or(|line| line.starts_with(['{', '[', '-', '.'])) {
        return Err(by_hand("it is not written in lines of its own"));
    }
    if before.iter().chain(after).any(|line| line.starts_with("...")) {
        return Err(by_hand("its document has an end of its own"));
    }
    let comments: Vec<&str> = before.iter().map(|line| comment(line)).chain(after.iter().copied()).collect();
    let is_blank = |line: &&str| line.trim().is_empty();
    let Some(start) = comments.iter().position(|line| !is_blank(line)) else { return Ok(String::new()) };
    let end = comments.iter().rposition(|line| !is_blank(line)).map_or(start, |last| last + 1);
    let mut kept: String = comments.get(start..end).unwrap_or_default().concat();
    // Another document may follow.
    if !kept.ends_with('\n') {
        kept.push('\n');
    }
    Ok(kept)
}

fn by_hand(why: &str) -> String {
    format!("an exemption that has ended stays: {why}, so remove it by hand")
}

/// A line before the object: without the mark that begins a document.
fn comment(line: &str) -> &str {
    line.strip_prefix("---").map_or(line, str::trim_start)
}

/// Whether a line is of the object, rather than before it.
fn is_content(line: &str) -> bool {
    let line = comment(line).trim();
    !line.is_empty() && !line.starts_with('#') && line != "..."
}

/// Whether a line is of the object, rather than after it. What is indented belongs to what it is below.
fn is_content_at_the_end(line: &str) -> bool {
    !line.trim().is_empty() && !line.starts_with('#') && line.trim_end() != "..."
}
