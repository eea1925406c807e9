//! CX302: a ban on training that does not bind those who work for the vendor.

use crate::api::{AiTraining, TrainingPolicy, VendorSpec};
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// Where the agreement with a vendor forbids training models on our data (`agreement.aiTraining: Forbidden`) and the
    /// vendor has `subProcessors`, the ban binds them too: `agreement.aiTrainingCoversSubProcessors` is true.
    ///
    /// It concerns every vendor with sub-processors, used or not. A ban that is missing is CX301's. If `ai.training` of
    /// the policy is `Permitted` (default: `Forbidden`), it is not judged.
    ///
    /// # Why
    ///
    /// Many vendors have the work of models done by somebody else. A ban that stops at the vendor allows exactly that.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Vendor
    /// spec:
    ///   agreement: {aiTraining: Forbidden}
    ///   subProcessors:
    ///     - {vendor: model-host, authorisedOn: 2025-01-15, sameObligations: true}
    /// ```
    ///
    /// # Fix
    ///
    /// Have the ban extended to sub-processors, and record `aiTrainingCoversSubProcessors: true`.
    ///
    /// # References
    ///
    /// GDPR Art. 28(3)(a), 28(4); EDPB Opinion 22/2024.
    302 "training-ban-not-passed-on" Enforce since "0.1.0",
    Vendor: check,
}

fn check(case: &Case<'_, VendorSpec>, report: &mut Report<'_>) {
    let Some(agreement) = &case.subject.agreement else { return };
    let banned = agreement.ai_training == Some(AiTraining::Forbidden);
    if case.policy.ai.training == TrainingPolicy::Permitted
        || !banned
        || case.subject.sub_processors.is_empty()
    {
        return;
    }
    if agreement.ai_training_covers_sub_processors != Some(true) {
        report.violation(
            "/spec/agreement/aiTrainingCoversSubProcessors",
            "that the ban on training models on our data binds the vendor's sub-processors is not on record",
            "have the ban extended to sub-processors and record aiTrainingCoversSubProcessors: true",
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::vendor_in_use;

    const HUB: &str = "Vendor/hub";

    #[test]
    fn the_ban_binds_sub_processors() {
        let found = "/spec/agreement/aiTrainingCoversSubProcessors: that the ban on training models on our data binds \
                     the vendor's sub-processors is not on record";
        for (agreement, subs, expected) in [
            ("aiTraining: Forbidden", "{vendor: far}", [found].as_slice()),
            ("aiTraining: Forbidden, aiTrainingCoversSubProcessors: false", "{vendor: far}", &[found]),
            ("aiTraining: Forbidden, aiTrainingCoversSubProcessors: true", "{vendor: far}", &[]),
            ("aiTraining: Forbidden", "{vendor: far}, {vendor: farther}", &[found]),
            ("aiTraining: Forbidden", "", &[]),
            // Where there is no ban, there is none to pass on: CX301.
            ("aiTraining: NotAddressed", "{vendor: far}", &[]),
            ("", "{vendor: far}", &[]),
        ] {
            let bench = vendor_in_use(&format!("{{agreement: {{{agreement}}}, subProcessors: [{subs}]}}"));
            assert_eq!(bench.findings(302, HUB), expected, "{agreement} {subs}");
        }
        assert!(vendor_in_use("{subProcessors: [{vendor: far}]}").findings(302, HUB).is_empty());
    }

    #[test]
    fn used_or_not() {
        let bench = vendor_in_use("{}").with(
            "apiVersion: cxguard.dev/v1alpha1\nkind: Vendor\nmetadata: {name: unused}\n\
             spec: {agreement: {aiTraining: Forbidden}, subProcessors: [{vendor: hub}]}",
        );
        assert_eq!(bench.findings(302, "Vendor/unused").len(), 1);
    }

    #[test]
    fn a_policy_may_permit_training() {
        let permits = "apiVersion: cxguard.dev/v1alpha1\nkind: CompliancePolicy\nmetadata: {name: lenient}\n\
                       spec: {ai: {training: Permitted}}";
        let spec = "{agreement: {aiTraining: Forbidden}, subProcessors: [{vendor: far}]}";
        assert!(vendor_in_use(spec).with(permits).findings(302, HUB).is_empty());
    }
}
