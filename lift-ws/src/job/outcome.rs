//! What a job's function may return.

use crate::Error;
use crate::reply::BoxError;

/// What a job's function returns: `()`, or `Result<(), E>`. An error means that the job is to be delivered again.
#[diagnostic::on_unimplemented(
    message = "a job cannot return `{Self}`: nobody would receive it",
    label = "neither `()` nor `Result<(), E>`",
    note = "return `Result<(), lift_ws::Error>`, or `()` if it cannot fail; `E` may be any error; send what the job makes with `Connections`"
)]
pub trait JobOutcome {
    /// Did it go well?
    ///
    /// # Errors
    /// The function's error.
    fn into_result(self) -> Result<(), Error>;
}

impl JobOutcome for () {
    fn into_result(self) -> Result<(), Error> {
        Ok(())
    }
}

impl<E: Into<BoxError>> JobOutcome for Result<(), E> {
    fn into_result(self) -> Result<(), Error> {
        self.map_err(Error::internal)
    }
}
