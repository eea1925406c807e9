//! Risk 3: models that learn from customers' data.

pub(super) mod cx301_training_not_forbidden;
pub(super) mod cx302_training_ban_not_passed_on;
pub(super) mod cx303_opt_out_unproven;
pub(super) mod cx307_prompts_kept_too_long;
