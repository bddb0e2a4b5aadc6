//! The state machine: connections, handshakes and invocations of one API at one stage.

use super::action::Action;
use super::api::Api;
use super::input::Input;
use super::moment::Moment;

/// One API at one stage: its connections, and the invocations that are under way.
///
/// See the [module](super) for how it is driven.
#[derive(Debug)]
pub struct Gateway {
    api: Api,
}

impl Gateway {
    /// A gateway without connections. All ids come from `seed`.
    #[must_use]
    pub fn new(api: Api, seed: u64) -> Self {
        let _ = seed;
        Self { api }
    }

    /// The API that is served.
    #[must_use]
    pub fn api(&self) -> &Api {
        &self.api
    }

    /// Takes in what happened at `now` and appends what is to be done.
    ///
    /// Timeouts that are due at `now` come first. Never panics, whatever the input.
    pub fn handle(&mut self, now: Moment, input: Input, actions: &mut Vec<Action>) {
        let _ = (now, input, actions);
    }

    /// When something times out next, if nothing happens before; then send [`Input::Tick`].
    #[must_use]
    pub fn next_wakeup(&self) -> Option<Moment> {
        None
    }
}
