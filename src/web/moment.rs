//! Times and days as they stand on the page: in words, in the time zone of this machine, and in UTC
//! for programs.
//!
//! It reads no clock.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::daemon::status::{span, zone_name};

use super::html::Html;

/// An instant.
pub(super) fn time(html: &mut Html, at: Timestamp, now: Timestamp) {
    // Cut, as the words are.
    let seconds = Timestamp::from_second(at.as_second()).unwrap_or(at);
    html.element("time", &[("datetime", &seconds.to_string())], |html| {
        html.text(&clock(at));
    });
    let away = now.duration_since(at).as_secs();
    html.text(" ");
    html.element("span", &[("class", "ago")], |html| {
        html.text(&if away < 0 {
            format!("(in {})", span(-away))
        } else {
            format!("({} ago)", span(away))
        });
    });
}

/// A day.
pub(super) fn day(html: &mut Html, date: Date, now: Timestamp) {
    html.element("time", &[("datetime", &date.to_string())], |html| {
        html.text(&date.strftime("%-d %B %Y").to_string());
    });
    let today = TimeZone::system().to_datetime(now).date();
    let away = today.until(date).map_or(0, |span| span.get_days());
    html.text(" ");
    html.element("span", &[("class", "ago")], |html| {
        html.text(&match away {
            0 => "(today)".to_owned(),
            1 => "(tomorrow)".to_owned(),
            -1 => "(yesterday)".to_owned(),
            2.. => format!("(in {away} days)"),
            _ => format!("({} days ago)", -away),
        });
    });
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
