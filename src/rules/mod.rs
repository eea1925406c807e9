//! The rules: one folder per risk, one file per rule, listed in [`RULES`].
//!
//! A rule sees the object, the demands on it and, by way of the query, everything else. It reports what is wrong at
//! which field, and what to do; it never knows the time or who asks.

pub(crate) mod access;
mod agreement;
mod consultants;
pub mod document;
mod exemptions;
mod incidents;
mod input;
mod platform;
mod report;
mod reserved;
mod rule;
mod surveys;
#[cfg(test)]
pub(crate) mod testing;
mod training;
mod transfers;

pub use report::{Because, Report};
pub use reserved::{RESERVED, Reserved, reserved};
pub use rule::{Case, Check, Code, Rule};
#[cfg(test)]
pub(crate) use transfers::samples::{SOUND, policy};

/// Every rule, in the order of its code.
pub static RULES: &[&Rule] = &[
    &input::cx001_unknown_reference::RULE,
    &input::cx002_ambiguous_scalar::RULE,
    &input::cx003_unreadable_object::RULE,
    &input::cx004_unknown_location::RULE,
    &transfers::cx101_workload_outside_allowed_countries::RULE,
    &transfers::cx102_workload_not_pinned_to_region::RULE,
    &transfers::cx103_transfer_without_mechanism::RULE,
    &transfers::cx104_adequacy_missing_or_expired::RULE,
    &transfers::cx105_dpf_certification_missing_or_stale::RULE,
    &transfers::cx106_dpf_without_fallback::RULE,
    &transfers::cx107_contractual_clauses_invalid::RULE,
    &transfers::cx108_transfer_assessment_missing_or_stale::RULE,
    &transfers::cx109_derogation_for_routine_transfer::RULE,
    &transfers::cx110_support_access_from_third_country::RULE,
    &transfers::cx111_agreement_missing_or_expired::RULE,
    &transfers::cx112_agreement_clause_missing::RULE,
    &transfers::cx113_agreement_silent_on_places_or_measures::RULE,
    &transfers::cx114_agreement_review_overdue::RULE,
    &transfers::cx115_vendor_outside_agreed_countries::RULE,
    &transfers::cx116_breach_notice_too_slow::RULE,
    &transfers::cx117_flow_unencrypted_in_transit::RULE,
    &transfers::cx118_flow_unencrypted_at_rest::RULE,
    &transfers::cx119_sub_processor_unauthorised::RULE,
    &transfers::cx120_special_category_without_condition::RULE,
    &transfers::cx121_legal_basis_missing::RULE,
    &transfers::cx122_retention_missing::RULE,
    &transfers::cx123_impact_assessment_missing::RULE,
    &transfers::cx124_undeclared_destination::RULE,
    &transfers::cx125_egress_unrestricted::RULE,
    &transfers::cx126_ended_vendor_in_use_or_undeleted::RULE,
    &transfers::cx127_volume_or_backup_outside_allowed_countries::RULE,
    &transfers::cx128_document_expires_soon::RULE,
    &surveys::cx201_personal_data_parameter::RULE,
    &surveys::cx202_personal_data_value::RULE,
    &surveys::cx203_link_not_https::RULE,
    &surveys::cx204_respondent_id_guessable::RULE,
    &surveys::cx205_respondent_id_from_personal_data::RULE,
    &surveys::cx206_id_map_exposed::RULE,
    &surveys::cx207_link_never_expires::RULE,
    &surveys::cx208_survey_audit_overdue::RULE,
    &surveys::cx209_personal_data_link_in_workload::RULE,
    &training::cx301_training_not_forbidden::RULE,
    &training::cx302_training_ban_not_passed_on::RULE,
    &training::cx303_opt_out_unproven::RULE,
    &training::cx304_model_not_self_hosted::RULE,
    &training::cx305_flow_trains_third_party_model::RULE,
    &training::cx306_unredacted_data_to_model::RULE,
    &training::cx307_prompts_kept_too_long::RULE,
    &training::cx308_retrieval_outside_the_flow::RULE,
    &platform::cx401_vendor_uncertified::RULE,
    &platform::cx402_certificate_invalid::RULE,
    &platform::cx403_certificate_scope_gap::RULE,
    &platform::cx404_surveillance_overdue::RULE,
    &platform::cx405_soc2_report_weak::RULE,
    &platform::cx406_soc2_report_stale::RULE,
    &platform::cx407_vendor_assessment_overdue::RULE,
    &platform::cx408_vendor_measures_incomplete::RULE,
    &platform::cx409_vendor_incident_plan_missing::RULE,
    &access::cx501_role_too_broad::RULE,
    &access::cx502_data_form_beyond_job_role::RULE,
    &access::cx503_access_for_everyone::RULE,
    &access::cx504_ungoverned_access::RULE,
    &access::cx505_review_overdue::RULE,
    &access::cx506_leaver_or_mover_has_access::RULE,
    &access::cx507_grant_too_long::RULE,
    &access::cx508_approval_missing_or_own::RULE,
    &access::cx511_escalating_verbs::RULE,
    &access::cx513_access_left_after_revocation::RULE,
    &access::cx514_role_not_grantable::RULE,
    &consultants::cx601_nda_missing_or_expired::RULE,
    &consultants::cx602_access_outlives_engagement::RULE,
    &consultants::cx603_consultant_grant_too_long::RULE,
    &consultants::cx604_raw_data_to_consultant::RULE,
    &consultants::cx605_consulting_firm_without_agreement::RULE,
    &consultants::cx606_consultant_audit_overdue::RULE,
    &consultants::cx607_consultant_in_third_country::RULE,
    &consultants::cx608_person_unknown::RULE,
    &incidents::cx701_incident_plan_missing_or_incomplete::RULE,
    &incidents::cx702_plan_review_overdue::RULE,
    &incidents::cx703_drill_overdue_or_failed::RULE,
    &incidents::cx704_contacts_missing_or_stale::RULE,
    &incidents::cx705_authority_not_notified::RULE,
    &incidents::cx706_late_without_reason::RULE,
    &incidents::cx707_customers_not_told::RULE,
    &incidents::cx708_controller_not_told::RULE,
    &incidents::cx709_low_risk_unexplained::RULE,
    &incidents::cx710_backup_missing_or_stale::RULE,
    &incidents::cx711_backup_unencrypted::RULE,
    &incidents::cx712_restore_test_overdue::RULE,
    &exemptions::cx801_exemption_expired::RULE,
    &exemptions::cx802_exemption_unowned::RULE,
];

/// The rule with a code.
pub fn find(code: Code) -> Option<&'static Rule> {
    RULES.binary_search_by_key(&code, |rule| rule.code).ok().and_then(|at| RULES.get(at).copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_and_unique() {
        assert!(RULES.is_sorted_by(|one, two| one.code < two.code));
    }

    #[test]
    fn every_rule_is_documented_under_the_fixed_headings() {
        for rule in RULES {
            for heading in ["# What it checks", "# Why", "# Example", "# Fix", "# References"] {
                assert!(rule.docs.contains(heading), "{} has no {heading:?}", rule.code);
            }
        }
    }
}
