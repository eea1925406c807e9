//! Encodings that hide a value from the eye and from nobody else.

use std::borrow::Cow;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// How many times a text may be percent-encoded: rule URL-01.
const PERCENT_TIMES: u8 = 3;
/// The shortest text taken for base64: `a@b.co`, encoded.
const SHORTEST: usize = 8;

/// Padding may be there or not, and the last bits may be anything, as senders have it.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The text, percent-decoded until nothing is left to decode but at most three times, and how many times it was.
pub(super) fn percent(text: &str) -> (Cow<'_, str>, u8) {
    let mut decoded = Cow::Borrowed(text);
    let mut times = 0;
    while times < PERCENT_TIMES
        && let Some(next) = percent_once(&decoded)
    {
        decoded = Cow::Owned(next);
        times += 1;
    }
    (decoded, times)
}

/// Nothing if there is nothing to decode. A `+` stays: it begins phone numbers, and separates as well as a space.
fn percent_once(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    let mut found = false;
    while let Some(byte) = rest.next() {
        let mut ahead = rest.clone();
        let pair = ahead.next().and_then(hex).zip(ahead.next().and_then(hex));
        if let (b'%', Some((high, low))) = (byte, pair) {
            bytes.push(high << 4 | low);
            rest = ahead;
            found = true;
        } else {
            bytes.push(byte);
        }
    }
    found.then(|| String::from_utf8_lossy(&bytes).into_owned())
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// What the base64 in a text says, in either alphabet, one line for each piece; nothing if there is none. A decoding
/// counts only if it is printable text.
pub(super) fn base64(text: &str) -> Option<String> {
    let mut lines = String::new();
    let apart = |c: char| !(c.is_ascii_alphanumeric() || "+/-_=".contains(c));
    for run in text.split(apart) {
        let whole = printable(run);
        // A slash may as well end a path segment, and `=` a name.
        let pieces = run.split_inclusive('=').flat_map(|piece| piece.split('/'));
        let decoded = match whole {
            Some(line) => vec![line],
            None => pieces.filter_map(printable).collect(),
        };
        for line in decoded {
            lines.push_str(&line);
            lines.push('\n');
        }
    }
    (!lines.is_empty()).then_some(lines)
}

fn printable(run: &str) -> Option<String> {
    let run = run.trim_matches('=');
    if run.len() < SHORTEST {
        return None;
    }
    let standard = run.replace('-', "+").replace('_', "/");
    let text = String::from_utf8(LENIENT.decode(standard).ok()?).ok()?;
    text.chars().all(|c| !c.is_control() || c.is_ascii_whitespace()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_is_decoded_three_times() {
        for (text, decoded, times) in [
            ("a b", "a b", 0),
            ("50%", "50%", 0),
            ("%4", "%4", 0),
            ("%zz", "%zz", 0),
            ("a%40b", "a@b", 1),
            ("a%2540b%20", "a@b ", 2),
            ("a%252540b", "a@b", 3),
            ("a%25252540b", "a%40b", 3),
            ("%ff", "\u{fffd}", 1),
        ] {
            let (found, count) = percent(text);
            assert_eq!((&*found, count), (decoded, times), "{text}");
        }
    }

    #[test]
    fn base64_counts_if_it_is_text() {
        for (text, decoded) in [
            ("YUBiLmNv", Some("a@b.co\n")),
            ("ZXJpa2FAbWFpbC5leGFtcGxl", Some("erika@mail.example\n")),
            ("ZXJpa2EubUBtYWlsLmV4YW1wbGU=", Some("erika.m@mail.example\n")),
            ("ZXJpa2EubUBtYWlsLmV4YW1wbGU", Some("erika.m@mail.example\n")),
            ("Pj4-Pz8_Pj4-", Some(">>>???>>>\n")),
            ("x=ZXJpa2FAbWFpbC5leGFtcGxl&y", Some("erika@mail.example\n")),
            ("/r/ZXJpa2FAbWFpbC5leGFtcGxl", Some("erika@mail.example\n")),
            ("YUBi", None),
            ("550e8400-e29b-41d4-a716-446655440000", None),
            ("customer-feedback", None),
        ] {
            assert_eq!(base64(text).as_deref(), decoded, "{text}");
        }
    }
}
