//! cxguard.
