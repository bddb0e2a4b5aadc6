//! How the macros keep one mistake one error, for jobs: see [`route::gate`](crate::route::gate).

use super::{AvailableInJob, JobHandler, JobInfo, JobMeta, JobOutcome, JobScope};
use crate::Error;
use crate::route::gate::{Gate, Probe};
use crate::route::{Location, Needs};
use std::marker::PhantomData;

/// A function with `#[ws_job]`.
pub trait JobFn {}

impl<T: JobFn> Probe<T> {
    /// It has `#[ws_job]`.
    pub const IS_JOB: bool = true;
}

impl<T: AvailableInJob> Probe<T> {
    /// A job can take it.
    pub const IS_JOB_ARGUMENT: bool = true;
}

impl<T: JobOutcome> Probe<T> {
    /// A job can return it.
    pub const IS_JOB_OUTCOME: bool = true;
}

/// What [`Probe`] answers where the bound does not hold.
pub trait JobProbeFallback {
    /// It does not have `#[ws_job]`.
    const IS_JOB: bool = false;
    /// A job cannot take it.
    const IS_JOB_ARGUMENT: bool = false;
    /// A job cannot return it.
    const IS_JOB_OUTCOME: bool = false;
}
impl<T: ?Sized, K> JobProbeFallback for Probe<T, K> {}

/// For what is no job and is listed as one, which is said elsewhere.
pub trait ListedFallback {
    /// As jobs have it.
    #[allow(non_upper_case_globals)]
    const list_this_job_in_the_jobs_of_a_ws_app: () = ();
}
impl<T: ?Sized> ListedFallback for T {}

/// A job that can run on an app of state `S`.
pub trait JobStack<S> {
    /// Runs it.
    fn run<'e>(scope: &'e JobScope<'e, S>) -> impl Future<Output = Result<(), Error>> + Send;
}

/// The function itself.
#[derive(Debug)]
pub struct JobLeaf<H>(PhantomData<fn() -> H>);

impl<S: Sync, H: JobHandler<S>> JobStack<S> for JobLeaf<H> {
    fn run<'e>(scope: &'e JobScope<'e, S>) -> impl Future<Output = Result<(), Error>> + Send {
        H::call(scope)
    }
}

impl<S: Sync, T: JobStack<S>> JobStack<S> for Gate<T, true> {
    fn run<'e>(scope: &'e JobScope<'e, S>) -> impl Future<Output = Result<(), Error>> + Send {
        T::run(scope)
    }
}
impl<S: Sync, T> JobStack<S> for Gate<T, false> {
    fn run<'e>(_: &'e JobScope<'e, S>) -> impl Future<Output = Result<(), Error>> + Send {
        no_job_runs()
    }
}

impl<T: JobMeta> JobMeta for Gate<T, true> {
    const INFO: JobInfo = T::INFO;
}
impl<T> JobMeta for Gate<T, false> {
    const INFO: JobInfo = JobInfo::__new("", "", Location { file: "", line: 0 }, Needs::NONE);
}

impl<T: AvailableInJob> AvailableInJob for Gate<T, true> {
    const NEEDS: Needs = T::NEEDS;
}
impl<T> AvailableInJob for Gate<T, false> {}

/// Makes a result of what a function returned.
pub trait JobAnswer<R> {
    /// The result.
    ///
    /// # Errors
    /// The function's.
    fn answer(returned: R) -> Result<(), Error>;
}
impl<R: JobOutcome> JobAnswer<R> for Gate<(), true> {
    fn answer(returned: R) -> Result<(), Error> {
        returned.into_result()
    }
}
impl<R> JobAnswer<R> for Gate<(), false> {
    fn answer(_: R) -> Result<(), Error> {
        Ok(())
    }
}

/// Checked at each argument's type.
pub const fn is_job_argument<T: AvailableInJob>() {}

/// Checked at the return type.
pub const fn is_job_outcome<T: JobOutcome>() {}

/// What may stand in a list of jobs.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a job",
    label = "not annotated as a job",
    note = "in `jobs = […]` are functions with `#[ws_job]`; route handlers stand in `routes = […]`"
)]
pub trait ListedAsJob<const IS_JOB: bool> {}
impl<T> ListedAsJob<true> for T {}

/// Checked at each entry of a list of jobs.
pub const fn is_job<T: ListedAsJob<IS_JOB>, const IS_JOB: bool>() {}

/// Asks whether a job can run on an app of state `S`.
#[derive(Debug)]
pub struct JobRunProbe<T, S>(PhantomData<(T, S)>);

impl<T: JobStack<S>, S> JobRunProbe<T, S> {
    /// It can.
    pub const RUNS: bool = true;
}

/// What [`JobRunProbe`] answers where the bound does not hold.
pub trait JobRunProbeFallback {
    /// It cannot.
    const RUNS: bool = false;
}
impl<T, S> JobRunProbeFallback for JobRunProbe<T, S> {}

/// That it runs: known where `RUNS`, asked for (and so explained) where not.
pub trait JobRuns<S, const RUNS: bool> {}
impl<T, S> JobRuns<S, true> for T {}
impl<T: JobStack<S>, S> JobRuns<S, false> for T {}

/// Checked at each job of an app.
pub const fn job_runs<T: JobRuns<S, RUNS>, S, const RUNS: bool>() {}

/// What stands in for the code of a mistake: the build has failed elsewhere.
pub fn no_job_runs() -> impl Future<Output = Result<(), Error>> + Send {
    std::future::ready(Err(Error::internal("a job with compile errors cannot run")))
}
