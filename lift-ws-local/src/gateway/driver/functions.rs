//! The functions of a gateway: the environments of each, and which of them an event is for.

use std::collections::HashMap;

use crate::core::{EventType, InvocationId, Moment};
use crate::environments::{EnvironmentId, Launcher, Pool, PoolAction, PoolSettings, Source, Work};
use crate::site::SiteId;

/// A function and its environments.
pub(super) struct Served {
    pub(super) pool: Pool,
    pub(super) settings: PoolSettings,
    pub(super) launcher: Launcher,
}

/// The functions that the events of a stage go to, by their numbers.
#[derive(Clone, Debug, Default)]
pub(in crate::gateway) struct Destinations {
    /// Where events go whose route is not among [`routes`](Self::routes).
    pub(in crate::gateway) usual: usize,
    pub(in crate::gateway) routes: HashMap<String, usize>,
    pub(in crate::gateway) authorizer: usize,
}

/// All functions, of which there is at least one.
pub(super) struct Functions {
    first: Served,
    others: Vec<Served>,
    /// One per stage.
    destinations: Vec<Destinations>,
}

impl Functions {
    /// `None` without functions. Environments are numbered in turns, so that a number tells whose it is.
    pub(super) fn new(
        functions: Vec<(PoolSettings, Launcher)>,
        destinations: Vec<Destinations>,
    ) -> Option<Self> {
        let count = u32::try_from(functions.len()).ok()?;
        let mut served = (1..=count).zip(functions).map(|(first, (settings, launcher))| Served {
            pool: Pool::numbered(settings.clone(), first, count),
            settings,
            launcher,
        });
        let first = served.next()?;
        Some(Self { first, others: served.collect(), destinations })
    }

    /// The function of this number.
    pub(super) fn at(&mut self, index: usize) -> &mut Served {
        match index {
            0 => &mut self.first,
            // A number that nobody has does not come up; if it did, the first function would tell.
            index => self.others.get_mut(index - 1).unwrap_or(&mut self.first),
        }
    }

    /// The function that this environment runs.
    pub(super) fn of(&mut self, environment: EnvironmentId) -> &mut Served {
        let index = environment.0.saturating_sub(1) as usize % (1 + self.others.len());
        self.at(index)
    }

    /// The number of the function that an event is for.
    pub(super) fn number_for(
        &self,
        invocation: InvocationId,
        event_type: EventType,
        route_key: &str,
    ) -> usize {
        if self.others.is_empty() {
            return 0;
        }
        let destinations = self.destinations.get(SiteId::of_invocation(invocation).index());
        destinations.map_or(0, |destinations| match event_type {
            EventType::Authorizer => destinations.authorizer,
            _ => destinations.routes.get(route_key).copied().unwrap_or(destinations.usual),
        })
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Served> {
        std::iter::once(&mut self.first).chain(&mut self.others)
    }

    /// How many environments there may be, of all functions.
    pub(super) fn max_environments(&self) -> usize {
        self.iter().map(|served| served.settings.max_environments).sum()
    }

    fn iter(&self) -> impl Iterator<Item = &Served> {
        std::iter::once(&self.first).chain(&self.others)
    }

    pub(super) fn abandon(&mut self, source: &Source, work: Work) {
        self.iter_mut().for_each(|served| served.pool.abandon(source, work));
    }

    pub(super) fn tick(&mut self, now: Moment, actions: &mut Vec<PoolAction>) {
        self.iter_mut().for_each(|served| served.pool.tick(now, actions));
    }

    pub(super) fn stop(&mut self, now: Moment, actions: &mut Vec<PoolAction>) {
        self.iter_mut().for_each(|served| served.pool.stop(now, actions));
    }

    pub(super) fn next_wakeup(&self, now: Moment) -> Option<Moment> {
        self.iter().filter_map(|served| served.pool.next_wakeup(now)).min()
    }

    pub(super) fn is_busy(&self) -> bool {
        self.iter().any(|served| served.pool.is_busy())
    }
}
