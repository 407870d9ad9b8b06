//! Who may knock at a server, and when: connections to one host in turn, and no sign-in that was
//! just refused.
//!
//! One gate serves all mailboxes of the program. It opens no connection itself.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until};

use crate::case::retry;

use super::session::ImapError;

/// Connections to one host are begun this far apart at least: thousands of mailboxes must not
/// look like an attack when the program starts or the network is back.
const APART: Duration = Duration::from_millis(8);

/// So many connections to one host may be on their way at once, from the first packet to the end
/// of the sign-in.
const UNDER_WAY: usize = 24;

/// A password that was taken before and is refused once is tried again after this time.
const DOUBTED: Duration = Duration::from_mins(1);

/// The gate that all watchers go through.
#[derive(Debug, Clone, Default)]
pub struct Gate(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    hosts: BTreeMap<String, Host>,
    refused: BTreeMap<String, Refusal>,
    /// Logins that the server took in this run of the program.
    taken: BTreeSet<String>,
}

/// A sign-in that the server refused.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    pub(super) error: ImapError,
    /// Until then nobody signs in with this login.
    pub(super) until: Instant,
    /// The server took the same before: it is asked once more before the person is told, because
    /// servers in trouble refuse right passwords, too.
    pub(super) is_doubted: bool,
}

#[derive(Debug)]
struct Host {
    next: Instant,
    under_way: Arc<Semaphore>,
}

impl Gate {
    /// Waits until it is this connection's turn. What is returned ends the way when dropped.
    pub(super) async fn turn(&self, host: &str) -> Option<OwnedSemaphorePermit> {
        let under_way = Arc::clone(&self.host(host, |host| host.under_way.clone()));
        // Never closed.
        let permit = under_way.acquire_owned().await.ok();
        let at = self.host(host, |host| {
            let at = host.next.max(Instant::now());
            host.next = at + APART;
            at
        });
        sleep_until(at).await;
        permit
    }

    /// The refusal that still holds this login back.
    pub(super) fn refusal(&self, origin: &str) -> Option<Refusal> {
        let found = self.state().refused.get(origin).cloned();
        found.filter(|refusal| refusal.until > Instant::now())
    }

    /// The server took this login.
    pub(super) fn took(&self, origin: &str) {
        let mut state = self.state();
        state.refused.remove(origin);
        state.taken.insert(origin.to_owned());
    }

    /// The server refused this login: it is held back, whichever folder asks.
    pub(super) fn refused(&self, origin: &str, error: ImapError) -> Refusal {
        let mut state = self.state();
        let is_doubted = state.taken.remove(origin);
        let pause = if is_doubted {
            DOUBTED
        } else {
            Duration::try_from(retry::refused(fastrand::u8(..))).unwrap_or(DOUBTED)
        };
        let refusal = Refusal {
            error,
            until: Instant::now() + pause,
            is_doubted,
        };
        state.refused.insert(origin.to_owned(), refusal.clone());
        refusal
    }

    fn host<T>(&self, name: &str, ask: impl FnOnce(&mut Host) -> T) -> T {
        let mut state = self.state();
        ask(state.hosts.entry(name.to_owned()).or_insert_with(|| Host {
            next: Instant::now(),
            under_way: Arc::new(Semaphore::new(UNDER_WAY)),
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
