//! What functions' variables say of queues and of APIs on AWS, as it is at home.

use std::net::SocketAddr;

use crate::environments::Function;
use crate::project::placeholder;
use crate::sqs::Place;

/// What is known only once everything listens: where queues are, and where the hosts lead that the APIs have on AWS.
#[derive(Clone, Debug)]
pub(super) struct Addresses {
    pub(super) hosts: Vec<(String, SocketAddr)>,
    pub(super) queues: Place,
}

impl Addresses {
    /// Completes the variables of a function, of its first build and of all that follow.
    pub(super) fn settle(&self, function: Function) -> Function {
        function.map_variables(|value| {
            let mut value = placeholder::resolve(value, |queue| self.queues.queue_url(queue));
            for (host, address) in &self.hosts {
                if value.contains(host) {
                    value = value.replace(host, &address.to_string());
                }
            }
            value
        })
    }
}
