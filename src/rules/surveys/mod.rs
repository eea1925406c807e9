//! Risk 2: personal data in survey links.

pub(super) mod cx201_personal_data_parameter;
pub(super) mod cx202_personal_data_value;
pub(super) mod cx203_link_not_https;
pub(super) mod cx204_respondent_id_guessable;
pub(super) mod cx205_respondent_id_from_personal_data;
pub(super) mod cx206_id_map_exposed;
pub(super) mod cx207_link_never_expires;
pub(super) mod cx208_survey_audit_overdue;
pub(super) mod cx209_personal_data_link_in_workload;
mod respondent;
#[cfg(test)]
mod samples;
mod wording;
