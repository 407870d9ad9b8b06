//! What a time zone is called for people.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The name of `zone`, or how far it is from UTC at `now`.
#[must_use]
pub fn zone_name(zone: &TimeZone, now: Timestamp) -> String {
    // Where there is none, it is UTC that is shown.
    let name = zone.iana_name().filter(|name| *name != "Etc/Unknown");
    match name {
        Some("Etc/UTC") => "UTC".to_owned(),
        Some(name) => name.to_owned(),
        None if zone.is_unknown() => "UTC".to_owned(),
        None => zone.to_offset(now).to_string(),
    }
}
