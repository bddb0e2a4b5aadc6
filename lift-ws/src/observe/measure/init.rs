//! How long the environment took to start.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// In microseconds; 0 if it is not known, or has been told.
static TOOK: AtomicU32 = AtomicU32::new(0);

pub(crate) fn took(time: Duration) {
    TOOK.store(u32::try_from(time.as_micros()).unwrap_or(u32::MAX), Ordering::Relaxed);
}

/// A snapshot was restored: what was measured belongs to another environment.
pub(crate) fn forget() {
    TOOK.store(0, Ordering::Relaxed);
}

pub(super) fn take() -> Option<u32> {
    Some(TOOK.swap(0, Ordering::Relaxed)).filter(|took| *took > 0)
}
