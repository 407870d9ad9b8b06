//! Asks DNS for key records and remembers the answers for a while.
//!
//! It does not know what makes a good key. hickory's own resolver is not used: it loads the
//! system's certificates for encrypted DNS, and does not start on a machine that has none.
//!
//! SECURITY: it reads `/etc/resolv.conf` and talks to the name servers given there, or to the one
//! of the configuration. Every answer is hostile; only its TXT records are looked at.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use mail_auth::hickory_resolver::net::runtime::TokioRuntimeProvider;
use mail_auth::hickory_resolver::net::tcp::TcpClientStream;
use mail_auth::hickory_resolver::net::udp::UdpClientStream;
use mail_auth::hickory_resolver::net::xfer::{DnsExchange, FirstAnswer};
use mail_auth::hickory_resolver::net::{DnsHandle, NetError};
use mail_auth::hickory_resolver::proto::op::{DnsRequestOptions, DnsResponse, Query, ResponseCode};
use mail_auth::hickory_resolver::proto::rr::{Name, RData, RecordType};
use mail_auth::hickory_resolver::system_conf::read_system_conf;
use tokio::time::timeout;

use super::record::{MAX_RECORD, claims_to_be_key};
use crate::config::Resolver;

/// All servers and attempts together: a code waits for this.
const DEADLINE: Duration = Duration::from_secs(5);

/// One question to one server.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often the servers are asked in turn, and whether with EDNS: some old ones know only the
/// question without (RFC 6891, 6.2.2).
const ATTEMPTS: [bool; 2] = [true, false];

/// The port of a name server (RFC 1035, 4.2).
const PORT: u16 = 53;

/// The shortest time an answer is kept: a flood of mail must not become a flood of questions.
const SHORTEST: Duration = Duration::from_mins(1);

/// The longest time an answer is kept: a withdrawn key must not live on.
const LONGEST: Duration = Duration::from_hours(24);

/// That nobody answers is kept so long: in a row of mails each would wait for it in vain. Shorter
/// than the first pause of `case::retry::proof`, for a code must not be kept waiting.
const UNANSWERED: Duration = Duration::from_millis(1500);

/// The most answers kept: Meta's signers have a handful of keys.
const MAX_KEPT: usize = 64;

/// What DNS says about a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// The one record that is or wants to be a key.
    Record(String),
    /// There is no such name, or no key under it.
    Nothing,
    /// Several records that are keys: RFC 6376, 3.6.2.2 leaves open which one counts.
    Several,
    /// A record that is too long, or not text.
    Unreadable,
    /// No server gave an answer.
    NoAnswer,
    /// No server was to be asked.
    NotAsked,
}

impl Found {
    /// Why there is no key of this name, for the person.
    #[must_use]
    pub fn sentence(&self, name: &str) -> String {
        match self {
            Self::Record(_) => format!("the key {name} is there"),
            Self::Nothing => format!("its key {name} does not exist (any more)"),
            Self::Several => format!("there are several keys {name}"),
            Self::Unreadable => format!("the key {name} cannot be read"),
            Self::NoAnswer => format!("no name server answers for its key {name}"),
            Self::NotAsked => format!("its key {name} is not at hand"),
        }
    }
}

/// The name servers, and what they said lately.
#[derive(Debug)]
pub struct Dns {
    resolver: Resolver,
    kept: Mutex<BTreeMap<String, (Instant, Found)>>,
}

impl Dns {
    /// Asks nobody yet.
    pub fn new(resolver: Resolver) -> Self {
        Self {
            resolver,
            kept: Mutex::default(),
        }
    }

    /// The key record of `name`, a domain name without the last dot in lower case.
    pub async fn find(&self, name: &str) -> Found {
        if let Some(found) = self.recall(name) {
            return found;
        }
        let reply = timeout(DEADLINE, self.ask(name)).await.ok().flatten();
        let (found, life) = reply.map_or((Found::NoAnswer, UNANSWERED), |reply| read(&reply));
        self.keep(name, &found, life);
        found
    }

    fn recall(&self, name: &str) -> Option<Found> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (until, found) = kept.get(name)?;
        (Instant::now() < *until).then(|| found.clone())
    }

    fn keep(&self, name: &str, found: &Found, life: Duration) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MAX_KEPT && !kept.contains_key(name) {
            let oldest = kept.iter().min_by_key(|(_, (until, _))| *until);
            if let Some(oldest) = oldest.map(|(name, _)| name.clone()) {
                kept.remove(&oldest);
            }
        }
        kept.insert(name.to_owned(), (Instant::now() + life, found.clone()));
    }

    /// The first real answer: one that says what is there, or that nothing is.
    async fn ask(&self, name: &str) -> Option<DnsResponse> {
        let mut name = Name::from_ascii(name).ok()?;
        name.set_fqdn(true);
        let servers = servers(self.resolver);
        for edns in ATTEMPTS {
            for server in &servers {
                let reply = timeout(PATIENCE, ask_server(*server, &name, edns)).await;
                let code = |reply: &DnsResponse| reply.metadata.response_code;
                // One that is cut off by TCP, too, says nothing about what is there.
                if let Ok(Ok(reply)) = reply
                    && !reply.metadata.truncation
                    && matches!(code(&reply), ResponseCode::NoError | ResponseCode::NXDomain)
                {
                    return Some(reply);
                }
            }
        }
        None
    }
}

/// The servers to ask. The system's are read anew each time, for laptops move; questions are rare.
fn servers(resolver: Resolver) -> Vec<SocketAddr> {
    match resolver {
        Resolver::Server(server) => vec![server],
        Resolver::System => match read_system_conf() {
            Ok((system, _)) => system
                .name_servers()
                .iter()
                .map(|one| SocketAddr::new(one.ip, PORT))
                .collect(),
            Err(_) => Vec::new(),
        },
    }
}

/// One question by UDP, and by TCP if the answer does not fit (RFC 7766, 5).
async fn ask_server(server: SocketAddr, name: &Name, edns: bool) -> Result<DnsResponse, NetError> {
    let provider = TokioRuntimeProvider::default();
    let udp = UdpClientStream::builder(server, provider.clone())
        .with_timeout(Some(PATIENCE))
        .with_max_retries(0)
        .exchange();
    let reply = question(&udp, name, edns).await?;
    if !reply.metadata.truncation {
        return Ok(reply);
    }
    let tcp = TcpClientStream::exchange(server, None, PATIENCE, None, provider).await?;
    question(&tcp, name, edns).await
}

async fn question(
    server: &DnsExchange<TokioRuntimeProvider>,
    name: &Name,
    edns: bool,
) -> Result<DnsResponse, NetError> {
    let query = Query::query(name.clone(), RecordType::TXT);
    let mut options = DnsRequestOptions::default();
    options.use_edns = edns;
    server.lookup(query, options).first_answer().await
}

/// What an answer says, and for how long.
fn read(reply: &DnsResponse) -> (Found, Duration) {
    let mut life = LONGEST;
    let mut found = Found::Nothing;
    for record in &reply.answers {
        let RData::TXT(text) = &record.data else {
            continue;
        };
        life = life.min(Duration::from_secs(u64::from(record.ttl)));
        // RFC 6376, 3.6.2.2: the strings of one record belong together, with nothing between.
        let text = text.txt_data.concat();
        found = match (claims_to_be_key(&text), found) {
            (false, found) => found,
            (true, Found::Nothing) if text.len() > MAX_RECORD => Found::Unreadable,
            (true, Found::Nothing) => {
                String::from_utf8(text).map_or(Found::Unreadable, Found::Record)
            }
            (true, _) => Found::Several,
        };
    }
    let life = if found == Found::Nothing {
        SHORTEST
    } else {
        life.max(SHORTEST)
    };
    (found, life)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_so_many_answers_are_kept_and_the_oldest_goes() {
        let dns = Dns::new(Resolver::System);
        for number in 0..=MAX_KEPT {
            let life = SHORTEST + Duration::from_secs(number as u64);
            dns.keep(&format!("n{number}"), &Found::Nothing, life);
        }
        assert_eq!(dns.recall("n0"), None);
        assert_eq!(dns.recall("n1"), Some(Found::Nothing));
        assert_eq!(dns.kept.lock().unwrap().len(), MAX_KEPT);
    }

    #[test]
    fn an_answer_whose_time_is_up_is_asked_for_again() {
        let dns = Dns::new(Resolver::System);
        dns.keep("n", &Found::Nothing, Duration::ZERO);
        assert_eq!(dns.recall("n"), None);
    }
}
