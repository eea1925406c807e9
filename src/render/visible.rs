//! Text of other people that cannot steer a terminal, a log or a page.

use std::borrow::Cow;

/// The text made visible and broken between words into lines of so many characters, if words are no longer.
pub(super) fn wrapped(text: &str, room: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in visible(text).split(' ').filter(|word| !word.is_empty()) {
        match lines.last_mut() {
            // A line that begins so may be a command to whoever reads a log.
            Some(line)
                if word.starts_with("::") || line.chars().count() + 1 + word.chars().count() <= room =>
            {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// The text with every character that would move, hide or reorder what stands around it replaced by one that is
/// seen: one for one, so that columns stay right. What is left is on one line, and valid in XML.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if text.chars().any(|c| picture(c).is_some()) {
        Cow::Owned(text.chars().map(|c| picture(c).unwrap_or(c)).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// The character to show instead, if this one is not to be shown.
fn picture(c: char) -> Option<char> {
    match c {
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)),
        '\u{7f}' => Some('\u{2421}'),
        // Further controls, separators of lines, marks of direction, and what XML forbids.
        '\u{80}'..='\u{9f}' | '\u{61c}' | '\u{2028}'..='\u{202e}' | '\u{fffe}' | '\u{ffff}' => {
            Some('\u{fffd}')
        }
        // What has no ink (Unicode: Default_Ignorable_Code_Point): two names that differ in it look the same.
        '\u{ad}'
        | '\u{34f}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}' => Some('\u{fffd}'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_is_shown_instead() {
        for (text, expected) in [
            ("plain, ünïcödé, 日本", "plain, ünïcödé, 日本"),
            ("\u{1b}[31mred", "␛[31mred"),
            ("two\r\nlines\tand a tab", "two␍␊lines␉and a tab"),
            ("\u{7f}\u{9b}1m", "␡�1m"),
            ("a\u{202e}b\u{2066}c\u{2028}d\u{feff}", "a�b�c�d�"),
            ("lead\u{200b}@\u{ad}corp\u{2060}.\u{3164}example\u{e0041}", "lead�@�corp�.�example�"),
            ("", ""),
        ] {
            assert_eq!(visible(text), expected, "{text:?}");
            assert_eq!(visible(text).chars().count(), text.chars().count(), "{text:?}");
        }
    }
}
