//! The hours in which a channel is quiet, as they are written: `22:00-07:00`.
//!
//! SECURITY: no error repeats what was written.

use jiff::civil::Time;
use jiff::tz::TimeZone;

use crate::case::Quiet;

/// What is said about a wrong value.
const FORM: &str = "quiet hours are written \"22:00-07:00\", with a zone after them where it is \
                    not this machine's: \"22:00-07:00 Europe/Berlin\"";

/// `22:00-07:00`, or with the name of a time zone after it.
///
/// # Errors
/// A sentence that says what would have been right.
pub(super) fn quiet(text: &str) -> Result<Quiet, String> {
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
    Ok(Quiet::new(from, to, zone))
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
    use super::quiet;

    #[test]
    fn what_is_not_written_right_is_refused() {
        assert!(quiet("22:00-07:00").is_ok());
        assert!(quiet("22:00-07:00 UTC").is_ok());
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
            assert!(quiet(wrong).is_err(), "{wrong}");
        }
    }
}
