//! What is written is what a scraper of `OpenMetrics` reads, and what docs/metrics.md says.

use std::collections::{BTreeMap, BTreeSet};

use kube::Config;

use super::*;
use crate::cluster::election::{Campaign, Pace};
use crate::cluster::execute::Lines;
use crate::cluster::index::{Event, Own, watch};
use crate::facts::Kind;

/// One sample: its name, its labels as they are written, its value.
#[derive(Debug, PartialEq)]
struct Sample {
    name: String,
    labels: String,
    value: f64,
}

/// The families of a text by name, with their types, and their samples. Panics where the text breaks the format.
fn parse(text: &str) -> BTreeMap<String, (String, Vec<Sample>)> {
    let body = text.strip_suffix("# EOF\n").expect("it ends with EOF");
    let mut families = BTreeMap::new();
    let mut last = String::new();
    for line in body.lines() {
        if let Some(described) = line.strip_prefix("# ") {
            let [what, name, rest] = described.splitn(3, ' ').collect::<Vec<_>>()[..] else {
                panic!("{line}")
            };
            match what {
                "HELP" => assert!(!rest.contains('\\') && !rest.is_empty(), "{line}"),
                "TYPE" => {
                    assert!(name.starts_with("cxguard_"), "{line}");
                    let before = families.insert(name.to_owned(), (rest.to_owned(), Vec::new()));
                    assert!(before.is_none(), "a family in two places: {line}");
                    last = name.to_owned();
                }
                "UNIT" => assert!(name == last && name.ends_with(&format!("_{rest}")), "{line}"),
                _ => panic!("{line}"),
            }
            continue;
        }
        let (series, value) = line.rsplit_once(' ').unwrap();
        let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
        let sample = Sample {
            name: name.to_owned(),
            labels: labels.strip_suffix('}').unwrap().to_owned(),
            value: value.parse().unwrap(),
        };
        for label in sample.labels.split(',').filter(|label| !label.is_empty()) {
            let (key, value) = label.split_once('=').unwrap();
            assert!(key.bytes().all(|byte| byte.is_ascii_lowercase()), "{line}");
            let value = value.strip_prefix('"').unwrap().strip_suffix('"').unwrap();
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-+".contains(&byte);
            assert!(!value.is_empty() && value.bytes().all(plain), "no name of anything: {line}");
        }
        let (kind, samples) = families.get_mut(&last).unwrap();
        let suffix = name.strip_prefix(&last).unwrap_or_else(|| panic!("{line} is not of {last}"));
        let suffixes: &[&str] = match kind.as_str() {
            "counter" => &["_total"],
            "histogram" => &["_bucket", "_sum", "_count"],
            _ => &[""],
        };
        assert!(suffixes.contains(&suffix), "{line}");
        samples.push(sample);
    }
    for (name, (_, samples)) in &families {
        let series: BTreeSet<_> = samples.iter().map(|sample| (&sample.name, &sample.labels)).collect();
        assert_eq!(series.len(), samples.len(), "{name} tells something twice");
    }
    families
}

fn value(text: &str, name: &str, labels: &str) -> Option<f64> {
    let families = parse(text);
    let all = families.values().flat_map(|(_, samples)| samples);
    all.filter(|sample| sample.name == name && sample.labels == labels).map(|sample| sample.value).next()
}

fn now() -> Timestamp {
    Timestamp::UNIX_EPOCH
}

/// To an API server at which nobody listens.
fn nowhere() -> Config {
    Config::new("http://127.0.0.1:1".parse().unwrap())
}

/// Metrics that can ask somebody who answers each scrape with the next of these.
fn asking(answers: Vec<Census>) -> (Metrics, Campaign) {
    asking_beside(Arc::new(Pulse::new("cxguard-system")), answers)
}

/// The same, with watches that are listened to.
fn asking_beside(pulse: Arc<Pulse>, answers: Vec<Census>) -> (Metrics, Campaign) {
    let lines = Lines::new(&nowhere(), 1).unwrap();
    let campaign = Campaign::begin(lines, "cxguard-system", "a", Pace::of_seconds(15), now);
    let (census, mut asks) = mpsc::channel::<Asks>(1);
    let metrics = Metrics::default();
    metrics.ask(Sources { pulse, term: campaign.term(), census });
    tokio::spawn(async move {
        for answer in answers {
            asks.recv().await.unwrap().send(answer).unwrap();
        }
        // Nobody answers any more, and nobody says so.
        std::future::pending::<()>().await;
    });
    (metrics, campaign)
}

fn some() -> Census {
    use crate::engine::Outcome::Violating;
    use crate::rules::Code;
    Census {
        objects: BTreeMap::from([((Kind::Vendor, Violating), 3)]),
        findings: BTreeMap::from([((Code(111), "Enforce"), 2), ((Code(111), "Exempted"), 1)]),
        grants: BTreeMap::from([(crate::api::Phase::Active, 4)]),
        emergencies: 1,
        unreviewed: 2,
        protected: crate::engine::Protected { namespaces: 7, unguarded: 3, without_policy: 2 },
        overdue: 1,
        overdue_for: jiff::SignedDuration::from_millis(1500),
    }
}

#[tokio::test]
async fn everything_is_told_in_the_format_and_documented() {
    let (metrics, _campaign) = asking(vec![some()]);
    let certificates = Arc::new(Certificates::default());
    let made = rcgen::generate_simple_self_signed(["a".to_owned()]).unwrap();
    certificates.set(made.cert.pem().as_bytes(), made.signing_key.serialize_pem().as_bytes()).unwrap();
    metrics.shows(certificates);
    metrics.carried_out("delete-binding", &Answer::Done(Vec::new()));
    metrics.carried_out("delete-binding", &Answer::Forbidden("anna may not".to_owned()));
    metrics.carried_out("delete-binding", &Answer::Conflict);
    metrics.carried_out("delete-binding", &Answer::Failed("no answer".to_owned(), None));
    metrics.announced();
    metrics.revoked(now(), now() + jiff::SignedDuration::from_millis(300));
    metrics.revoked(now() + jiff::SignedDuration::from_secs(1), now());
    let text = metrics.text().await.unwrap();
    for (name, labels, expected) in [
        ("cxguard_emergency_grants", "", 1.0),
        ("cxguard_emergency_grants_unreviewed", "", 2.0),
        ("cxguard_emergencies_total", "", 1.0),
        ("cxguard_protected_namespaces", "", 7.0),
        ("cxguard_protected_namespaces_unguarded", "", 3.0),
        ("cxguard_protected_namespaces_without_policy", "", 2.0),
        ("cxguard_overdue_bindings", "", 1.0),
        ("cxguard_overdue_seconds", "", 1.5),
        ("cxguard_grants", r#"phase="Active""#, 4.0),
        ("cxguard_grants", r#"phase="Expired""#, 0.0),
        ("cxguard_objects", r#"kind="Vendor",outcome="Violating""#, 3.0),
        ("cxguard_objects", r#"kind="Deployment",outcome="Unknown""#, 0.0),
        ("cxguard_findings", r#"rule="CX111",mode="Enforce""#, 2.0),
        ("cxguard_revocation_lateness_seconds_count", "", 1.0),
        ("cxguard_revocation_lateness_seconds_bucket", r#"le="0.25""#, 0.0),
        ("cxguard_revocation_lateness_seconds_bucket", r#"le="0.5""#, 1.0),
        ("cxguard_effects_total", r#"effect="delete-binding",result="done""#, 1.0),
        ("cxguard_effects_total", r#"effect="delete-binding",result="refused""#, 1.0),
        ("cxguard_effects_total", r#"effect="delete-binding",result="conflict""#, 1.0),
        ("cxguard_effects_total", r#"effect="delete-binding",result="failed""#, 1.0),
        ("cxguard_admission_reviews_total", r#"purpose="validate",result="denied""#, 0.0),
        ("cxguard_watch_errors_total", r#"kind="Person""#, 0.0),
        ("cxguard_leader", "", 0.0),
        ("cxguard_certificate_expiry_timestamp_seconds", "", 67_090_118_400.0),
    ] {
        assert_eq!(value(&text, name, labels), Some(expected), "{name}{{{labels}}}\n{text}");
    }
    let told = parse(&text).into_iter().map(|(name, (kind, _))| {
        if kind == "counter" { (format!("{name}_total"), kind) } else { (name, kind) }
    });
    assert_eq!(told.collect::<BTreeMap<_, _>>(), documented());
}

/// The metrics of the tables in docs/metrics.md, with their types.
fn documented() -> BTreeMap<String, String> {
    let rows =
        include_str!("../../../docs/metrics.md").lines().filter_map(|line| line.strip_prefix("| `cxguard_"));
    let named = rows.map(|row| {
        let (name, rest) = row.split_once("` | ").unwrap();
        (format!("cxguard_{name}"), rest.split_once([',', ' ']).unwrap().0.to_owned())
    });
    named.collect()
}

#[tokio::test]
async fn a_kind_that_cannot_be_read_is_counted() {
    let pulse = Arc::new(Pulse::new("cxguard-system"));
    let (metrics, _campaign) = asking_beside(Arc::clone(&pulse), vec![some()]);
    let own = Own { namespace: "cxguard-system".to_owned(), webhooks: "cxguard".to_owned() };
    let (sender, mut events) = mpsc::channel(8);
    let watching = tokio::spawn(watch(nowhere(), own, vec![Kind::Person], sender, pulse));
    let failed = events.recv().await.unwrap();
    assert!(matches!(failed, Event::Failed { stream: Kind::Person, .. }), "{failed:?}");
    watching.abort();
    let text = metrics.text().await.unwrap();
    let errors = |kind| value(&text, "cxguard_watch_errors_total", &format!(r#"kind="{kind}""#)).unwrap();
    assert!(errors("Person") >= 1.0 && errors("Vendor") < 1.0, "{text}");
}

#[tokio::test]
async fn what_is_gone_leaves_no_series_behind() {
    let (metrics, _campaign) = asking(vec![some(), Census::default()]);
    let finding = r#"rule="CX111",mode="Enforce""#;
    let before = metrics.text().await.unwrap();
    assert_eq!(value(&before, "cxguard_findings", finding), Some(2.0));
    let after = metrics.text().await.unwrap();
    assert_eq!(value(&after, "cxguard_findings", finding), None);
    assert_eq!(value(&after, "cxguard_emergency_grants", ""), Some(0.0));
    assert_eq!(value(&after, "cxguard_objects", r#"kind="Vendor",outcome="Violating""#), Some(0.0));
}

#[tokio::test]
async fn while_the_main_loop_is_silent_the_rest_is_told() {
    let (metrics, _campaign) = asking(Vec::new());
    tokio::time::pause();
    let text = metrics.text().await.unwrap();
    assert_eq!(value(&text, "cxguard_emergency_grants", ""), None);
    assert_eq!(value(&text, "cxguard_emergencies_total", ""), Some(0.0));
    // Before there is anybody to ask.
    let text = Metrics::default().text().await.unwrap();
    assert_eq!(
        (value(&text, "cxguard_leader", ""), value(&text, "cxguard_emergencies_total", "")),
        (None, Some(0.0))
    );
}
