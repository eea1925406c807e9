//! Risk 1: data that leaves the area where the law protects it, and the papers that allow it.

mod at_rest;
pub(super) mod basis;
mod contract;
pub(super) mod cx101_workload_outside_allowed_countries;
pub(super) mod cx102_workload_not_pinned_to_region;
pub(super) mod cx103_transfer_without_mechanism;
pub(super) mod cx104_adequacy_missing_or_expired;
pub(super) mod cx105_dpf_certification_missing_or_stale;
pub(super) mod cx106_dpf_without_fallback;
pub(super) mod cx107_contractual_clauses_invalid;
pub(super) mod cx108_transfer_assessment_missing_or_stale;
pub(super) mod cx109_derogation_for_routine_transfer;
pub(super) mod cx110_support_access_from_third_country;
pub(super) mod cx111_agreement_missing_or_expired;
pub(super) mod cx112_agreement_clause_missing;
pub(super) mod cx113_agreement_silent_on_places_or_measures;
pub(super) mod cx114_agreement_review_overdue;
pub(super) mod cx115_vendor_outside_agreed_countries;
pub(super) mod cx116_breach_notice_too_slow;
pub(super) mod cx117_flow_unencrypted_in_transit;
pub(super) mod cx118_flow_unencrypted_at_rest;
pub(super) mod cx119_sub_processor_unauthorised;
pub(super) mod cx120_special_category_without_condition;
pub(super) mod cx121_legal_basis_missing;
pub(super) mod cx122_retention_missing;
pub(super) mod cx123_impact_assessment_missing;
pub(super) mod cx124_undeclared_destination;
pub(super) mod cx125_egress_unrestricted;
pub(super) mod cx126_ended_vendor_in_use_or_undeleted;
pub(super) mod cx127_volume_or_backup_outside_allowed_countries;
pub(super) mod cx128_document_expires_soon;
mod framework;
pub(super) mod locations;
#[cfg(test)]
pub(super) mod samples;
pub(super) mod wording;
