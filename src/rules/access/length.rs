//! How long a grant may last: CX507 judges it of employees, CX603 of consultants.

use crate::engine::counted_from;
use crate::facts::GrantFact;
use crate::rules::Report;
use crate::values::Period;

/// Reports a grant whose own end lies beyond the policy's maximum. The maximum counts from the later of start and
/// approval; without either from activation, before which it is not judged.
pub(in crate::rules) fn too_long(grant: &GrantFact, limit: Period, whose: &str, report: &mut Report<'_>) {
    let (Some(expires), Some(base)) = (grant.spec.expires_at, counted_from(grant)) else { return };
    let latest = limit.after(base);
    if expires.timestamp() > latest {
        report.violation(
            "/spec/expiresAt",
            format!("{whose} may have access for {limit}: from {base} until {latest}, not until {expires}"),
            format!("set expiresAt to {latest} or earlier; a later approval lets it move again"),
        );
    }
}
