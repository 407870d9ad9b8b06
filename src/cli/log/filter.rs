//! Which lines of the log are shown.

use clap::Args;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde_json::Value;

use super::super::offered;
use crate::case::is_of;
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
    #[arg(long = "type", value_name = "TYPE", value_parser = offered::log_type(),
          hide_possible_values = true)]
    types: Vec<String>,
    /// Only events since then: a day or a time here (2026-05-01, "2026-05-01 08:00", 08:00, today,
    /// yesterday), an instant with its zone, or how long ago ("7 days")
    #[arg(long, value_name = "WHEN", value_parser = since_here)]
    since: Option<Timestamp>,
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
    pub(super) fn new(selection: &Selection) -> Self {
        Self {
            mailbox: selection.mailbox.clone(),
            account: selection.account.map(Product::name),
            types: selection.types.clone(),
            since: selection.since,
        }
    }

    pub(super) fn admits(&self, line: &Value) -> bool {
        let text = |name: &str| line.get(name).and_then(Value::as_str);
        let is = |name: &str, wanted: Option<&str>| wanted.is_none() || text(name) == wanted;
        let kind = text("type").unwrap_or_default();
        let at = || text("at").and_then(|at| at.parse::<Timestamp>().ok());
        is("mailbox", self.mailbox.as_deref())
            && is("account", self.account)
            && (self.types.is_empty() || self.types.iter().any(|one| is_of(one, kind)))
            && self
                .since
                .is_none_or(|since| at().is_some_and(|at| at >= since))
    }
}

fn since_here(text: &str) -> Result<Timestamp, &'static str> {
    since(text, Timestamp::now(), &TimeZone::system())
}

/// An instant, a day or a time where the person is, or how long ago.
fn since(text: &str, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, &'static str> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    let text = text.to_ascii_lowercase();
    let here = on_the_wall(&text, zone.to_datetime(now).date());
    if let Some(at) = here.and_then(|here| zone.to_timestamp(here).ok()) {
        return Ok(at);
    }
    let long = text.strip_suffix("ago").unwrap_or(&text).trim();
    let ago = config::duration(long).ok();
    ago.and_then(|ago| now.checked_sub(ago).ok()).ok_or(
        "say a day (2026-05-01, today, yesterday), a time (08:00), both (\"2026-05-01 08:00\"), \
         an instant (2026-05-01T08:00:00Z), or how long ago (\"7 days\")",
    )
}

/// A day, a time of today, or both, as clocks and calendars on a wall have them.
fn on_the_wall(text: &str, today: Date) -> Option<DateTime> {
    let (day, time) = text.split_once(' ').unwrap_or((text, "00:00"));
    match day {
        "today" => return Some(today.to_datetime(time.parse().ok()?)),
        "yesterday" => return Some(today.yesterday().ok()?.to_datetime(time.parse().ok()?)),
        // A zone in brackets would be passed over.
        _ if text.contains('[') => return None,
        _ => {}
    }
    if let Ok(at) = text.parse() {
        return Some(at);
    }
    // Four digits alone may be a year.
    let time = text.contains(':').then_some(text)?;
    Some(today.to_datetime(time.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::{TimeZone, since};

    #[test]
    fn a_time_is_a_day_or_a_time_here_an_instant_or_so_long_ago() {
        let now = "2026-05-08T20:00:00Z".parse().unwrap();
        // It is the 9th already.
        let zone = TimeZone::posix("<+0545>-5:45").unwrap();
        for (text, expected) in [
            ("2026-05-01", Some("2026-04-30T18:15:00Z")),
            ("2026-05-01T08:30", Some("2026-05-01T02:45:00Z")),
            ("2026-05-01 08:30", Some("2026-05-01T02:45:00Z")),
            ("2026-05-01T08:30:00+02:00", Some("2026-05-01T06:30:00Z")),
            ("2026-05-01T08:30:00Z", Some("2026-05-01T08:30:00Z")),
            ("today", Some("2026-05-08T18:15:00Z")),
            ("yesterday", Some("2026-05-07T18:15:00Z")),
            ("Yesterday 08:30", Some("2026-05-08T02:45:00Z")),
            ("01:00", Some("2026-05-08T19:15:00Z")),
            ("7 days", Some("2026-05-01T20:00:00Z")),
            ("7 days ago", Some("2026-05-01T20:00:00Z")),
            ("90 min", Some("2026-05-08T18:30:00Z")),
            ("2026-05-01T08:30[Asia/Tokyo]", None),
            ("2026", None),
            ("tomorrow", None),
            ("-7 days", None),
            ("ago", None),
            ("", None),
        ] {
            let found = since(text, now, &zone).ok().map(|at| at.to_string());
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }
}
