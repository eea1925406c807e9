//! Risk 4: platforms that protect data badly, or cannot show that they protect it.

pub(super) mod cx401_vendor_uncertified;
pub(super) mod cx402_certificate_invalid;
pub(super) mod cx403_certificate_scope_gap;
pub(super) mod cx404_surveillance_overdue;
pub(super) mod cx405_soc2_report_weak;
pub(super) mod cx406_soc2_report_stale;
pub(super) mod cx407_vendor_assessment_overdue;
pub(super) mod cx408_vendor_measures_incomplete;
pub(super) mod cx409_vendor_incident_plan_missing;
mod papers;
mod review;
#[cfg(test)]
mod samples;
