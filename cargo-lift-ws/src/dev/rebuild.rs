//! Keeping what runs up to date: sources change, cargo builds, a new build takes over.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use lift_ws_local::{Function, LocalGateway};

use super::app::App;
use super::board::Board;
use super::lock::Lock;
use super::pages::Pages;
use super::watch::{Change, Watcher};
use super::{DevError, build, describe, of_build, set_up, timeouts};
use crate::terminal;

/// A function that cargo builds, and what it is built from.
pub(super) struct BuiltFunction {
    pub(super) app: App,
    watcher: Watcher,
    part: Part,
}

/// What of the gateway the function is.
pub(super) enum Part {
    /// All: its manifest is the API's.
    Whole,
    /// One of several; what the project's file says of it, and not the build. If there are APIs that say nothing of routes,
    /// it `describes` them.
    OneOf { name: String, function: Function, describes: bool },
}

/// What all builds of a gateway share.
struct Workshop<'g> {
    gateway: &'g LocalGateway,
    board: Board<'g>,
    no_timeouts: bool,
}

/// What the parts of a take-over took.
#[derive(Clone, Copy, Debug)]
struct Times {
    build: Duration,
    take_over: Duration,
}

impl BuiltFunction {
    /// Watches from the first build on, so that no change is missed while it runs.
    pub(super) fn watch(app: App, part: Part) -> Result<Self, DevError> {
        Ok(Self { watcher: Watcher::start(&app)?, app, part })
    }

    /// A build has passed: its sources are the ones that count, and its lock file.
    pub(super) fn follow(&mut self, lock: Lock) {
        self.watcher.follow(&self.app, self.app.sources(), lock);
    }

    /// Where there are several, their name begins the line.
    fn say(&self, text: &str) -> String {
        match &self.part {
            Part::Whole => text.to_owned(),
            Part::OneOf { name, .. } => format!("{name}: {text}"),
        }
    }

    async fn keep_current(mut self, workshop: &Workshop<'_>) {
        loop {
            let change = self.watcher.changed().await;
            self.rebuild(&change, workshop).await;
        }
    }

    async fn rebuild(&mut self, change: &Change, workshop: &Workshop<'_>) {
        let board = &workshop.board;
        terminal::status("Rebuilding", &self.say("sources have changed"));
        board.started();
        if change.of_manifests() {
            // What is wrong with them is cargo's to say.
            let _ = self.app.refresh();
        }
        match self.replace(workshop).await {
            Ok(Some(times)) => {
                let after = change.at.map(|at| at.elapsed());
                board.passed(self.app.name());
                terminal::status("Serving", &self.say(&served(after, times)));
            }
            Ok(None) => {
                board.passed(self.app.name());
                terminal::status("Unchanged", &self.say("the build is the same as before"));
            }
            Err(error) => {
                board.failed(self.app.name(), error.in_full());
                self.watcher.doubt();
                terminal::error(&self.say(&format!("{error}\nthe last build keeps running")));
            }
        }
    }

    /// `None` if there is nothing new to run.
    async fn replace(&mut self, workshop: &Workshop<'_>) -> Result<Option<Times>, DevError> {
        let started = Instant::now();
        let build::Built { executable, lock } = build::build(&self.app).await?;
        let build = started.elapsed();
        self.follow(lock);
        if self.app.is_running(&executable) {
            return Ok(None);
        }
        let built = Instant::now();
        let Workshop { gateway, no_timeouts, .. } = workshop;
        let with_time = |function| timeouts::apply(*no_timeouts, function);
        let copy = match &self.part {
            Part::Whole => {
                let (copy, function, manifest) = set_up(&mut self.app, &executable).await?;
                gateway.replace(with_time(function), Some(&manifest)).await.map_err(DevError::Replace)?;
                copy
            }
            Part::OneOf { name, function, describes } => {
                let copy = self.app.set_aside(&executable)?;
                let manifest = match describes {
                    true => Some(describe::describe(copy.path(), self.app.name()).await?),
                    false => None,
                };
                let function = with_time(of_build(function, &self.app, &copy));
                let replaced = gateway.replace_function(name, function, manifest.as_ref()).await;
                replaced.map_err(DevError::Replace)?;
                copy
            }
        };
        self.app.run(copy);
        Ok(Some(Times { build, take_over: built.elapsed() }))
    }
}

/// Builds anew whenever sources change, and has pages load anew when their own files do; a build that fails leaves the
/// last one running.
pub(super) async fn keep_current(
    built: Vec<BuiltFunction>,
    mut pages: Pages,
    no_timeouts: bool,
    gateway: &LocalGateway,
) {
    let workshop = Workshop { gateway, board: Board::new(gateway), no_timeouts };
    let functions = join_all(built.into_iter().map(|function| function.keep_current(&workshop)));
    let pages = async {
        loop {
            pages.changed().await;
            workshop.board.page_changed();
        }
    };
    tokio::join!(functions, pages);
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
