//! How many files and sockets this process may have open.

use rustix::process::{Resource, getrlimit, setrlimit};

/// As many connections as a source address has ports, twice; more than that nobody has asked for.
const ENOUGH: u64 = 65_536;

/// Each connection is a file descriptor, and the usual limit is 1,024, which a process may raise itself up to another, hard one.
pub(crate) fn raise_limit() {
    let mut limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.map_or(ENOUGH, |most| most.min(ENOUGH));
    if limit.current.is_some_and(|current| current < wanted) {
        limit.current = Some(wanted);
        // Where it is refused, the connections that fail say so.
        let _ = setrlimit(Resource::Nofile, limit);
    }
}
