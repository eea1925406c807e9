//! CX406: a report about a time that is long over.

use super::papers::{in_force, is_past, papers};
use crate::api::{Certification, Standard, VendorSpec};
use crate::engine::Query;
use crate::rules::rule::rule;
use crate::rules::{Case, Report};
use crate::values::Date;

rule! {
    /// # What it checks
    ///
    /// The newest `SOC2` report of a vendor, by `periodTo`, still says something about today:
    ///
    /// - its period did not end longer ago than `vendors.soc2MaxAge` of the policy (default 365d);
    /// - what it covers did not end more than three months ago. It covers its period, and with a bridge letter the days
    ///   until `bridgeUntil`. A bridge of more than three months after `periodTo` is ignored: it is the vendor's own word,
    ///   and no auditor has seen it.
    ///
    /// Reports that CX405 voids do not count. A stale report is still a report: CX401 accepts it.
    ///
    /// # Why
    ///
    /// A report is about the past. The next one follows within months of it, and a letter covers the time until then;
    /// where neither comes, something has changed.
    ///
    /// # Example
    ///
    /// ```yaml
    /// certifications:
    ///   - standard: SOC2
    ///     periodFrom: 2025-01-01
    ///     periodTo: 2025-12-31     # and it is November 2026, without a bridge letter
    /// ```
    ///
    /// # Fix
    ///
    /// Ask for the next report. Until it is there, ask for a bridge letter and record its last day in `bridgeUntil`.
    ///
    /// # References
    ///
    /// Practice of auditors and buyers: no standard sets the numbers. AICPA SOC 2; GDPR Art. 28(1), 32(1)(d).
    406 "soc2-report-stale" Warn since "0.1.0",
    Vendor: check,
}

/// For how long a bridge letter may reach on, and for how long nothing needs to cover.
const MONTHS: u16 = 3;

fn check(case: &Case<'_, VendorSpec>, report: &mut Report<'_>) {
    if is_past(case) {
        return;
    }
    let in_force = papers(case.subject, Standard::Soc2).filter(|(_, paper)| in_force(case.query, paper));
    let dated = in_force.filter_map(|(path, paper)| Some((paper.period_to?, path, paper)));
    let Some((to, path, paper)) = dated.max_by_key(|(to, ..)| *to) else { return };
    let longest = case.policy.vendors.soc2_max_age;
    if case.query.older_than(to, longest) {
        let due = longest.after(to.end());
        report.violation(
            format!("{path}/periodTo"),
            format!("the period ended with {to}: a report on a later one was due by {due} ({longest})"),
            "ask for the next report, and record it in place of this one",
        );
    } else if let Some(message) = uncovered(case.query, to, paper) {
        report.violation(
            format!("{path}/bridgeUntil"),
            message,
            "ask for the next report or a bridge letter of at most three months, and record it",
        );
    }
}

/// That neither the report nor a bridge has covered the last three months, if so.
fn uncovered(query: &Query<'_>, to: Date, paper: &Certification) -> Option<String> {
    let too_late = to.tomorrow().months_later(MONTHS);
    let bridge = paper.bridge_until.filter(|until| *until > to);
    let counts = bridge.filter(|until| *until < too_late);
    let covered = counts.unwrap_or(to);
    let due = covered.tomorrow().months_later(MONTHS);
    let ignored = match bridge {
        Some(until) if counts.is_none() => format!("; the bridge until {until} is too long to count"),
        _ => String::new(),
    };
    query
        .has_begun(due)
        .then(|| format!("nothing covers the time after {covered}: that was due by {due}{ignored}"))
}

#[cfg(test)]
mod tests {
    use super::super::samples::{CERTIFICATE, REPORT, certified, under};
    use crate::rules::testing::{Bench, edit};

    const ID: &str = "Vendor/hub";
    const BRIDGE: &str = ", bridgeUntil: 2026-12-31";

    fn with(bridge: &str) -> Bench {
        certified(&[&edit(REPORT, BRIDGE, bridge)])
    }

    #[test]
    fn a_report_covers_its_period_and_three_months_more() {
        let bench = with("").at("2026-12-31T23:59:59Z");
        assert!(bench.findings(406, ID).is_empty());
        assert_eq!(bench.horizon(ID), "2027-01-01T00:00:00Z");
        assert_eq!(
            bench.at("2027-01-01T00:00:00Z").findings(406, ID),
            [
                "/spec/certifications/0/bridgeUntil: nothing covers the time after 2026-09-30: that was due by \
                 2027-01-01"
            ]
        );
    }

    #[test]
    fn a_bridge_reaches_three_months_further_and_no_more() {
        let bench = with(BRIDGE).at("2027-03-31T23:59:59Z");
        assert!(bench.findings(406, ID).is_empty());
        assert_eq!(bench.horizon(ID), "2027-04-01T00:00:00Z");
        let found = bench.at("2027-04-01T00:00:00Z").findings(406, ID);
        assert!(found.concat().contains("after 2026-12-31: that was due by 2027-04-01"), "{found:?}");
        // One day more, and it does not count at all.
        let long = with(", bridgeUntil: 2027-01-01").at("2027-01-01T00:00:00Z").findings(406, ID);
        assert!(long.concat().ends_with("; the bridge until 2027-01-01 is too long to count"), "{long:?}");
        // A bridge within the period covers nothing new.
        let within = with(", bridgeUntil: 2026-09-01").at("2026-12-31T23:59:59Z");
        assert!(within.findings(406, ID).is_empty());
    }

    #[test]
    fn the_policy_says_how_old_a_report_may_be() {
        assert!(with(BRIDGE).findings(406, ID).is_empty());
        assert_eq!(
            under(with(BRIDGE), "{soc2MaxAge: 30d}").findings(406, ID),
            [
                "/spec/certifications/0/periodTo: the period ended with 2026-09-30: a report on a later one was due by \
                 2026-10-31T00:00:00Z (30d)"
            ]
        );
        let bench = under(with(BRIDGE), "{soc2MaxAge: 54d}");
        assert!(bench.findings(406, ID).is_empty());
        assert_eq!(bench.horizon(ID), "2026-11-24T00:00:00Z");
        assert_eq!(bench.at("2026-11-24T00:00:00Z").findings(406, ID).len(), 1);
        // The default, a year.
        let found = with(BRIDGE).at("2027-10-01T00:00:00Z").findings(406, ID);
        assert!(found.concat().contains("/periodTo: "), "{found:?}");
    }

    #[test]
    fn the_newest_report_counts_and_no_void_one() {
        let old = edit(REPORT, "2025-10-01, periodTo: 2026-09-30", "2023-10-01, periodTo: 2024-09-30");
        let old = edit(&old, BRIDGE, "");
        assert_eq!(certified(&[&old]).findings(406, ID).len(), 1);
        assert!(certified(&[&old, REPORT]).findings(406, ID).is_empty());
        assert!(certified(&[REPORT, &old]).findings(406, ID).is_empty());
        let weak = edit(REPORT, "Unqualified", "Adverse");
        assert_eq!(certified(&[&weak, &old]).findings(406, ID).len(), 1);
        assert!(
            certified(&[&edit(&old, "Unqualified", "Adverse"), CERTIFICATE]).findings(406, ID).is_empty()
        );
    }
}
