//! Bank accounts and payment cards.

use super::runs::Run;

/// The length of an IBAN, by country: ISO 13616.
const LENGTHS: &[(&str, usize)] = &[
    ("AD", 24),
    ("AT", 20),
    ("BE", 16),
    ("BG", 22),
    ("CH", 21),
    ("CY", 28),
    ("CZ", 24),
    ("DE", 22),
    ("DK", 18),
    ("EE", 20),
    ("ES", 24),
    ("FI", 18),
    ("FR", 27),
    ("GB", 22),
    ("GI", 23),
    ("GR", 27),
    ("HR", 21),
    ("HU", 28),
    ("IE", 22),
    ("IS", 26),
    ("IT", 27),
    ("LI", 21),
    ("LT", 20),
    ("LU", 20),
    ("LV", 21),
    ("MC", 27),
    ("MT", 31),
    ("NL", 18),
    ("NO", 15),
    ("PL", 28),
    ("PT", 25),
    ("RO", 24),
    ("SA", 24),
    ("SE", 24),
    ("SI", 19),
    ("SK", 24),
    ("SM", 27),
    ("TR", 26),
    ("UA", 29),
];

/// An IBAN, perhaps in groups: the length of its country and a remainder of 1.
pub(super) fn is_iban(code: &str) -> bool {
    let country = code.get(..2).unwrap_or_default().to_ascii_uppercase();
    let Some((_, length)) = LENGTHS.iter().find(|(known, _)| *known == country) else { return false };
    let mut rest = code.chars();
    let iban: String = rest.by_ref().filter(char::is_ascii_alphanumeric).take(*length).collect();
    // What follows in the last group would be part of it.
    if iban.len() != *length || rest.next().is_some_and(|c| c.is_ascii_alphanumeric()) {
        return false;
    }
    let (head, account) = iban.split_at_checked(4).unwrap_or_default();
    let remainder =
        account.chars().chain(head.chars()).filter_map(|c| c.to_digit(36)).fold(0, |rest, value| {
            let shifted = if value < 10 { rest * 10 } else { rest * 100 };
            (shifted + value) % 97
        });
    remainder == 1 && head.chars().skip(2).all(|c| c.is_ascii_digit())
}

/// A card of one of the big networks, in one piece or in groups as printed.
pub(super) fn is_card(run: &Run<'_>) -> bool {
    let network = match run.digits.len() {
        15 => matches!(run.number(0, 2), Some(34 | 37)),
        16 => {
            run.number(0, 1) == Some(4)
                || matches!(run.number(0, 2), Some(35 | 51..=55 | 65))
                || matches!(run.number(0, 4), Some(2221..=2720 | 6011))
        }
        _ => false,
    };
    let printed = ["9999 9999 9999 9999", "9999-9999-9999-9999", "9999 999999 99999"];
    network && (run.is_bare() || printed.contains(&&*run.shape)) && luhn(run.values().rev())
}

/// The check of Luhn over digits from the last to the first.
pub(super) fn luhn(digits: impl Iterator<Item = u32>) -> bool {
    let doubled = |digit: u32| if digit > 4 { 2 * digit - 9 } else { 2 * digit };
    let sum: u32 =
        digits.enumerate().map(|(at, digit)| if at % 2 == 0 { digit } else { doubled(digit) }).sum();
    sum.is_multiple_of(10)
}
