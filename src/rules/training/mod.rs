//! Risk 3: models that learn from customers' data.

pub(super) mod cx301_training_not_forbidden;
pub(super) mod cx302_training_ban_not_passed_on;
pub(super) mod cx303_opt_out_unproven;
pub(super) mod cx304_model_not_self_hosted;
pub(super) mod cx305_flow_trains_third_party_model;
pub(super) mod cx306_unredacted_data_to_model;
pub(super) mod cx307_prompts_kept_too_long;
pub(super) mod cx308_retrieval_outside_the_flow;
mod models;
#[cfg(test)]
mod samples;
