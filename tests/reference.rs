//! The reference data against an independent list of countries, and against the dates in the law.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, also in its helpers")]

use std::collections::BTreeSet;

use cxguard::engine::{Memos, Outcome};
use cxguard::facts::{Kind, ObjectRef, World, read};
use cxguard::reference::{Adequacy, Jurisdiction, Regime, Standing, VERSION, reference};
use cxguard::values::{Country, Date};
use jiff::Timestamp;
use serde_json::{Value, json};

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

/// What is said of a flow whose vendor keeps data in one place, at an instant: the outcome, the rules, the horizon.
fn flow_to(location: &Value, transfers: &Value, at: &str) -> (Outcome, Vec<String>, Timestamp) {
    let ours = |kind: &str, namespace: &str, spec: &Value| {
        json!({
            "apiVersion": "cxguard.dev/v1alpha1", "kind": kind,
            "metadata": {"name": "it", "namespace": namespace}, "spec": spec,
        })
    };
    let objects = [
        json!({
            "apiVersion": "v1", "kind": "Namespace",
            "metadata": {"name": "cx", "labels": {"cxguard.dev/protected": "true"}},
        }),
        // Nothing but the place of the data counts here.
        ours("Vendor", "", &json!({"role": "Controller", "locations": [location], "transfers": transfers})),
        ours(
            "DataFlow",
            "cx",
            &json!({
                "to": [{"vendor": "it"}], "legalBasis": "Contract", "retention": "400d",
                "encryption": {"inTransit": "TLS13", "atRest": true},
            }),
        ),
    ];
    let mut world = World::new();
    for (id, fact) in objects.iter().filter_map(read) {
        world.set(&id, Some(fact));
    }
    let flow = ObjectRef::namespaced(Kind::DataFlow, "cx", "it");
    let mut memos = Memos::new();
    memos.want(&flow);
    memos.settle(&world, at.parse().unwrap());
    let (verdict, until) = memos.verdict(&flow).unwrap();
    let mut rules: Vec<String> = verdict.findings.iter().map(|finding| finding.rule.to_string()).collect();
    rules.retain(|rule| ["CX004", "CX103", "CX104", "CX105"].contains(&rule.as_str()));
    (verdict.outcome(), rules, until)
}

#[test]
fn a_flow_to_the_united_kingdom_needs_another_mechanism_after_the_decision_ends() {
    let (today, last, after) = ("2026-11-23T12:00:00Z", "2031-12-27T23:59:59Z", "2031-12-28T00:00:00Z");
    let clauses = json!([{
        "to": "GB", "mechanism": "StandardContractualClauses", "module": "ControllerToController",
        "signedOn": "2026-01-10", "assessment": {"completedOn": "2031-12-01", "outcome": "Acceptable"},
    }]);
    for (location, transfers, then) in [
        (json!({"use": "Storage", "country": "GB"}), json!([]), vec!["CX104"]),
        (json!({"use": "Storage", "provider": "aws", "region": "eu-west-2"}), json!([]), vec!["CX104"]),
        (json!({"use": "Storage", "country": "GB"}), clauses, vec![]),
    ] {
        let found = |at| flow_to(&location, &transfers, at);
        assert_eq!(found(today).1, Vec::<String>::new(), "{location}");
        let (_, rules, until) = found(last);
        assert!(rules.is_empty() && until == after.parse().unwrap(), "{location}: {rules:?} until {until}");
        assert_eq!(found(after).1, then, "{location}");
    }
}

#[test]
fn a_name_with_europe_in_it_is_no_reason_to_let_data_go() {
    for (provider, region, expected) in [
        ("aws", "eu-central-1", vec![]),
        ("aws", "us-east-1", vec!["CX103"]),
        ("oci", "eu-zurich-1", vec![]),
        ("oci", "eu-jovanovac-1", vec!["CX103"]),
        ("aws", "me-central-1", vec!["CX103"]),
        ("alibaba", "eu-west-1", vec![]),
        ("alibaba", "ap-southeast-3", vec!["CX103"]),
        ("ibm", "eu-gb", vec![]),
        // What is not known to be where it says is not known.
        ("ionos", "de-fra", vec!["CX004"]),
        ("aws", "eu-nowhere-1", vec!["CX004"]),
    ] {
        let location = json!({"use": "Storage", "provider": provider, "region": region});
        let (_, rules, _) = flow_to(&location, &json!([]), "2026-11-23T12:00:00Z");
        assert_eq!(rules, expected, "{provider} {region}");
    }
    let unknown = json!({"use": "Storage", "region": "eu-west-1"});
    assert_ne!(flow_to(&unknown, &json!([]), "2026-11-23T12:00:00Z").0, Outcome::Compliant);
}

#[test]
fn the_traps_of_each_provider_are_known() {
    for (provider, region, expected) in [
        ("aws", "ap-northeast-2", "KR"),
        ("aws", "ap-southeast-3", "ID"),
        ("alibaba", "ap-southeast-3", "MY"),
        ("aws", "ap-southeast-5", "MY"),
        ("alibaba", "ap-southeast-5", "ID"),
        ("aws", "ap-southeast-6", "NZ"),
        ("alibaba", "ap-southeast-6", "PH"),
        ("aws", "eu-west-1", "IE"),
        ("alibaba", "eu-west-1", "GB"),
        ("aws", "eu-west-2", "GB"),
        ("alibaba", "eu-west-2", "FR"),
        ("aws", "me-central-1", "AE"),
        ("alibaba", "me-central-1", "SA"),
        ("aws", "eu-central-2", "CH"),
        ("gcp", "europe-west2", "GB"),
        ("gcp", "europe-west6", "CH"),
        ("oci", "eu-zurich-1", "CH"),
        ("oci", "eu-jovanovac-1", "RS"),
        ("oci", "iad", "US"),
        ("oci", "phx", "US"),
        ("ibm", "eu-gb", "GB"),
        ("linode", "eu-west", "GB"),
        ("otc", "eu-ch2", "CH"),
        ("exoscale", "ch-gva-2", "CH"),
        ("exoscale", "ch-dk-2", "CH"),
        ("ovhcloud", "EU-WEST-LZ-ZRH-A", "CH"),
        // As another tool may have written it.
        ("ovhcloud", "eu-west-lz-zrh-a", "CH"),
        ("azure", "mexicocentral", "MX"),
        ("azure", "brazilsoutheast", "BR"),
    ] {
        let found = reference().region(Some(provider), region).map(|country| country.to_string());
        assert_eq!(found.as_deref(), Ok(expected), "{provider} {region}");
    }
}
