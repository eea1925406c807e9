//! Risk 6: consultants.

pub(super) mod cx601_nda_missing_or_expired;
pub(super) mod cx602_access_outlives_engagement;
pub(super) mod cx603_consultant_grant_too_long;
pub(super) mod cx604_raw_data_to_consultant;
pub(super) mod cx605_consulting_firm_without_agreement;
pub(super) mod cx606_consultant_audit_overdue;
pub(super) mod cx607_consultant_in_third_country;
pub(super) mod cx608_person_unknown;
