//! The signature of one post: our signer beside the SDK's.

use crate::figures::Figures;
use crate::report::{Gate, Report};
use std::path::Path;

const SECTION: &str = "signing one post (CPU of the signature alone; peer: aws-sigv4)";

/// Adds the rows.
///
/// # Errors
///
/// When the two sign differently, or cannot be built.
pub(crate) fn measure(root: &Path, quick: bool, report: &mut Report) -> Result<(), String> {
    let figures = Figures::beside_the_sdk(root, "signing", if quick { 100 } else { 1000 })?;
    for (name, ours, sdk) in [
        ("a message of 100 bytes", "ours-100", "sdk-100"),
        ("a message of 4 KB, hashed each time", "ours-4096", "sdk-4096"),
    ] {
        report.speed_up(SECTION, name, "µs", figures.get(ours)?, figures.get(sdk)?, Gate::AtLeast(1.3));
    }
    Ok(())
}
