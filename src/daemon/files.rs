//! How many files and connections the program may have open.
//!
//! Systems start programs with a low bound that a program may raise by itself, up to a hard one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tracing::warn;

/// Files beside the connections to mailboxes: database, log, name servers, attempts under way.
const OTHERS: u64 = 256;

/// Sees to it that so many folders can be watched, each over a connection of its own.
pub(super) fn allow_for(folders: usize) {
    // A connection that is made anew may overlap the one that ends.
    let needed = 2 * folders as u64 + OTHERS;
    let now = getrlimit(Resource::Nofile);
    if now.current.is_none_or(|current| current >= needed) {
        return;
    }
    let reached = now.maximum.map_or(needed, |most| most.min(needed));
    let raised = Rlimit {
        current: Some(reached),
        maximum: now.maximum,
    };
    let is_raised = setrlimit(Resource::Nofile, raised).is_ok();
    if !is_raised || reached < needed {
        warn!(
            needed,
            allowed = reached,
            "not every folder may be watched at once: too few open files are allowed; raise \
             LimitNOFILE in the unit"
        );
    }
}
