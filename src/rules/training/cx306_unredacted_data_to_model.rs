//! CX306: a model that is told who the customers are.

use super::models::{foreign_models, use_of};
use crate::api::{AiUse, DataFlowSpec, DataForm};
use crate::engine::Cause;
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// Where a data flow has an `ai.use` other than None and goes to a vendor with models that are not in our own hands
    /// (those of CX305), identifiable data is redacted first: `ai.redacted` is true, or `form` is less than
    /// `Identifiable`. A flow without `form` counts as identifiable.
    ///
    /// # Why
    ///
    /// A model seldom needs to know whose complaint it sums up. Names that were never in the prompt are in no log and
    /// in no training set.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: DataFlow
    /// spec:
    ///   form: Identifiable
    ///   to: [{vendor: summaries}]     # Vendor: ai: {usesModels: true, hosting: Vendor}
    ///   ai: {use: Inference}          # no redacted
    /// ```
    ///
    /// # Fix
    ///
    /// Take names, addresses and numbers out before the prompt is sent, and set `ai.redacted`; or send pseudonymised
    /// data, and say so in `form`.
    ///
    /// # References
    ///
    /// GDPR Art. 5(1)(c), 25(1), 32(1)(a); EDPB Opinion 28/2024 on AI models.
    306 "unredacted-data-to-model" Warn since "0.1.0",
    Flow: check,
}

fn check(case: &Case<'_, DataFlowSpec>, report: &mut Report<'_>) {
    let flow = case.subject;
    let redacted = flow.ai.as_ref().and_then(|ai| ai.redacted) == Some(true);
    let form = flow.form.unwrap_or(DataForm::Identifiable);
    if use_of(flow) == AiUse::None || redacted || form < DataForm::Identifiable {
        return;
    }
    let data = if flow.form.is_some() { "identifiable data" } else { "data of which no form is on record" };
    for model in foreign_models(case, report) {
        report.because(Cause::at(&model.vendor, "/spec/ai/hosting")).violation(
            model.path,
            format!("{data} is not redacted, and {} {}", model.vendor, model.runs),
            "redact the data before a model sees it and set ai.redacted, or send pseudonymised data",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{FLOW, flow, writer};

    fn found(form: &str, ai: &str) -> Vec<String> {
        flow(&format!("{{{form} to: [{{vendor: writer}}, {{vendor: plain}}], ai: {ai}}}")).findings(306, FLOW)
    }

    #[test]
    fn identifiable_data_is_redacted() {
        let message = |data: &str| {
            [format!("/spec/to/0/vendor: {data} is not redacted, and Vendor/writer runs its models itself")]
        };
        let raw = "form: Identifiable,";
        for ai in ["{use: Inference}", "{use: Training}", "{use: Inference, redacted: false}"] {
            assert_eq!(found(raw, ai), message("identifiable data"), "{ai}");
        }
        assert_eq!(found("", "{use: Inference}"), message("data of which no form is on record"));
        for (form, ai) in [
            (raw, "{use: Inference, redacted: true}"),
            (raw, "{use: None}"),
            (raw, "{}"),
            ("form: Pseudonymised,", "{use: Inference}"),
            ("form: Aggregate,", "{use: Training}"),
        ] {
            assert!(found(form, ai).is_empty(), "{form} {ai}");
        }
    }

    #[test]
    fn a_model_of_our_own_may_see_more() {
        let spec = "{form: Identifiable, to: [{vendor: writer}], ai: {use: Inference}}";
        assert_eq!(flow(spec).findings(306, FLOW).len(), 1);
        assert!(writer(flow(spec), "{usesModels: true, hosting: SelfHosted}").findings(306, FLOW).is_empty());
        let missing = flow("{to: [{vendor: nobody}], ai: {use: Inference}}");
        assert!(missing.findings(306, FLOW).is_empty() && missing.lacks(306, FLOW));
    }
}
