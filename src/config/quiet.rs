//! The hours in which a channel is quiet: `22:00-07:00`, by the clock on the person's wall.
//!
//! It does not know which alerts wait and which do not. Times are compared as instants, so that a
//! night in which the clocks are set is as long as it really is. SECURITY: no error repeats what
//! was written.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

/// What is said about a wrong value.
const FORM: &str = "quiet hours are written \"22:00-07:00\", with a zone after them where it is \
                    not this machine's: \"22:00-07:00 Europe/Berlin\"";

/// Quiet hours of every day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quiet {
    from: Time,
    /// The first minute that is not quiet; before `from`: on the next day.
    to: Time,
    zone: TimeZone,
}

impl Quiet {
    /// `22:00-07:00`, or with the name of a time zone after it.
    ///
    /// # Errors
    /// A sentence that says what would have been right.
    pub(super) fn new(text: &str) -> Result<Self, String> {
        let (hours, zone) = match text.split_once(' ') {
            Some((hours, zone)) => (hours, Some(zone.trim())),
            None => (text, None),
        };
        let (from, to) = hours.split_once('-').ok_or(FORM)?;
        let (from, to) = (clock(from).ok_or(FORM)?, clock(to).ok_or(FORM)?);
        if from == to {
            return Err("these hours are no time at all; to tell nothing, remove the alert".into());
        }
        let zone = match zone {
            None => TimeZone::system(),
            Some(name) => TimeZone::get(name).map_err(|_| {
                "this machine knows no such time zone: write one as in Europe/Berlin, or install \
                 its tzdata package"
            })?,
        };
        Ok(Self { from, to, zone })
    }

    /// When the quiet hours end that `at` lies in; `None` where it lies in none.
    #[must_use]
    pub fn ends_after(&self, at: Timestamp) -> Option<Timestamp> {
        let today = self.zone.to_datetime(at).date();
        let yesterday = today.yesterday().ok();
        yesterday
            .into_iter()
            .chain([today])
            .filter_map(|date| self.hours_of(date))
            .find(|(start, end)| *start <= at && at < *end)
            .map(|(_, end)| end)
    }

    /// When the quiet hours that begin on `date` start and end; `None` at the calendar's end.
    fn hours_of(&self, date: Date) -> Option<(Timestamp, Timestamp)> {
        let last = if self.from < self.to {
            date
        } else {
            date.tomorrow().ok()?
        };
        // A time that the clocks pass over is as much later, one they show twice is the first.
        let instant = |date: Date, time: Time| {
            let ambiguous = self.zone.to_ambiguous_timestamp(date.to_datetime(time));
            ambiguous.compatible().ok()
        };
        Some((instant(date, self.from)?, instant(last, self.to)?))
    }
}

/// `HH:MM`
fn clock(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':')?;
    let number = |digits: &str| {
        let plain = digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| digits.parse::<i8>().ok()).flatten()
    };
    Time::new(number(hour)?, number(minute)?, 0, 0).ok()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    use super::{Quiet, clock};

    /// Central European time by its rule, so that no test needs the machine's tables.
    fn hours(from: &str, to: &str) -> Quiet {
        Quiet {
            from: clock(from).expect("a time"),
            to: clock(to).expect("a time"),
            zone: TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").expect("a rule"),
        }
    }

    fn check(quiet: &Quiet, at: &str, end: Option<&str>) {
        let instant = |text: &str| text.parse::<Timestamp>().expect("a time");
        let found = quiet.ends_after(instant(at));
        assert_eq!(found, end.map(instant), "at {at}");
    }

    #[test]
    fn a_night_ends_in_the_morning() {
        let night = hours("22:00", "07:00");
        check(&night, "2026-06-10T19:59:59Z", None);
        check(&night, "2026-06-10T20:00:00Z", Some("2026-06-11T05:00:00Z"));
        check(&night, "2026-06-11T04:59:59Z", Some("2026-06-11T05:00:00Z"));
        check(&night, "2026-06-11T05:00:00Z", None);
    }

    #[test]
    fn hours_of_one_day_end_on_it() {
        let noon = hours("12:30", "14:00");
        check(&noon, "2026-01-10T11:29:59Z", None);
        check(&noon, "2026-01-10T11:30:00Z", Some("2026-01-10T13:00:00Z"));
        check(&noon, "2026-01-10T13:00:00Z", None);
        check(&noon, "2026-01-10T23:30:00Z", None);
    }

    #[test]
    fn a_night_in_which_the_clocks_are_set_is_as_long_as_it_is() {
        let night = hours("22:00", "07:00");
        // 2026-03-29: 02:00 is 03:00, eight hours.
        check(&night, "2026-03-28T21:00:00Z", Some("2026-03-29T05:00:00Z"));
        check(&night, "2026-03-29T05:00:00Z", None);
        // 2026-10-25: 03:00 is 02:00, ten hours.
        check(&night, "2026-10-24T20:00:00Z", Some("2026-10-25T06:00:00Z"));
        check(&night, "2026-10-25T05:59:59Z", Some("2026-10-25T06:00:00Z"));
    }

    #[test]
    fn hours_that_begin_or_end_where_the_clocks_are_set_are_kept_once() {
        // 02:30 is not there in spring: it is 03:30.
        let hour = hours("01:30", "02:30");
        check(&hour, "2026-03-29T00:30:00Z", Some("2026-03-29T01:30:00Z"));
        check(&hour, "2026-03-29T01:30:00Z", None);
        // It is there twice in autumn: the first counts, and the hour is not kept again.
        check(&hour, "2026-10-24T23:30:00Z", Some("2026-10-25T00:30:00Z"));
        check(&hour, "2026-10-25T01:15:00Z", None);
        let late = hours("02:30", "04:00");
        check(&late, "2026-10-25T00:30:00Z", Some("2026-10-25T03:00:00Z"));
        // These hours are not there at all on this day.
        check(&hours("02:30", "03:15"), "2026-03-29T01:30:00Z", None);
    }

    #[test]
    fn what_is_not_written_right_is_refused() {
        assert!(Quiet::new("22:00-07:00").is_ok());
        assert!(Quiet::new("22:00-07:00 UTC").is_ok());
        for wrong in [
            "",
            "22:00",
            "22-07",
            "22:00-24:00",
            "9:00-10:00",
            "22:00-07:00-08:00",
            "22:00 - 07:00",
            "+1:00-07:00",
            "22:00-07:00 Mars/Base",
            "07:00-07:00",
        ] {
            assert!(Quiet::new(wrong).is_err(), "{wrong}");
        }
    }
}
