//! Risk 5: employees with access that their work does not need.

mod behind;
pub(super) mod cx501_role_too_broad;
pub(super) mod cx502_data_form_beyond_job_role;
pub(super) mod cx503_access_for_everyone;
pub(super) mod cx504_ungoverned_access;
pub(super) mod cx505_review_overdue;
pub(super) mod cx506_leaver_or_mover_has_access;
pub(super) mod cx507_grant_too_long;
pub(super) mod cx508_approval_missing_or_own;
pub(super) mod cx511_escalating_verbs;
pub(super) mod cx513_access_left_after_revocation;
pub(super) mod cx514_role_not_grantable;
mod form;
mod length;
pub(crate) mod reach;
mod review;
pub(crate) mod ways;

pub(super) use behind::{
    behind, consultants, grant_is_over, grants_to, has_access, is_going_on, is_over, subject_path,
};
pub(super) use form::{Ceiling, beyond};
pub(super) use length::too_long;
pub(super) use review::overdue;
