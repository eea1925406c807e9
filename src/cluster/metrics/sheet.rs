//! All that a scrape is told, and how it is written.
//!
//! Each metric has one function here, in the order of docs/metrics.md. What is counted by a label has all its values
//! from the start where those are few, so that an alert on what never happened has something to look at.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, text};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry, Unit};

use crate::api::Phase;
use crate::cluster::admission::Tally;
use crate::cluster::index::STREAMS;
use crate::cluster::operator::Census;
use crate::engine::Outcome;
use crate::facts::Kind;

/// The metrics and their values at one instant.
#[derive(Debug, Default)]
pub(super) struct Sheet(Vec<Family>);

#[derive(Debug)]
struct Family {
    name: &'static str,
    help: &'static str,
    unit: Option<Unit>,
    samples: Vec<Sample>,
}

type Labels = Vec<(&'static str, String)>;
type Sample = (Labels, Box<dyn Metric>);

fn counter(labels: Labels, count: u64) -> Sample {
    (labels, Box::new(ConstCounter::new(count)))
}

fn gauge(labels: Labels, count: u64) -> Sample {
    (labels, Box::new(ConstGauge::new(count)))
}

fn seconds(labels: Labels, seconds: f64) -> Sample {
    (labels, Box::new(ConstGauge::new(seconds)))
}

fn histogram(labels: Labels, histogram: &Histogram) -> Sample {
    (labels, Box::new(histogram.clone()))
}

impl Sheet {
    /// The text.
    pub(super) fn text(self) -> Result<String, fmt::Error> {
        let mut registry = Registry::with_prefix("cxguard");
        registry.register_collector(Box::new(self));
        let mut written = String::new();
        text::encode(&mut written, &registry)?;
        Ok(written)
    }

    pub(super) fn build(&mut self) {
        let version = vec![("version", env!("CARGO_PKG_VERSION").to_owned())];
        self.put("build_info", "The version that runs", vec![gauge(version, 1)]);
    }

    pub(super) fn leads(&mut self, leads: bool) {
        self.one("leader", "Whether this replica writes", u64::from(leads));
    }

    pub(super) fn watches(&mut self, signs: impl Iterator<Item = (Kind, Duration, u64)>) {
        let (mut silence, mut errors) = (Vec::new(), Vec::new());
        for (kind, silent, failures) in signs {
            let labels = vec![("kind", kind.as_str().to_owned())];
            silence.push(seconds(labels.clone(), silent.as_secs_f64()));
            errors.push(counter(labels, failures));
        }
        self.timed("watch_silence", "How long the API server has said nothing of a kind", silence);
        self.put("watch_errors", "Failures to list or watch a kind", errors);
    }

    pub(super) fn emergencies(&mut self, announced: u64) {
        let help = "Access in an emergency that this replica has announced";
        self.put("emergencies", help, vec![counter(Labels::new(), announced)]);
    }

    pub(super) fn lateness(&mut self, late: &Histogram) {
        let help = "How long after its deadline a binding was gone";
        self.timed("revocation_lateness", help, vec![histogram(Labels::new(), late)]);
    }

    pub(super) fn effects(&mut self, effects: &BTreeMap<(&'static str, &'static str), u64>) {
        let samples = effects.iter().map(|((verb, result), count)| {
            counter(vec![("effect", (*verb).to_owned()), ("result", (*result).to_owned())], *count)
        });
        let help = "What this replica asked of the API server, and what came of it";
        self.put("effects", help, samples.collect());
    }

    pub(super) fn reviews(&mut self, tally: &Tally) {
        let (mut reviews, mut took) = (Vec::new(), Vec::new());
        for (purpose, answered) in tally.purposes() {
            let purpose = ("purpose", purpose.to_owned());
            for (result, count) in answered.results() {
                reviews.push(counter(vec![purpose.clone(), ("result", result.to_owned())], count));
            }
            took.push(histogram(vec![purpose], &answered.took));
        }
        self.put("admission_reviews", "Reviews that were answered", reviews);
        self.timed("admission_duration", "How long a review took, from its head to the answer", took);
    }

    pub(super) fn certificate(&mut self, expiry: i64) {
        let help = "When the certificate that the webhook shows ends, in seconds since 1970";
        let samples: Vec<Sample> = vec![(Labels::new(), Box::new(ConstGauge::new(expiry)))];
        self.timed("certificate_expiry_timestamp", help, samples);
    }

    pub(super) fn census(&mut self, census: &Census) {
        let help = "Grants by which somebody has access in an emergency";
        self.one("emergency_grants", help, census.emergencies);
        let help = "Grants by which somebody had access in an emergency, not reviewed yet";
        self.one("emergency_grants_unreviewed", help, census.unreviewed);
        self.one("overdue_bindings", "Bindings that stand though their access has ended", census.overdue);
        let late = vec![seconds(Labels::new(), census.overdue_for.as_secs_f64())];
        self.timed("overdue", "For how long the oldest overdue binding stands", late);
        let grants = Phase::ALL.iter().map(|phase| {
            let count = census.grants.get(phase).copied().unwrap_or_default();
            gauge(vec![("phase", phase.as_str().to_owned())], count)
        });
        self.put("grants", "Grants by phase", grants.collect());
        let protected = &census.protected;
        self.one("protected_namespaces", "Namespaces that hold customer data", protected.namespaces);
        let help = "Protected namespaces about which a webhook is not asked";
        self.one("protected_namespaces_unguarded", help, protected.unguarded);
        let help = "Protected namespaces that no policy selects";
        self.one("protected_namespaces_without_policy", help, protected.without_policy);
        self.put("objects", "Objects by what they are judged to be", objects(census));
        let findings = census.findings.iter().map(|((rule, mode), count)| {
            gauge(vec![("rule", rule.to_string()), ("mode", (*mode).to_owned())], *count)
        });
        self.put("findings", "Findings, each where its cause is", findings.collect());
    }

    fn one(&mut self, name: &'static str, help: &'static str, count: u64) {
        self.put(name, help, vec![gauge(Labels::new(), count)]);
    }

    fn put(&mut self, name: &'static str, help: &'static str, samples: Vec<Sample>) {
        self.0.push(Family { name, help, unit: None, samples });
    }

    fn timed(&mut self, name: &'static str, help: &'static str, samples: Vec<Sample>) {
        self.0.push(Family { name, help, unit: Some(Unit::Seconds), samples });
    }
}

/// Every kind that is judged with every outcome.
fn objects(census: &Census) -> Vec<Sample> {
    let judged = STREAMS.into_iter().filter(|kind| kind.is_workload() || kind.is_own());
    let each = judged.flat_map(|kind| {
        [Outcome::Compliant, Outcome::Violating, Outcome::Unknown].map(|outcome| (kind, outcome))
    });
    let counted = each.map(|(kind, outcome)| {
        let count = census.objects.get(&(kind, outcome)).copied().unwrap_or_default();
        gauge(vec![("kind", kind.as_str().to_owned()), ("outcome", outcome.as_str().to_owned())], count)
    });
    counted.collect()
}

impl Collector for Sheet {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for Family { name, help, unit, samples } in &self.0 {
            // Of what nothing was counted yet, nothing is told.
            let Some((_, first)) = samples.first() else { continue };
            let mut family = encoder.encode_descriptor(name, help, unit.as_ref(), first.metric_type())?;
            for (labels, value) in samples {
                if labels.is_empty() {
                    value.encode(family)?;
                    break;
                }
                value.encode(family.encode_family(labels)?)?;
            }
        }
        Ok(())
    }
}
