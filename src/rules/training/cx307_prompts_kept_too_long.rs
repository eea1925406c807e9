//! CX307: a vendor that keeps what its models were asked.

use crate::api::{ModelHosting, VendorAi, VendorSpec};
use crate::rules::rule::rule;
use crate::rules::{Case, Report};
use crate::values::Period;

rule! {
    /// # What it checks
    ///
    /// A vendor that uses models on our data keeps prompts for no longer than 30 days: `ai.promptRetention` is there and
    /// at most `30d`. Where no models are used (`ai.usesModels` is not true), or they run in our own hands
    /// (`ai.hosting: SelfHosted`), nothing has to be on record; what is on record is judged all the same.
    ///
    /// # Why
    ///
    /// Prompts hold what customers wrote. Kept at the vendor they are one more copy that can leak, that support staff may
    /// read, and that no request for deletion finds.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Vendor
    /// spec:
    ///   ai: {usesModels: true, hosting: Vendor, promptRetention: 180d}
    /// ```
    ///
    /// # Fix
    ///
    /// Have prompts deleted sooner, best at once, and record how long they are kept.
    ///
    /// # References
    ///
    /// GDPR Art. 5(1)(e), 28(3).
    307 "prompts-kept-too-long" Warn since "0.1.0",
    Vendor: check,
}

/// For how long prompts may be kept.
const LONGEST: Period = Period::days(30);

fn check(case: &Case<'_, VendorSpec>, report: &mut Report<'_>) {
    let Some(ai) = &case.subject.ai else { return };
    let message = match ai.prompt_retention {
        Some(kept) if kept > LONGEST => format!("the vendor keeps prompts for {kept}, longer than {LONGEST}"),
        None if has_prompts(ai) => "how long the vendor keeps prompts is not on record".to_owned(),
        Some(_) | None => return,
    };
    report.violation(
        "/spec/ai/promptRetention",
        message,
        format!("have prompts deleted within {LONGEST} and record promptRetention"),
    );
}

/// Whether prompts with our data reach the vendor.
fn has_prompts(ai: &VendorAi) -> bool {
    ai.uses_models == Some(true) && ai.hosting != Some(ModelHosting::SelfHosted)
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::vendor_in_use;

    #[test]
    fn prompts_are_kept_for_thirty_days_at_most() {
        let unsaid = Some("how long the vendor keeps prompts is not on record");
        for (ai, expected) in [
            ("{usesModels: true, promptRetention: 30d}", None),
            ("{usesModels: true, promptRetention: 720h}", None),
            (
                "{usesModels: true, promptRetention: 31d}",
                Some("the vendor keeps prompts for 31d, longer than 30d"),
            ),
            (
                "{usesModels: true, promptRetention: 721h}",
                Some("the vendor keeps prompts for 721h, longer than 30d"),
            ),
            ("{usesModels: true}", unsaid),
            ("{usesModels: true, hosting: Vendor}", unsaid),
            ("{usesModels: true, hosting: ThirdParty}", unsaid),
            ("{usesModels: true, hosting: SelfHosted}", None),
            ("{usesModels: false}", None),
            ("{}", None),
            ("null", None),
            // What is on record is judged.
            ("{promptRetention: 60d}", Some("the vendor keeps prompts for 60d, longer than 30d")),
        ] {
            let expected = expected.map(|message| format!("/spec/ai/promptRetention: {message}"));
            let found = vendor_in_use(&format!("{{ai: {ai}}}")).findings(307, "Vendor/hub");
            assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{ai}");
        }
    }
}
