//! The time.

use jiff::Timestamp;

/// The clock is read once for a command, here.
#[expect(clippy::disallowed_methods, reason = "the command line is where time enters")]
pub(super) fn now() -> Timestamp {
    Timestamp::now()
}
