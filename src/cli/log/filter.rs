//! Which lines of the log are shown.

use clap::Args;
use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};
use serde_json::Value;

use super::super::exit::{Exit, Stopped};
use super::super::offered;
use crate::config;
use crate::mail::Product;

#[derive(Debug, Args)]
pub(super) struct Selection {
    /// Only events of this mailbox
    #[arg(long, value_name = "NAME")]
    mailbox: Option<String>,
    /// Only events of cases about this account
    #[arg(long, value_name = "ACCOUNT", value_parser = offered::subject())]
    account: Option<Product>,
    /// Only events of this type, such as decision.received or mail.*; may be repeated
    #[arg(long = "type", value_name = "TYPE", value_parser = offered::LOG_TYPES,
          hide_possible_values = true)]
    types: Vec<String>,
    /// Only events since then: 2026-05-01 or 2026-05-01T08:00 (both in UTC), or "7 days" back
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,
    /// Only the last so many of them
    #[arg(long, value_name = "N")]
    last: Option<usize>,
}

impl Selection {
    pub(super) fn last(&self) -> Option<usize> {
        self.last
    }
}

/// What a line must say to be shown.
pub(super) struct Filter {
    mailbox: Option<String>,
    account: Option<&'static str>,
    types: Vec<String>,
    since: Option<Timestamp>,
}

impl Filter {
    pub(super) fn new(selection: &Selection) -> Result<Self, Stopped> {
        let since = selection
            .since
            .as_deref()
            .map(|text| since(text, Timestamp::now()));
        Ok(Self {
            mailbox: selection.mailbox.clone(),
            account: selection.account.map(Product::name),
            types: selection.types.clone(),
            since: since.transpose()?,
        })
    }

    pub(super) fn admits(&self, line: &Value) -> bool {
        let text = |name: &str| line.get(name).and_then(Value::as_str);
        let is = |name: &str, wanted: Option<&str>| wanted.is_none() || text(name) == wanted;
        let kind = text("type").unwrap_or_default();
        let at = || text("at").and_then(|at| at.parse::<Timestamp>().ok());
        is("mailbox", self.mailbox.as_deref())
            && is("account", self.account)
            && (self.types.is_empty() || self.types.iter().any(|one| fits(one, kind)))
            && self
                .since
                .is_none_or(|since| at().is_some_and(|at| at >= since))
    }
}

fn fits(pattern: &str, kind: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => kind.starts_with(beginning),
        None => kind == pattern,
    }
}

/// An instant, a day or a time of day (in UTC, as the log has them), or how long ago.
fn since(text: &str, now: Timestamp) -> Result<Timestamp, Stopped> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    let civil = text.parse::<civil::DateTime>().ok();
    if let Some(at) = civil.and_then(|at| TimeZone::UTC.to_timestamp(at).ok()) {
        return Ok(at);
    }
    let ago = config::duration(text).ok();
    ago.and_then(|ago| now.checked_sub(ago).ok()).ok_or_else(|| {
        let why = "a time is a day such as 2026-05-01, an instant such as 2026-05-01T08:00:00Z, or \
                   how long ago, such as \"7 days\"";
        Stopped::new(Exit::Usage, why)
    })
}

#[cfg(test)]
mod tests {
    use super::{fits, since};

    #[test]
    fn a_type_is_named_whole_or_by_its_beginning() {
        for (pattern, kind, expected) in [
            ("mail.forged", "mail.forged", true),
            ("mail.*", "mail.forged", true),
            ("mail.*", "mailbox.deaf", false),
            ("mail", "mail.forged", false),
            ("*", "mail.forged", true),
        ] {
            assert_eq!(fits(pattern, kind), expected, "{pattern} {kind}");
        }
    }

    #[test]
    fn a_time_is_a_day_an_instant_or_so_long_ago() {
        let now = "2026-05-08T12:00:00Z".parse().unwrap();
        for (text, expected) in [
            ("2026-05-01", Some("2026-05-01T00:00:00Z")),
            ("2026-05-01T08:30", Some("2026-05-01T08:30:00Z")),
            ("2026-05-01T08:30:00+02:00", Some("2026-05-01T06:30:00Z")),
            ("7 days", Some("2026-05-01T12:00:00Z")),
            ("90 min", Some("2026-05-08T10:30:00Z")),
            ("yesterday", None),
            ("-7 days", None),
            ("", None),
        ] {
            let found = since(text, now).ok().map(|at| at.to_string());
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }
}
