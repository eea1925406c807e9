//! The reference data against an independent list of countries, and against the dates in the law.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, also in its helpers")]

use std::collections::BTreeSet;

use cxguard::reference::{Adequacy, Jurisdiction, Regime, Standing, VERSION, reference};
use cxguard::values::{Country, Date};
use jiff::Timestamp;

/// Every code that the data knows, by trying all of them.
fn known() -> Vec<(Country, &'static Jurisdiction)> {
    let letters = || b'A'..=b'Z';
    letters()
        .flat_map(|first| letters().map(move |second| String::from_utf8(vec![first, second]).unwrap()))
        .filter_map(|code| {
            let country: Country = code.parse().unwrap();
            reference().country(country).map(|found| (country, found))
        })
        .collect()
}

fn codes(countries: impl Iterator<Item = Country>) -> BTreeSet<String> {
    countries.map(|country| country.to_string()).collect()
}

fn set(codes: &str) -> BTreeSet<String> {
    codes.split_whitespace().map(str::to_owned).collect()
}

fn standing(regime: Regime, code: &str) -> Standing<'static> {
    reference().country(code.parse().unwrap()).unwrap().standing(regime)
}

/// Whether the decision holds at an instant: what a caller asks of its clock.
fn holds(adequacy: &Adequacy, at: &str) -> bool {
    let at: Timestamp = at.parse().unwrap();
    adequacy.since.is_none_or(|since| since.start() <= at)
        && adequacy.until.is_none_or(|until| at < until.end())
}

#[test]
fn the_countries_are_those_of_iso_3166_and_kosovo() {
    let mut expected: BTreeSet<String> =
        rust_iso3166::ALL_ALPHA2.iter().map(|code| (*code).to_owned()).collect();
    expected.insert("XK".to_owned());
    assert_eq!(codes(known().into_iter().map(|(country, _)| country)), expected);
}

#[test]
fn names_belong_to_their_codes() {
    // Short and official forms differ (Laos, Lao People's Democratic Republic), but the beginning of some word is
    // shared; if none is, a row has shifted.
    let beginnings = |name: &str| -> BTreeSet<String> {
        let words = name.to_lowercase().replace(|c: char| !c.is_alphabetic(), " ");
        let words = words.split_whitespace().filter(|word| !["and", "of", "the", "islands"].contains(word));
        words.map(|word| word.chars().take(3).collect()).collect()
    };
    for (country, found) in known() {
        let Some(listed) = rust_iso3166::from_alpha2(country.code()) else { continue };
        assert!(
            !beginnings(&found.name).is_disjoint(&beginnings(listed.name)),
            "{country}: {} is listed as {}",
            found.name,
            listed.name
        );
    }
}

#[test]
fn the_eea_is_thirty_states_and_their_territories() {
    let eu = set("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK");
    let territories = set("AX GF GP MF MQ RE YT");
    let efta = set("IS LI NO");
    assert_eq!(eu.len() + efta.len(), 30);
    let members = &eu | &territories;
    assert_eq!(codes(known().into_iter().filter(|(_, found)| found.eu).map(|(country, _)| country)), members);
    assert_eq!(
        codes(known().into_iter().filter(|(_, found)| found.eea).map(|(country, _)| country)),
        &members | &efta
    );
}

#[test]
fn the_adequate_countries_are_those_of_the_decisions() {
    let of = |regime, wanted: fn(Standing<'_>) -> bool| {
        codes(
            known()
                .into_iter()
                .filter(move |(_, found)| wanted(found.standing(regime)))
                .map(|(country, _)| country),
        )
    };
    let full = |standing: Standing<'_>| matches!(standing, Standing::Full(_));
    let partial = |standing: Standing<'_>| matches!(standing, Standing::Partial(_));
    assert_eq!(of(Regime::Gdpr, full), set("AD AR BR CH FO GB GG IL IM JE KR NZ UY"));
    assert_eq!(of(Regime::Gdpr, partial), set("CA JP US"));
    assert_eq!(of(Regime::UkGdpr, partial), set("CA JP US"));
    assert_eq!(of(Regime::Fadp, partial), set("CA US"));
}

#[test]
fn the_uk_is_adequate_through_its_last_day() {
    let Standing::Full(decision) = standing(Regime::Gdpr, "GB") else { panic!("GB is not adequate") };
    assert_eq!(decision.until, Some("2031-12-27".parse::<Date>().unwrap()));
    assert!(!holds(decision, "2021-06-27T23:59:59Z"));
    assert!(holds(decision, "2021-06-28T00:00:00Z"));
    assert!(holds(decision, "2031-12-27T23:59:59Z"));
    assert!(!holds(decision, "2031-12-28T00:00:00Z"));
}

#[test]
fn brazil_is_adequate_since_this_year() {
    let Standing::Full(decision) = standing(Regime::Gdpr, "BR") else { panic!("BR is not adequate") };
    assert_eq!(decision.until, None);
    assert!(!holds(decision, "2026-01-25T23:59:59Z"));
    assert!(holds(decision, "2026-01-26T00:00:00Z"));
    assert!(decision.reference.contains("C(2026) 373"));
}

#[test]
fn a_partial_decision_says_for_whom() {
    for (country, found) in known() {
        for regime in [Regime::Gdpr, Regime::UkGdpr, Regime::Fadp] {
            if let Standing::Partial(decision) = found.standing(regime) {
                assert!(!decision.note.is_empty(), "{country} {regime:?}");
            }
        }
    }
}

#[test]
fn no_date_lies_after_the_day_of_compilation_but_an_end() {
    let compiled: Date = VERSION.parse().unwrap();
    for (country, found) in known() {
        for regime in [Regime::Gdpr, Regime::UkGdpr, Regime::Fadp] {
            if let Standing::Full(decision) | Standing::Partial(decision) = found.standing(regime) {
                assert!(decision.since.is_none_or(|since| since <= compiled), "{country} {regime:?}");
                assert!(decision.until.is_none_or(|until| until > compiled), "{country} {regime:?}");
            }
        }
    }
}
