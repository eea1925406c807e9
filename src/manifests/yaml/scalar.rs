//! What the API server reads in a plain scalar.
//!
//! kubectl and the tools around it turn YAML into JSON by YAML 1.1 as the Go library of sigs.k8s.io/yaml has it: `no`
//! is false, `010` is eight. YAML 1.2, by which people and most other tools read, says otherwise, and where the two
//! disagree a manifest does not say what its author reads.

use std::borrow::Cow;

use serde_json::{Number, Value};

use super::tree::Tag;

/// What a plain scalar without a tag is to the API server.
pub(super) fn resolve(text: &str) -> Scalar {
    match text.as_bytes().first() {
        None | Some(b'~') if text.len() < 2 => Scalar::Value(Value::Null),
        Some(b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O') => word(text),
        Some(b'0'..=b'9' | b'+' | b'-' | b'.') => number(text),
        _ => Scalar::Text,
    }
}

/// What a scalar is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scalar {
    /// The text itself.
    Text,
    /// Null, a truth value or a number.
    Value(Value),
    /// A number that JSON cannot hold: infinite, or none at all.
    NotFinite,
}

impl Scalar {
    /// What becomes of it as a key, which is always a text; nothing of a number that kubectl takes for no key.
    pub(super) fn as_key(&self, text: &str) -> Option<String> {
        Some(match self {
            Self::Text => text.to_owned(),
            Self::NotFinite => text.trim_start_matches('+').to_ascii_lowercase(),
            Self::Value(Value::String(decoded)) => decoded.clone(),
            Self::Value(Value::Number(number)) => return key(text, number),
            Self::Value(Value::Null) => String::new(),
            Self::Value(value) => value.to_string(),
        })
    }
}

fn word(text: &str) -> Scalar {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "true" | "True" | "TRUE" => {
            Scalar::Value(Value::Bool(true))
        }
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" | "false" | "False" | "FALSE" => {
            Scalar::Value(Value::Bool(false))
        }
        "null" | "Null" | "NULL" => Scalar::Value(Value::Null),
        _ => Scalar::Text,
    }
}

fn number(text: &str) -> Scalar {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Scalar::NotFinite;
    }
    // Digits in groups are no fraction that begins with its point.
    let grouped = text.contains('_') && !text.starts_with('.');
    let plain = if grouped { Cow::Owned(text.replace('_', "")) } else { Cow::Borrowed(text) };
    if let Some(whole) = integer(&plain) {
        return Scalar::Value(Value::Number(whole));
    }
    match is_decimal(&plain).then(|| plain.parse::<f64>()) {
        // What is too large for a number stays a text.
        Some(Ok(float)) => as_json(float).map_or(Scalar::Text, |number| Scalar::Value(Value::Number(number))),
        _ => Scalar::Text,
    }
}

/// On its way through JSON a fraction of nothing is lost: `3.0` arrives as 3.
fn as_json(float: f64) -> Option<Number> {
    #[expect(clippy::cast_possible_truncation, reason = "it has no fraction and is small enough")]
    if float.fract() == 0.0 && float.abs() < EXACT {
        Some(Number::from(float as i64))
    } else {
        Number::from_f64(float)
    }
}

/// Whole numbers up to here are exact in 64 bits of floating point.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A whole number of up to 64 bits, in the base that its prefix says: `0x`, `0b`, `0o`, or `0` for eight.
fn integer(text: &str) -> Option<Number> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    let (base, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, digits.get(2..)?),
        [b'0', b'b' | b'B', ..] => (2, digits.get(2..)?),
        [b'0', b'o' | b'O', ..] => (8, digits.get(2..)?),
        [b'0', _, ..] => (8, digits.get(1..)?),
        _ => (10, digits),
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let size = u64::from_str_radix(digits, base).ok()?;
    if negative { 0_i64.checked_sub_unsigned(size).map(Number::from) } else { Some(Number::from(size)) }
}

/// Whether a text is what a tag says of it.
pub(super) fn is(tag: Tag, text: &str) -> bool {
    match (tag, resolve(text)) {
        (Tag::Text | Tag::Other, _)
        | (Tag::Null, Scalar::Value(Value::Null))
        | (Tag::Boolean, Scalar::Value(Value::Bool(_)))
        | (Tag::Float, Scalar::NotFinite) => true,
        (Tag::Whole, Scalar::Value(Value::Number(_))) => is_whole(text),
        (Tag::Float, Scalar::Value(Value::Number(number))) => !is_whole(text) || number.is_i64(),
        (Tag::Time, Scalar::Text) => {
            text.find('-') == Some(4) && text.bytes().take(4).all(|b| b.is_ascii_digit())
        }
        _ => false,
    }
}

/// A number that is a key, as kubectl spells it: a fraction in 32 bits. Nothing where it takes none so large.
fn key(text: &str, number: &Number) -> Option<String> {
    if is_whole(text) {
        return number.is_i64().then(|| number.to_string());
    }
    #[expect(clippy::cast_possible_truncation, reason = "so does kubectl")]
    let float = text.replace('_', "").parse::<f64>().ok()? as f32;
    if float.is_infinite() {
        return Some(if float > 0.0 { ".inf" } else { "-.inf" }.to_owned());
    }
    let short = format!("{float:e}");
    let (digits, exponent) = short.split_once('e')?;
    let exponent: i32 = exponent.parse().ok()?;
    if (-4..6).contains(&exponent) {
        return Some(float.to_string());
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    Some(format!("{digits}e{sign}{:02}", exponent.unsigned_abs()))
}

fn is_whole(text: &str) -> bool {
    integer(&text.replace('_', "")).is_some()
}

/// Digits with at most one point, and perhaps an exponent.
fn is_decimal(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (unsigned.get(..at), unsigned.get(at + 1..)),
        None => (Some(unsigned), None),
    };
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa = mantissa.is_some_and(|mantissa| {
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        is_digits(whole) && is_digits(fraction) && !(whole.is_empty() && fraction.is_empty())
    });
    let exponent = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !digits.is_empty() && is_digits(digits)
    });
    mantissa && exponent
}

/// Whether YAML 1.2 reads the scalar otherwise than the API server does.
///
/// `true`, `null` and numbers that both read alike are not ambiguous, whatever type a field wants.
pub(super) fn is_ambiguous(text: &str, read: &Value) -> bool {
    match read {
        Value::Bool(_) => !matches!(text, "true" | "True" | "TRUE" | "false" | "False" | "FALSE"),
        Value::Number(number) => {
            let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
            let octal_or_hexadecimal = unsigned.strip_prefix("0x").or(unsigned.strip_prefix("0o"));
            if octal_or_hexadecimal.is_some() {
                // Both versions know them; only 1.1 takes a sign, or digits in groups.
                return unsigned.len() != text.len() || text.contains('_');
            }
            let decimal = text.parse::<f64>().ok();
            let same = decimal.is_some() && decimal == number.as_f64();
            !same
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn plain_scalars_are_what_the_api_server_reads() {
        for (text, expected) in [
            ("", json!(null)),
            ("~", json!(null)),
            ("null", json!(null)),
            ("NO", json!(false)),
            ("n", json!(false)),
            ("off", json!(false)),
            ("y", json!(true)),
            ("On", json!(true)),
            ("TRUE", json!(true)),
            ("0", json!(0)),
            ("010", json!(8)),
            ("-010", json!(-8)),
            ("0o10", json!(8)),
            ("0b11", json!(3)),
            ("0x1F", json!(31)),
            ("1_000", json!(1000)),
            ("+12", json!(12)),
            ("-7", json!(-7)),
            ("18446744073709551615", json!(u64::MAX)),
            ("-9223372036854775808", json!(i64::MIN)),
            ("08", json!(8)),
            ("1.5", json!(1.5)),
            (".5", json!(0.5)),
            ("1.", json!(1)),
            ("1e3", json!(1000)),
            ("1E-3", json!(0.001)),
        ] {
            assert_eq!(resolve(text), Scalar::Value(expected), "{text}");
        }
    }

    #[test]
    fn what_looks_like_more_stays_a_text() {
        for text in [
            "nO",
            "yEs",
            "oN",
            "Nope",
            "NULL ",
            "1.2.3",
            "12:30",
            "2026-01-01",
            "0x",
            "0b2",
            "-",
            "+",
            ".",
            "..",
            "1e",
            "1e+",
            "e3",
            "--1",
            "0-1",
            "1-0",
            "1 000",
            "eu-west-1",
            "~x",
            "NaN",
            "inf",
            "0xg",
            "_1a",
            "1e999",
            ".1_",
            "._1",
        ] {
            assert_eq!(resolve(text), Scalar::Text, "{text}");
        }
        for text in [".inf", "-.INF", "+.Inf", ".nan"] {
            assert_eq!(resolve(text), Scalar::NotFinite, "{text}");
        }
    }

    #[test]
    fn tags_say_what_kubectl_takes_from_them() {
        for (tag, right, wrong) in [
            (
                Tag::Whole,
                &["3", "010", "0x1F", "1_0", "18446744073709551615"][..],
                &["1.0", "08", "", "no", "x", "18446744073709551616"][..],
            ),
            (
                Tag::Float,
                &["3", "1.5", "08", "1e3", ".inf", "9223372036854775807"],
                &["9223372036854775808", "", "no", "x", ".1_"],
            ),
            (Tag::Boolean, &["yes", "true", "N"], &["1", "", "tRue", "0.0"]),
            (Tag::Null, &["", "~", "NULL"], &["x", "0", "nUll", "no"]),
            (Tag::Time, &["2026-01-01", "2026-1-1T0:0:0Z"], &["", "x", "2026", "26-01-01"]),
            (Tag::Text, &["", "no", "3"], &[]),
        ] {
            for text in right {
                assert!(is(tag, text), "{tag:?} {text}");
            }
            for text in wrong {
                assert!(!is(tag, text), "{tag:?} {text}");
            }
        }
    }

    #[test]
    fn numbers_that_are_keys_are_spelled_as_kubectl_does() {
        for (text, expected) in [
            ("8080", Some("8080")),
            ("010", Some("8")),
            ("0x1F", Some("31")),
            ("9223372036854775807", Some("9223372036854775807")),
            ("9223372036854775808", None),
            ("1.10", Some("1.1")),
            ("1e3", Some("1000")),
            ("100000.5", Some("100000.5")),
            ("1e6", Some("1e+06")),
            ("123456789.123", Some("1.2345679e+08")),
            ("1_0.5", Some("10.5")),
            ("0.0001", Some("0.0001")),
            ("1e-7", Some("1e-07")),
            ("-0.0", Some("-0")),
            ("-9223372036854775809", Some("-9.223372e+18")),
            ("4.9e-324", Some("0")),
            ("-1e99", Some("-.inf")),
        ] {
            let Scalar::Value(Value::Number(number)) = resolve(text) else { panic!("{text} is a number") };
            assert_eq!(key(text, &number).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn only_what_two_versions_read_differently_is_ambiguous() {
        let ambiguous = |text: &str| match resolve(text) {
            Scalar::Value(value) => is_ambiguous(text, &value),
            _ => false,
        };
        for text in
            ["NO", "no", "y", "Y", "on", "OFF", "010", "-017", "0b1", "1_000", "-0x1F", "0x_1F", "01_0"]
        {
            assert!(ambiguous(text), "{text}");
        }
        for text in [
            "true",
            "False",
            "null",
            "~",
            "",
            "0",
            "00",
            "07",
            "08",
            "0x1F",
            "0o17",
            "12",
            "-12",
            "+12",
            "1.50",
            "1e3",
            ".5",
            "DE",
            "2026-01-01",
            "18446744073709551615",
        ] {
            assert!(!ambiguous(text), "{text}");
        }
    }
}
