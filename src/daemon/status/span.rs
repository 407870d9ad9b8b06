//! How long something took and how far away it is, in words.

use jiff::civil::Date;

/// So many seconds, in the two largest units that say something.
#[must_use]
pub fn span(seconds: i64) -> String {
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

/// How far `day` is from `today`: `tomorrow`, `in 12 days`.
#[must_use]
pub fn days_away(today: Date, day: Date) -> String {
    // Two days that are both on a calendar.
    match today.until(day).map_or(0, |span| span.get_days()) {
        0 => "today".to_owned(),
        1 => "tomorrow".to_owned(),
        -1 => "yesterday".to_owned(),
        ahead @ 2.. => format!("in {ahead} days"),
        past => format!("{} days ago", -past),
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
