//! Times and days as they stand on the page: in UTC, for programs, and in words beside it.
//!
//! It reads no clock.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};

use super::html::Html;

/// An instant.
pub(super) fn time(html: &mut Html, at: Timestamp, now: Timestamp) {
    let seconds = at.round(Unit::Second).unwrap_or(at);
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
    let today = TimeZone::UTC.to_datetime(now).date();
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

/// An instant in words, in UTC.
pub(super) fn clock(at: Timestamp) -> String {
    at.strftime("%-d %b %Y, %H:%M:%S UTC").to_string()
}

/// So many seconds, in the two largest units that say something.
pub(super) fn span(seconds: i64) -> String {
    let of = |whole: i64, name: &str, rest: i64, smaller: &str| match rest {
        0 => format!("{whole} {name}"),
        _ => format!("{whole} {name} {rest} {smaller}"),
    };
    match seconds {
        ..120 => format!("{} s", seconds.max(0)),
        120..7200 => of(seconds / 60, "min", seconds % 60, "s"),
        7200..172_800 => of(seconds / 3600, "h", seconds % 3600 / 60, "min"),
        _ => format!("{} days", seconds / 86400),
    }
}

#[cfg(test)]
mod tests {
    use super::span;

    #[test]
    fn a_span_has_two_units_at_the_most() {
        let table = [
            (-3, "0 s"),
            (36, "36 s"),
            (119, "119 s"),
            (120, "2 min"),
            (252, "4 min 12 s"),
            (7200, "2 h"),
            (11_100, "3 h 5 min"),
            (200_000, "2 days"),
        ];
        for (seconds, words) in table {
            assert_eq!(span(seconds), words);
        }
    }
}
