//! Birth dates.

use super::Context;
use super::runs::Run;
use crate::links::hit::What;

/// Years in which people were born who answer surveys; what is later is more often the date of something else.
const YEARS: std::ops::RangeInclusive<u64> = 1906..=2008;

/// Whether a number is a date on which somebody may have been born. Paths have dates of their own, so only the value
/// of a parameter counts; written in one piece, only if it is named for a birth date.
pub(super) fn is_date(run: &Run<'_>, context: Context) -> bool {
    let named = context.named == Some(What::BirthDate);
    let date = match &*run.shape {
        "9999-99-99" | "9999/99/99" | "9999.99.99" => ymd(run, 0, 4, 6),
        "99-99-9999" | "99/99/9999" | "99.99.9999" => ymd(run, 4, 2, 0) || ymd(run, 4, 0, 2),
        "9/9/9999" | "9.9.9999" | "9-9-9999" => run.number(2, 6).is_some_and(|year| YEARS.contains(&year)),
        "99/9/9999" | "99.9.9999" | "9/99/9999" | "9.99.9999" => {
            run.number(3, 7).is_some_and(|year| YEARS.contains(&year))
        }
        "99999999" if named => ymd(run, 0, 4, 6) || ymd(run, 4, 2, 0) || ymd(run, 4, 0, 2),
        _ => false,
    };
    date && (named || context.parameter)
}

/// Whether year, month and day at these places are a date that is not the first of all dates to some computer.
fn ymd(run: &Run<'_>, year: usize, month: usize, day: usize) -> bool {
    let year = run.number(year, year + 4);
    let month = run.number(month, month + 2);
    let day = run.number(day, day + 2);
    let (Some(year), Some(month), Some(day)) = (year, month, day) else { return false };
    let epoch = matches!((year, month, day), (1970 | 2000, 1, 1));
    YEARS.contains(&year) && is_day(month, day) && !epoch
}

/// Whether there is such a day in some year.
pub(super) fn is_day(month: u64, day: u64) -> bool {
    (1..=12).contains(&month) && (1..=31).contains(&day)
}
