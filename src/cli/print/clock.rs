//! Times and days for a person: in their time zone, and how far away that is.
//!
//! It reads the clock and the time zone (`TZ`, else the system's) once, so that everything that is
//! said at once is said of the same moment.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::text::TOGETHER;
use crate::daemon::status;

/// Now, and where.
#[derive(Debug, Clone)]
pub struct Clock {
    now: Timestamp,
    zone: TimeZone,
}

impl Clock {
    /// This moment, here.
    pub fn here() -> Self {
        Self {
            now: Timestamp::now(),
            zone: TimeZone::system(),
        }
    }

    /// What the time zone is called.
    pub fn zone(&self) -> String {
        status::zone_name(&self.zone, self.now)
    }

    /// `2026-11-28 14:03`
    pub fn stamp(&self, at: Timestamp) -> String {
        self.of(at, "%Y-%m-%d %H:%M")
    }

    /// `14:03` on `day`; of another day the whole.
    pub fn stamp_on(&self, day: Option<Date>, at: Timestamp) -> String {
        if day == Some(self.date(at)) {
            self.of(at, "%H:%M")
        } else {
            self.stamp(at)
        }
    }

    /// `14:03:05`
    pub fn time(&self, at: Timestamp) -> String {
        self.of(at, "%H:%M:%S")
    }

    fn of(&self, at: Timestamp, form: &str) -> String {
        self.zone.to_datetime(at).strftime(form).to_string()
    }

    /// When so long is over: `14:03:05`; of another day the whole.
    pub fn until(&self, duration: SignedDuration) -> String {
        let at = self.now.saturating_add(duration).unwrap_or(self.now);
        if self.date(at) == self.date(self.now) {
            self.time(at)
        } else {
            self.stamp(at)
        }
    }

    /// The day here.
    pub fn date(&self, at: Timestamp) -> Date {
        self.zone.to_datetime(at).date()
    }

    /// `3 min ago`, `in 12 days`
    pub fn away(&self, at: Timestamp) -> String {
        match self.now.duration_since(at).as_secs() {
            0..2 => "just now".to_owned(),
            ahead @ ..0 => format!("in{TOGETHER}{}", span(-ahead)),
            past => format!("{}{TOGETHER}ago", span(past)),
        }
    }

    /// `today`, `in 12 days`
    pub fn days_away(&self, date: Date) -> String {
        together(&status::days_away(self.date(self.now), date))
    }
}

/// So many seconds, which stay together on a line.
pub fn span(seconds: i64) -> String {
    together(&status::span(seconds))
}

fn together(words: &str) -> String {
    words.replace(' ', &TOGETHER.to_string())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use jiff::tz::TimeZone;

    use super::{Clock, TOGETHER};

    fn clock(zone: &str) -> Clock {
        Clock {
            now: "2026-11-28T20:00:00Z".parse().unwrap(),
            zone: TimeZone::get(zone).unwrap_or(TimeZone::unknown()),
        }
    }

    #[test]
    fn a_time_is_that_of_the_place_and_so_far_away() {
        for (zone, at, stamp, away) in [
            (
                "UTC",
                "2026-11-28T19:57:00Z",
                "2026-11-28 19:57",
                "3 min ago",
            ),
            (
                "Europe/Berlin",
                "2026-11-28T19:59:00Z",
                "2026-11-28 20:59",
                "60 s ago",
            ),
            (
                "Europe/Berlin",
                "2026-07-01T22:30:00Z",
                "2026-07-02 00:30",
                "149 days ago",
            ),
            (
                "Asia/Kathmandu",
                "2026-11-28T21:00:00Z",
                "2026-11-29 02:45",
                "in 60 min",
            ),
            (
                "nowhere",
                "2026-12-10T20:00:00Z",
                "2026-12-10 20:00",
                "in 12 days",
            ),
        ] {
            let (clock, at) = (clock(zone), at.parse().unwrap());
            let shown = clock.away(at).replace(TOGETHER, " ");
            assert_eq!((clock.stamp(at).as_str(), shown.as_str()), (stamp, away));
        }
        let zones = ["UTC", "Asia/Kathmandu", "nowhere"].map(|zone| clock(zone).zone());
        assert_eq!(zones, ["UTC", "Asia/Kathmandu", "UTC"]);
    }

    #[test]
    fn a_day_begins_where_the_person_is() {
        for (zone, day, expected) in [
            ("UTC", date(2026, 11, 28), "today"),
            ("Asia/Kathmandu", date(2026, 11, 28), "yesterday"),
            ("UTC", date(2026, 11, 29), "tomorrow"),
            ("UTC", date(2026, 12, 10), "in 12 days"),
            ("UTC", date(2025, 11, 28), "365 days ago"),
        ] {
            let shown = clock(zone).days_away(day).replace(TOGETHER, " ");
            assert_eq!(shown, expected, "{zone} {day}");
        }
    }
}
