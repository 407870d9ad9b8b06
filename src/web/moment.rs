//! Times and days as they stand on the page: in words, in the time zone of this machine, and in UTC
//! for programs.
//!
//! It reads no clock.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::daemon::status::{days_away, span, zone_name};

use super::html::Html;

/// An instant.
pub(super) fn time(html: &mut Html, at: Timestamp, now: Timestamp) {
    // Cut, as the words are.
    let seconds = Timestamp::from_second(at.as_second()).unwrap_or(at);
    html.element("time", &[("datetime", &seconds.to_string())], |html| {
        html.text(&clock(at));
    });
    let away = now.duration_since(at).as_secs();
    let away = if away < 0 {
        format!("(in {})", span(-away))
    } else {
        format!("({} ago)", span(away))
    };
    html.text(" ");
    html.say("span", &[("class", "ago")], &away);
}

/// A day.
pub(super) fn day(html: &mut Html, date: Date, now: Timestamp) {
    html.element("time", &[("datetime", &date.to_string())], |html| {
        html.text(&date.strftime("%-d %B %Y").to_string());
    });
    let today = TimeZone::system().to_datetime(now).date();
    let away = format!("({})", days_away(today, date));
    html.text(" ");
    html.say("span", &[("class", "ago")], &away);
}

/// An instant in words. The zone is said once on each page.
pub(super) fn clock(at: Timestamp) -> String {
    let there = TimeZone::system().to_datetime(at);
    there.strftime("%-d %b %Y, %H:%M:%S").to_string()
}

/// What the time zone is called.
pub(super) fn zone(now: Timestamp) -> String {
    zone_name(&TimeZone::system(), now)
}
