//! Numbers by which authorities know a person, told by how they are built and by their check digits.

use super::Context;
use super::accounts::luhn;
use super::birth::is_day;
use super::runs::Run;
use crate::links::hit::What;

/// What a number is. Where chance would meet it too often, its name has to say that it is a person's.
pub(super) fn of_digits(run: &Run<'_>, context: Context) -> Option<What> {
    let shaped = |shapes: &[&str]| shapes.contains(&&*run.shape);
    let told = context.official;
    let bare = run.is_bare();
    let what = match run.digits.len() {
        9 if shaped(&["999-99-9999"]) && is_ssn(run) => What::Ssn,
        9 if (shaped(&["9999.99.999", "9999 99 999"]) || (told && bare)) && is_bsn(run) => What::Bsn,
        9 if context.named == Some(What::Ssn) && is_ssn(run) => What::Ssn,
        10 if (shaped(&["999 999 9999"]) || told) && is_nhs(run) => What::Nhs,
        10 if (shaped(&["999999-9999", "999999+9999"]) || told) && is_personnummer(run, 0) => {
            What::Personnummer
        }
        12 if (bare || shaped(&["99999999-9999"])) && is_personnummer(run, 2) && has_century(run) => {
            What::Personnummer
        }
        11 if (bare || shaped(&["99.99.99-999.99"])) && is_belgian(run) => What::BelgianNumber,
        11 if bare && is_pesel(run) => What::Pesel,
        11 if (bare || shaped(&["99 999 999 999"])) && is_steuer_id(run) => What::SteuerId,
        15 if is_nir(run) => What::Nir,
        _ => return None,
    };
    Some(what)
}

/// What a code of letters and digits is.
pub(super) fn of_code(code: &str) -> Option<What> {
    let code = code.to_ascii_uppercase();
    match code.len() {
        9 if is_dni(&code) => Some(What::Dni),
        9 if is_nino(&code) => Some(What::Nino),
        16 if is_codice_fiscale(&code) => Some(What::CodiceFiscale),
        _ => None,
    }
}

/// The sum of digits, each times its weight.
fn weighed(run: &Run<'_>, weights: &[u32]) -> u32 {
    run.values().zip(weights).map(|(digit, weight)| digit * weight).sum()
}

fn is_ssn(run: &Run<'_>) -> bool {
    let area = run.number(0, 3).unwrap_or(0);
    !matches!(area, 0 | 666 | 900..) && run.number(3, 5) != Some(0) && run.number(5, 9) != Some(0)
}

/// The eleven test, with the last digit counting against. (10 = -1 modulo 11.)
fn is_bsn(run: &Run<'_>) -> bool {
    weighed(run, &[9, 8, 7, 6, 5, 4, 3, 2, 10]).is_multiple_of(11) && run.number(0, 9) != Some(0)
}

fn is_nhs(run: &Run<'_>) -> bool {
    weighed(run, &[10, 9, 8, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11) && run.number(0, 9) != Some(0)
}

/// Year, month, day (of a coordination number: 60 more), three digits and the check of Luhn.
fn is_personnummer(run: &Run<'_>, at: usize) -> bool {
    let month = run.number(at + 2, at + 4).unwrap_or(0);
    let day = run.number(at + 4, at + 6).unwrap_or(0);
    is_day(month, if day > 60 { day - 60 } else { day })
        && luhn(run.values().skip(at).collect::<Vec<_>>().into_iter().rev())
}

fn has_century(run: &Run<'_>) -> bool {
    matches!(run.number(0, 4), Some(1906..=2020))
}

/// Year, month, day, a serial number, and 97 less the remainder of them, with a 2 before for those born since 2000.
fn is_belgian(run: &Run<'_>) -> bool {
    let (Some(number), Some(check)) = (run.number(0, 9), run.number(9, 11)) else { return false };
    let (Some(month), Some(day)) = (run.number(2, 4), run.number(4, 6)) else { return false };
    let born = |century: u64| 97 - (century + number) % 97 == check;
    is_day(month, day) && (born(0) || born(2_000_000_000))
}

/// Year, month (20 more since 2000), day, serial and check digit. Born 1930 to 2008: order numbers begin with the
/// date of today.
fn is_pesel(run: &Run<'_>) -> bool {
    let (Some(year), Some(month)) = (run.number(0, 2), run.number(2, 4)) else { return false };
    let month = match month {
        1..=12 if year >= 30 => month,
        21..=32 if year <= 8 => month - 20,
        _ => return false,
    };
    is_day(month, run.number(4, 6).unwrap_or(0))
        && weighed(run, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]).is_multiple_of(10)
}

/// Of the first ten digits one is there twice or three times and all others at most once; the check digit is that of
/// ISO 7064, MOD 11,10.
fn is_steuer_id(run: &Run<'_>) -> bool {
    let count = |digit: u32| run.values().take(10).filter(|value| *value == digit).count();
    let counts: Vec<usize> = (0..10).map(count).collect();
    let repeated = counts.iter().filter(|count| **count > 1).count();
    let product = run.values().take(10).fold(10, |product, digit| {
        let sum = (product + digit) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    let check = (11 - product) % 10;
    let built = repeated == 1 && counts.iter().all(|count| *count <= 3) && !run.digits.starts_with('0');
    built && run.values().last() == Some(check)
}

/// Sex, year, month, place, serial, and 97 less the remainder.
fn is_nir(run: &Run<'_>) -> bool {
    let month = run.number(3, 5).unwrap_or(0);
    let (Some(number), Some(key)) = (run.number(0, 13), run.number(13, 15)) else { return false };
    matches!(run.number(0, 1), Some(1 | 2)) && (1..=12).contains(&month) && 97 - number % 97 == key
}

/// Eight digits, or X, Y or Z and seven, and the letter that their remainder by 23 stands for.
fn is_dni(code: &str) -> bool {
    let Some((body, letter)) = code.split_at_checked(8) else { return false };
    let number: String = match body.chars().next() {
        Some('X') => body.replacen('X', "0", 1),
        Some('Y') => body.replacen('Y', "1", 1),
        Some('Z') => body.replacen('Z', "2", 1),
        _ => body.to_owned(),
    };
    let remainder = number.parse::<usize>().ok().map(|number| number % 23);
    let expected = remainder.and_then(|at| "TRWAGMYFPDXBNJZSQVHLCKE".get(at..=at));
    expected == Some(letter) && number.bytes().all(|b| b.is_ascii_digit())
}

/// Two letters, six digits and a letter from A to D; some letters and pairs are never given out.
fn is_nino(code: &str) -> bool {
    let letter = |at: usize, never: &str| {
        let found = code.get(at..=at).unwrap_or_default();
        found.bytes().all(|b| b.is_ascii_uppercase()) && !never.contains(found)
    };
    let pair = code.get(..2).unwrap_or_default();
    letter(0, "DFIQUV")
        && letter(1, "DFIOQUV")
        && !["BG", "GB", "KN", "NK", "NT", "TN", "ZZ"].contains(&pair)
        && code.get(2..8).is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit()))
        && code.get(8..).is_some_and(|last| "ABCD".contains(last))
}

/// Six letters for the names, year, a letter for the month, day (of a woman: 40 more), place, and a check letter.
fn is_codice_fiscale(code: &str) -> bool {
    const ODD: [u32; 26] =
        [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
    let built = code.chars().zip("AAAAAA99A99A999A".chars()).all(|(c, kind)| match kind {
        'A' => c.is_ascii_uppercase(),
        // Of two people who would have the same code, one gets letters for digits.
        _ => c.is_ascii_digit() || "LMNPQRSTUV".contains(c),
    });
    let value = |c: char| c.to_digit(36).map(|value| if value > 9 { value - 10 } else { value });
    let sum: u32 = (1..)
        .zip(code.chars().take(15))
        .filter_map(|(place, c)| {
            let value = value(c)?;
            if place % 2 == 0 { Some(value) } else { ODD.get(usize::try_from(value).ok()?).copied() }
        })
        .sum();
    built && code.chars().last().and_then(value) == Some(sum % 26)
}

#[cfg(test)]
mod tests {
    use super::super::runs;
    use super::*;

    fn of(text: &str, official: bool) -> Option<What> {
        let mut found = None;
        let context = Context { official, ..Context::default() };
        runs::each(text, &mut |run| found = found.or(of_digits(run, context)));
        runs::each_code(text, &mut |code| found = found.or(of_code(code)));
        found
    }

    #[test]
    fn check_digits() {
        for (text, official, what) in [
            ("078-05-1120", false, Some(What::Ssn)),
            ("666-05-1120", false, None),
            ("111222333", true, Some(What::Bsn)),
            ("111222333", false, None),
            ("111222334", true, None),
            ("943 476 5919", false, Some(What::Nhs)),
            ("943 476 5918", false, None),
            ("811228-9874", false, Some(What::Personnummer)),
            ("811228-9875", false, None),
            ("198112289874", false, Some(What::Personnummer)),
            ("85.07.30-033.28", false, Some(What::BelgianNumber)),
            ("85073003328", false, Some(What::BelgianNumber)),
            ("85073003329", false, None),
            ("44051401359", false, Some(What::Pesel)),
            ("44051401358", false, None),
            ("86095742719", false, Some(What::SteuerId)),
            ("86095742718", false, None),
            ("255081416802538", false, Some(What::Nir)),
            ("255081416802539", false, None),
            ("12345678Z", false, Some(What::Dni)),
            ("x1234567l", false, Some(What::Dni)),
            ("12345678A", false, None),
            ("AB123456C", false, Some(What::Nino)),
            ("AB123456E", false, None),
            ("RSSMRA85T10A562S", false, Some(What::CodiceFiscale)),
            ("RSSMRA85T10A562T", false, None),
        ] {
            assert_eq!(of(text, official), what, "{text}");
        }
    }
}
