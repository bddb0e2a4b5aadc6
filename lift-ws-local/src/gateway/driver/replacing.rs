//! The driver's work when a new build takes over.

use super::Driver;
use crate::core::Moment;
use crate::environments::Function;
use crate::owner::NewApi;

impl Driver {
    /// Gives new events to a new build; `false`, and nothing has changed, if it wants the queue of jobs that another API has.
    pub(super) fn replace(
        &mut self,
        now: Moment,
        index: usize,
        function: Function,
        api: Option<NewApi>,
    ) -> bool {
        if api.as_ref().is_some_and(|api| api.queue.is_some() && self.others_have_jobs(api)) {
            return false;
        }
        let served = self.functions.at(index);
        served.settings.concurrency = function.concurrency();
        served.launcher.function = function;
        if let Some(api) = api {
            self.redeploy(now, index, api);
        }
        let served = self.functions.at(index);
        served.pool.replace(now, served.settings.clone(), &mut self.pool_actions);
        true
    }

    /// Serves stages by another manifest.
    fn redeploy(&mut self, now: Moment, function: usize, new: NewApi) {
        let have_others = self.others_have_jobs(&new);
        let NewApi { stages, table, queue } = new;
        let first = stages.first().map(|(site, _)| *site);
        for (site, api) in stages {
            if let Some(core) = self.core.get_mut(site) {
                core.set_api(api);
            }
        }
        self.functions.at(function).launcher.endpoints.table = table;
        match queue {
            Some(queue) => {
                self.configure_queue(now, &queue);
                self.jobs_of = first;
            }
            None if !have_others => {
                self.end_jobs(now);
                self.jobs_of = None;
            }
            None => {}
        }
    }

    /// Whether an API that is not among these has the queue of jobs, of which there is one.
    fn others_have_jobs(&self, new: &NewApi) -> bool {
        self.jobs_of.is_some_and(|holder| !new.stages.iter().any(|(site, _)| *site == holder))
    }
}
