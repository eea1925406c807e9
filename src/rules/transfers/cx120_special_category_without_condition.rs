//! CX120: data about health, faith and the like without a condition that allows it.

use super::wording::joined;
use crate::api::{Category, DataFlowSpec};
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// A data flow with a special category under `categories` names the `specialCategoryCondition` that allows it.
    /// Special are `Health`, `Ethnicity`, `Politics`, `Religion`, `TradeUnion`, `Genetic`, `Biometric` and `SexLife`, and
    /// `Criminal`, for which Art. 10 wants more than a legal basis as well. The form of the data does not matter: making it anonymous is
    /// processing too.
    ///
    /// # Why
    ///
    /// Processing such data is forbidden unless one of the conditions of Art. 9(2) holds; a legal basis is not enough.
    /// Answers in free text often say more than was asked.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: DataFlow
    /// spec:
    ///   legalBasis: LegitimateInterests
    ///   categories: [Email, Health]
    ///   # no specialCategoryCondition
    /// ```
    ///
    /// # Fix
    ///
    /// Leave the category out of the data, or record the condition that holds, such as `ExplicitConsent`.
    ///
    /// # References
    ///
    /// GDPR Art. 9(1) and (2), Art. 10; Art. 83(5)(a) for the fine.
    120 "special-category-without-condition" Enforce since "0.1.0",
    Flow: check,
}

fn check(case: &Case<'_, DataFlowSpec>, report: &mut Report<'_>) {
    let special: Vec<&Category> =
        case.subject.categories.iter().filter(|category| category.is_special()).collect();
    if !special.is_empty() && case.subject.special_category_condition.is_none() {
        report.violation(
            "/spec/specialCategoryCondition",
            format!(
                "the data says something of special categories ({}), and no condition allows it",
                joined(special)
            ),
            "leave these categories out of the data, or record the condition of Art. 9(2) that holds",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{SOUND, flow};
    use crate::rules::testing::Bench;

    #[test]
    fn special_categories_need_a_condition() {
        for (spec, special) in [
            ("{categories: [Email, Financial]}", None),
            ("{categories: [Email, Health, Religion]}", Some("Health, Religion")),
            ("{categories: [Criminal], form: Anonymised}", Some("Criminal")),
            ("{categories: [Health], specialCategoryCondition: ExplicitConsent}", None),
            ("{categories: [Health], specialCategoryCondition: ''}", Some("Health")),
            ("{categories: []}", None),
        ] {
            let found = Bench::new(SOUND).with(&flow(spec)).findings(120, "DataFlow/cx/answers");
            let expected = special.map(|special| {
                format!(
                    "/spec/specialCategoryCondition: the data says something of special categories ({special}), and no \
                     condition allows it"
                )
            });
            assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{spec}");
        }
    }
}
