//! CX122: data that is kept for nobody knows how long.

use crate::api::DataFlowSpec;
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// A data flow says how long its data is kept: `retention`. Whether the data is deleted in time is not seen from
    /// here.
    ///
    /// # Why
    ///
    /// Data may be kept no longer than its purpose needs it. What has no end is never deleted, and is there when
    /// something goes wrong.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: DataFlow
    /// spec:
    ///   purpose: Measure satisfaction
    ///   # no retention
    /// ```
    ///
    /// # Fix
    ///
    /// Decide how long the purpose needs the data, have it deleted then, and record it, such as `retention: 400d`.
    ///
    /// # References
    ///
    /// GDPR Art. 5(1)(e), 13(2)(a), 30(1)(f).
    122 "retention-missing" Warn since "0.1.0",
    Flow: check,
}

fn check(case: &Case<'_, DataFlowSpec>, report: &mut Report<'_>) {
    if case.subject.retention.is_none() {
        report.violation(
            "/spec/retention",
            "how long the data is kept is not on record",
            "decide how long the purpose needs the data, and record it, such as 400d",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{SOUND, flow};
    use crate::rules::testing::Bench;

    #[test]
    fn a_flow_says_how_long_data_is_kept() {
        let found = |spec: &str| Bench::new(SOUND).with(&flow(spec)).findings(122, "DataFlow/cx/answers");
        assert!(found("{retention: 400d}").is_empty());
        assert_eq!(found("{}"), ["/spec/retention: how long the data is kept is not on record"]);
    }
}
