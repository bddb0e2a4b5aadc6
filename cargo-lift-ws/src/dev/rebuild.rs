//! Keeping what runs up to date: sources change, cargo builds, a new build takes over.

use std::time::{Duration, Instant};

use lift_ws_local::{LocalGateway, PageNews};

use super::app::App;
use super::watch::{Change, Watcher};
use super::{DevError, build, set_up, timeouts};
use crate::terminal;

/// What is watched while an app is served.
pub(super) struct Rebuilding {
    watcher: Watcher,
    no_timeouts: bool,
}

/// What the parts of a take-over took.
#[derive(Clone, Copy, Debug)]
struct Times {
    build: Duration,
    take_over: Duration,
}

impl Rebuilding {
    /// Watches from the first build on, so that no change is missed while it runs.
    pub(super) fn watch(app: &App, no_timeouts: bool) -> Result<Self, DevError> {
        Ok(Self { watcher: Watcher::start(app)?, no_timeouts })
    }

    /// A build has passed: its sources are the ones that count.
    pub(super) fn follow(&mut self, app: &App) {
        self.watcher.follow(app, app.sources());
    }
}

/// Builds anew whenever sources change; a build that fails leaves the last one running.
pub(super) async fn keep_current(app: Option<(App, Rebuilding)>, gateway: &LocalGateway) {
    let Some((mut app, mut rebuilding)) = app else { return std::future::pending().await };
    loop {
        let change = rebuilding.watcher.changed().await;
        if change.page {
            gateway.tell_pages(PageNews::PageChanged);
        }
        if change.needs_build() {
            rebuild(&mut app, &mut rebuilding, gateway, &change).await;
        }
    }
}

async fn rebuild(app: &mut App, rebuilding: &mut Rebuilding, gateway: &LocalGateway, change: &Change) {
    terminal::status("Rebuilding", "sources have changed");
    gateway.tell_pages(PageNews::BuildStarted);
    if change.of_manifests() {
        // What is wrong with them is cargo's to say.
        let _ = app.refresh();
    }
    match replace(app, rebuilding, gateway).await {
        Ok(Some(times)) => {
            gateway.tell_pages(PageNews::BuildPassed);
            terminal::status("Serving", &served(change.at.map(|at| at.elapsed()), times));
        }
        Ok(None) => {
            gateway.tell_pages(PageNews::BuildPassed);
            terminal::status("Unchanged", "the build is the same as before");
        }
        Err(error) => {
            gateway.tell_pages(PageNews::BuildFailed { errors: error.in_full() });
            rebuilding.watcher.doubt();
            terminal::error(&format!("{error}\nthe last build keeps running"));
        }
    }
}

/// `None` if there is nothing new to run.
async fn replace(
    app: &mut App,
    rebuilding: &mut Rebuilding,
    gateway: &LocalGateway,
) -> Result<Option<Times>, DevError> {
    let started = Instant::now();
    let executable = build::build(app).await?;
    let build = started.elapsed();
    rebuilding.follow(app);
    if app.is_running(&executable) {
        return Ok(None);
    }
    let built = Instant::now();
    let (copy, function, manifest) = set_up(app, &executable).await?;
    let function = timeouts::apply(rebuilding.no_timeouts, function);
    gateway.replace(function, Some(&manifest)).await.map_err(DevError::Replace)?;
    app.run(copy);
    Ok(Some(Times { build, take_over: built.elapsed() }))
}

fn served(after: Option<Duration>, times: Times) -> String {
    let seconds = |time: Duration| format!("{:.2} s", time.as_secs_f64());
    let Times { build, take_over } = times;
    let after = after.map(|after| format!(", {} after the change", seconds(after))).unwrap_or_default();
    format!(
        "the new build takes new events{after}: {} build, {} take-over",
        seconds(build),
        seconds(take_over)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_from_the_change_is_told_with_its_parts() {
        let times = Times { build: Duration::from_millis(1_004), take_over: Duration::from_millis(20) };
        assert_eq!(
            served(Some(Duration::from_millis(1_070)), times),
            "the new build takes new events, 1.07 s after the change: 1.00 s build, 0.02 s take-over"
        );
        assert!(served(None, times).starts_with("the new build takes new events: 1.00 s build"));
    }
}
