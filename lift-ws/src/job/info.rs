//! What is known of a job at compile time.

use crate::route::message::Message;
use crate::route::{Location, Needs};

/// What is known of a job at compile time. [`App::jobs`](crate::App::jobs) lists them.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct JobInfo {
    /// Its name on the queue.
    pub name: &'static str,
    /// The function's path, such as `reports::export`.
    pub handler: &'static str,
    /// Where the function stands.
    pub location: Location,
    /// What its arguments need.
    pub needs: Needs,
}

impl JobInfo {
    #[doc(hidden)]
    pub const fn __new(name: &'static str, handler: &'static str, location: Location, needs: Needs) -> Self {
        JobInfo { name, handler, location, needs }
    }
}

/// Fails compilation if an earlier job has the name of job `i`. For `#[ws_app]`.
#[doc(hidden)]
pub const fn assert_first(i: usize, jobs: &[JobInfo]) {
    let mut earlier = 0;
    while earlier < i {
        if same(jobs[earlier].name, jobs[i].name) {
            let message = Message::new()
                .text("duplicate job name `")
                .text(jobs[i].name)
                .text("`: it is already the name of `")
                .text(jobs[earlier].handler)
                .text("` at ")
                .text(jobs[earlier].location.file)
                .text(":")
                .number(jobs[earlier].location.line)
                .text("; name one of them otherwise, such as `#[ws_job(\"")
                .text(jobs[i].name)
                .text("-2\")]`");
            panic!("{}", message.as_str());
        }
        earlier += 1;
    }
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let (mut i, equal) = (0, a.len() == b.len());
    // what is no job has no name, and an error of its own
    if a.is_empty() || !equal {
        return false;
    }
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}
