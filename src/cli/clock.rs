//! Where time enters: whatever is judged is told the time, and reads no clock.

use jiff::Timestamp;

/// What the machine's clock says.
#[expect(clippy::disallowed_methods, reason = "the command line is where time enters")]
pub(super) fn now() -> Timestamp {
    Timestamp::now()
}
