//! Alerts by ntfy: one POST to a topic (<https://docs.ntfy.sh/publish/>).
//!
//! It does not know the server's other features. SECURITY: whoever knows a topic's name can read
//! it; that is one reason why no alert holds a code.

use crate::case::effect::Attempt;
use crate::config::Tls;
use crate::config::secret::Secret;
use crate::outlet::http::{self, Target};

use super::words::{Urgency, Words};

/// Where a topic is.
#[derive(Debug)]
pub(super) struct Server<'a> {
    pub host: &'a str,
    pub port: u16,
    pub tls: Tls,
    pub topic: &'a str,
}

/// Publishes the alert to the topic.
pub(super) async fn publish(server: &Server<'_>, token: Option<&Secret>, words: &Words) -> Attempt {
    let priority = match words.urgency {
        Urgency::High => "5",
        Urgency::Middle => "4",
        Urgency::Low => "3",
    };
    let mut headers = vec![
        ("content-type", "text/plain; charset=utf-8".to_owned()),
        ("title", format!("{} ({})", words.title, words.mailbox)),
        ("priority", priority.to_owned()),
        ("tags", words.kind.replace('.', "-")),
    ];
    headers.extend(words.link.clone().map(|link| ("click", link)));
    headers.extend(token.map(|token| ("authorization", format!("Bearer {}", token.reveal()))));
    let path = format!("/{}", server.topic);
    let target = Target {
        host: server.host,
        port: server.port,
        tls: server.tls,
        path: &path,
    };
    let name = server.host;
    match http::post(&target, &headers, words.text.clone().into_bytes()).await {
        Err(why) => Attempt::TryLater(format!("{name}: {why}")),
        Ok(200..=299) => Attempt::Accepted,
        Ok(status @ (408 | 429 | 500..=599)) => {
            Attempt::TryLater(format!("{name} answers {status}"))
        }
        Ok(status @ (401 | 403)) => {
            Attempt::Rejected(format!("{name} answers {status}: check the alert's token"))
        }
        Ok(status) => Attempt::Rejected(format!("{name} answers {status}: check the alert's url")),
    }
}
