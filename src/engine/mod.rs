//! The judgement: a pure function of facts and time.
//!
//! A [`Query`] shows facts and answers questions about the time, and notes both; [`Memos`] keeps what was derived and
//! derives again what a change or the time has made stale; a [`Verdict`] says what was found. The engine knows how
//! rules are run, and none of them.

mod access;
mod applied;
mod binding;
mod covered;
mod covers;
mod derived;
mod emergencies;
mod ends;
mod exemptions;
mod eyes;
mod guarded;
mod held;
mod incidents;
mod inherited;
mod judge;
mod knowledge;
mod law;
mod memo;
mod people;
mod pinned;
mod places;
mod policy;
mod query;
mod rbac;
mod scope;
mod ungoverned;
mod verdict;

pub use access::{Access, Deadline, Excluded, Members};
#[cfg(feature = "cluster")]
pub(crate) use binding::{BINDING_PREFIX, TOKEN_PREFIX, token_binding_of, token_role_of, user};
pub(crate) use binding::{binding_of, holder_of, subject_of};
pub(crate) use covered::{covering, is_made_for, is_own};
pub use derived::{Derivation, Derived};
pub use emergencies::Emergency;
pub(crate) use emergencies::unreviewed;
pub(crate) use ends::{agreed_at, counted_from};
pub(crate) use eyes::Human;
pub use guarded::{Gaps, Guarded, Protected};
pub use incidents::Clock;
pub(crate) use incidents::{authority_deadline, concerns_authority, is_ours, told};
pub(crate) use judge::lacks;
pub use knowledge::{Knowledge, Shared};
pub(crate) use law::{Protection, listed, may_run_in, needs_no_paper, protection};
pub use memo::{Memo, Memos, Read, Step};
pub(crate) use people::people;
pub(crate) use pinned::{allows_region, is_pinned, pinned_regions};
pub use places::{Places, UnknownPlace};
pub use policy::{
    AccessDemands, AdmissionDemands, AiDemands, BackupDemands, CONSULTANT, EmergencyDemands, IncidentDemands,
    Policy, Residency, SurveyDemands, VendorDemands, same_name,
};
pub use query::{Found, Query};
pub(crate) use rbac::{Identity, allows, bindings_over, rules_overlap};
pub use rbac::{Left, Retained, Right, left, rights};
pub use scope::Scope;
pub use ungoverned::Ungoverned;
pub use verdict::{Cause, Finding, Lacking, Outcome, Verdict};
