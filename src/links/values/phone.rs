//! Phone numbers.

use super::Context;
use super::runs::Run;
use crate::links::hit::What;

/// Country codes of two digits; 1 and 7 are codes of their own, all others have three.
const TWO_DIGITS: [u64; 43] = [
    20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55, 56, 57, 58,
    60, 61, 62, 63, 64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95,
];
/// Where codes of three digits begin.
const THREE_DIGITS: [u64; 21] =
    [21, 22, 23, 24, 25, 26, 29, 35, 37, 38, 42, 50, 59, 67, 68, 80, 85, 87, 88, 96, 97];

/// Ways of writing that only phone numbers have, and with which digit they begin.
const SHAPES: [(&str, std::ops::RangeInclusive<u64>); 10] = [
    // North America
    ("(999) 999-9999", 2..=9),
    ("(999)999-9999", 2..=9),
    ("999-999-9999", 2..=9),
    ("999.999.9999", 2..=9),
    ("9-999-999-9999", 1..=1),
    ("9 (999) 999-9999", 1..=1),
    // Spain and Poland
    ("999 999 999", 5..=9),
    ("999 99 99 99", 6..=9),
    // Italy
    ("999 9999999", 3..=3),
    // Denmark and Norway
    ("99 99 99 99", 2..=9),
];

/// `+49…`, or `0049…` with a country code of two or three digits: after zeros that fill up an order number, a North
/// American code would be met too often.
pub(super) fn is_international(run: &Run<'_>) -> bool {
    let digits = run.digits.len();
    if run.text.trim_start_matches('(').starts_with('+') {
        return (9..=15).contains(&digits) && has_country(run, 0);
    }
    let zeros = run.digits.starts_with("00") && !run.is_bare() && (11..=17).contains(&digits);
    zeros && has_country(run, 2)
}

fn has_country(run: &Run<'_>, at: usize) -> bool {
    let one = run.number(at, at + 1);
    let two = run.number(at, at + 2);
    one == Some(1)
        || one == Some(7)
        || two.is_some_and(|code| TWO_DIGITS.contains(&code) || THREE_DIGITS.contains(&code) || code >= 98)
}

/// Numbers as they are dialled at home.
pub(super) fn is_national(run: &Run<'_>, context: Context) -> bool {
    let digits = run.digits.len();
    if context.named == Some(What::Phone) {
        return (7..=15).contains(&digits);
    }
    if run.digits.starts_with("00") {
        return run.is_bare()
            && (12..=15).contains(&digits)
            && has_country(run, 2)
            && run.number(2, 3) != Some(1);
    }
    if run.digits.starts_with('0') {
        return if run.is_bare() { is_mobile(run) } else { is_grouped(run) };
    }
    let leading = run.number(0, 1).unwrap_or(0);
    SHAPES.iter().any(|(shape, first)| run.shape == *shape && first.contains(&leading))
}

/// A mobile number in one piece: France and the Netherlands 06 and 07, Belgium 04, Britain 07, Germany 015 to 017.
fn is_mobile(run: &Run<'_>) -> bool {
    match run.digits.len() {
        10 => matches!(run.number(0, 2), Some(6 | 7)) || matches!(run.number(0, 3), Some(45..=49)),
        11 => run.number(0, 2) == Some(7) || matches!(run.number(0, 3), Some(15..=17)),
        12 => matches!(run.number(0, 3), Some(15..=17)),
        _ => false,
    }
}

/// A number in groups, the first of them an area code: `030/1234567`, `06 12 34 56 78`.
fn is_grouped(run: &Run<'_>) -> bool {
    let first = run.shape.trim_start_matches('(').find(|c| c != '9').unwrap_or(0);
    (9..=12).contains(&run.digits.len()) && (2..=5).contains(&first) && !run.shape.contains("--")
}
