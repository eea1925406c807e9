//! CX119: a vendor that lets others work on our data without being allowed to.

use crate::api::{SubProcessor, VendorSpec};
use crate::engine::Query;
use crate::rules::agreement::is_processor;
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// Each of a vendor's `subProcessors` is authorised and bound: `authorisedOn` is there and has come, and
    /// `sameObligations` is true. Each gap is a finding of its own. Vendors with the role `Controller` or
    /// `JointController` need no authorisation of ours.
    ///
    /// That a sub-processor exists as a Vendor is CX001's; where it has the data, CX103's, CX110's and CX115's.
    ///
    /// # Why
    ///
    /// A processor engages another one only with our authorisation in writing, and under the same obligations.
    /// Otherwise data is with somebody who promised nobody anything.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Vendor
    /// spec:
    ///   subProcessors:
    ///     - {vendor: cloudhost}   # neither authorised nor bound
    /// ```
    ///
    /// # Fix
    ///
    /// Authorise the sub-processor, have the vendor pass its obligations on, and record both; or have it removed.
    ///
    /// # References
    ///
    /// GDPR Art. 28(2) and (4); EDPB Opinion 22/2024.
    119 "sub-processor-unauthorised" Enforce since "0.1.0",
    Vendor: check,
}

fn check(case: &Case<'_, VendorSpec>, report: &mut Report<'_>) {
    if !is_processor(case.subject.role) {
        return;
    }
    for (at, sub) in case.subject.sub_processors.iter().enumerate() {
        let path = format!("/spec/subProcessors/{at}");
        if let Some(message) = unauthorised(case.query, sub) {
            report.violation(
                format!("{path}/authorisedOn"),
                message,
                "authorise the sub-processor in writing and record authorisedOn, or have it removed",
            );
        }
        if sub.same_obligations != Some(true) {
            report.violation(
                format!("{path}/sameObligations"),
                format!("that Vendor/{} is bound by the same obligations is not on record", sub.vendor),
                "have the vendor pass its obligations on and record sameObligations, or have the sub-processor removed",
            );
        }
    }
}

fn unauthorised(query: &Query<'_>, sub: &SubProcessor) -> Option<String> {
    let name = &sub.vendor;
    match sub.authorised_on {
        None => Some(format!("no authorisation of Vendor/{name} as a sub-processor is on record")),
        Some(day) if !query.has_begun(day) => {
            Some(format!("Vendor/{name} is not authorised as a sub-processor before {day}"))
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{SOUND, vendor};
    use crate::rules::testing::Bench;

    const HUB: &str = "Vendor/hub";

    fn hub(role: &str, sub: &str) -> Bench {
        Bench::new(SOUND).with(&vendor("hub", &format!("{{{role} subProcessors: [{{vendor: far{sub}}}]}}")))
    }

    #[test]
    fn a_sub_processor_is_authorised_and_bound() {
        let path = "/spec/subProcessors/0";
        let unauthorised =
            format!("{path}/authorisedOn: no authorisation of Vendor/far as a sub-processor is on record");
        let unbound = format!(
            "{path}/sameObligations: that Vendor/far is bound by the same obligations is not on record"
        );
        let ahead =
            format!("{path}/authorisedOn: Vendor/far is not authorised as a sub-processor before 2026-11-24");
        for (sub, expected) in [
            (", authorisedOn: 2025-01-15, sameObligations: true", vec![]),
            (", authorisedOn: 2026-11-23, sameObligations: true", vec![]),
            (", sameObligations: true", vec![unauthorised.clone()]),
            (", authorisedOn: 2026-11-24, sameObligations: true", vec![ahead]),
            (", authorisedOn: 2025-01-15", vec![unbound.clone()]),
            (", authorisedOn: 2025-01-15, sameObligations: false", vec![unbound.clone()]),
            ("", vec![unauthorised, unbound]),
        ] {
            assert_eq!(hub("", sub).findings(119, HUB), expected, "{sub}");
        }
    }

    #[test]
    fn an_authorisation_begins_with_its_day() {
        let bench = hub("", ", authorisedOn: 2026-11-24, sameObligations: true");
        assert_eq!(bench.horizon(HUB), "2026-11-24T00:00:00Z");
        assert!(bench.at("2026-11-24T00:00:00Z").findings(119, HUB).is_empty());
    }

    #[test]
    fn only_processors_need_our_authorisation() {
        for (role, expected) in [
            ("role: Processor,", 2),
            ("role: SubProcessor,", 2),
            ("role: Controller,", 0),
            ("role: JointController,", 0),
        ] {
            assert_eq!(hub(role, "").findings(119, HUB).len(), expected, "{role}");
        }
        assert!(Bench::new(SOUND).findings(119, HUB).is_empty());
    }
}
