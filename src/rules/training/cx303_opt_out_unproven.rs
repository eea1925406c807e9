//! CX303: a ban on training that holds only while a setting is set, and nobody has looked.

use crate::api::{TrainingPolicy, VendorSpec};
use crate::rules::agreement::has_ended;
use crate::rules::rule::rule;
use crate::rules::{Case, Report};
use crate::values::Period;

rule! {
    /// # What it checks
    ///
    /// Where the ban on training models on our data rests on a setting of ours (`ai.banRestsOnSetting: true`), somebody
    /// has seen that the opt-out is set: `ai.optOutEvidencedOn` is there, has come, and is at most 90 days ago.
    ///
    /// It concerns every vendor with such a setting, used or not, until the relation is over (`ended.date`). If
    /// `ai.training` of the policy is `Permitted` (default: `Forbidden`), it is not judged.
    ///
    /// # Why
    ///
    /// A setting is reset by a new plan, a new workspace or a new product, and the vendor trains from that day. Only who
    /// looks can tell.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Vendor
    /// spec:
    ///   ai:
    ///     usesModels: true
    ///     banRestsOnSetting: true
    ///     optOutEvidencedOn: 2026-05-01   # and it is November
    /// ```
    ///
    /// # Fix
    ///
    /// Look at the setting, keep a picture of it, and set `optOutEvidencedOn`. Better: have the ban written into the
    /// agreement without condition, and remove `banRestsOnSetting`.
    ///
    /// # References
    ///
    /// GDPR Art. 5(2), 28(3)(a).
    303 "opt-out-unproven" Enforce since "0.1.0",
    Vendor: check,
}

/// For how long it counts that somebody has seen the setting.
const EVIDENCE_HOLDS: Period = Period::days(90);

fn check(case: &Case<'_, VendorSpec>, report: &mut Report<'_>) {
    let Some(ai) = case.subject.ai.as_ref().filter(|ai| ai.ban_rests_on_setting == Some(true)) else {
        return;
    };
    if case.policy.ai.training == TrainingPolicy::Permitted || has_ended(case.query, case.subject) {
        return;
    }
    let message = match ai.opt_out_evidenced_on {
        None => "when somebody saw that the opt-out is set is not on record".to_owned(),
        Some(day) if !case.query.has_begun(day) => {
            format!("the evidence of the opt-out is dated {day}, which has not come")
        }
        Some(day) if case.query.older_than(day, EVIDENCE_HOLDS) => {
            format!("somebody last saw on {day} that the opt-out is set, which holds for {EVIDENCE_HOLDS}")
        }
        Some(_) => return,
    };
    report.violation(
        "/spec/ai/optOutEvidencedOn",
        message,
        "see that the opt-out is set and record the day, or have the ban written into the agreement without condition",
    );
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::vendor_in_use;

    const HUB: &str = "Vendor/hub";

    #[test]
    fn somebody_has_seen_the_setting() {
        for (ai, expected) in [
            ("banRestsOnSetting: true, optOutEvidencedOn: 2026-10-01", None),
            ("banRestsOnSetting: true, optOutEvidencedOn: 2026-08-25", None),
            (
                "banRestsOnSetting: true, optOutEvidencedOn: 2026-08-24",
                Some("somebody last saw on 2026-08-24 that the opt-out is set, which holds for 90d"),
            ),
            (
                "banRestsOnSetting: true, optOutEvidencedOn: 2026-11-24",
                Some("the evidence of the opt-out is dated 2026-11-24, which has not come"),
            ),
            ("banRestsOnSetting: true", Some("when somebody saw that the opt-out is set is not on record")),
            ("banRestsOnSetting: false", None),
            ("usesModels: true", None),
        ] {
            let expected = expected.map(|message| format!("/spec/ai/optOutEvidencedOn: {message}"));
            let found = vendor_in_use(&format!("{{ai: {{{ai}}}}}")).findings(303, HUB);
            assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{ai}");
        }
        assert!(vendor_in_use("{}").findings(303, HUB).is_empty());
    }

    #[test]
    fn evidence_holds_for_ninety_days() {
        let bench = vendor_in_use("{ai: {banRestsOnSetting: true, optOutEvidencedOn: 2026-10-01}}");
        let bench = bench.at("2026-12-30T23:59:59Z");
        assert!(bench.findings(303, HUB).is_empty());
        assert_eq!(bench.horizon(HUB), "2026-12-31T00:00:00Z");
        assert_eq!(bench.at("2026-12-31T00:00:00Z").findings(303, HUB).len(), 1);
    }

    #[test]
    fn not_after_the_end_nor_where_training_is_permitted() {
        let ended = "{ai: {banRestsOnSetting: true}, ended: {date: 2026-11-22}}";
        assert!(vendor_in_use(ended).findings(303, HUB).is_empty());
        let permits = "apiVersion: cxguard.dev/v1alpha1\nkind: CompliancePolicy\nmetadata: {name: lenient}\n\
                       spec: {ai: {training: Permitted}}";
        let bench = vendor_in_use("{ai: {banRestsOnSetting: true}}").with(permits);
        assert!(bench.findings(303, HUB).is_empty());
    }
}
