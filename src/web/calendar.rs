//! `/calendar.ics`: the dates of all cases, for the person's own calendar (RFC 5545).
//!
//! Each date keeps its UID, so that a calendar that asks again moves what has moved. It computes
//! none of the dates.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::case::{Reminder, reminders_ahead};
use crate::daemon::status::Case;
use crate::mail::plain_sentence;

use super::answer::Answer;
use super::routes::Sight;

const ICALENDAR: &str = "text/calendar; charset=utf-8";

/// RFC 5545, 3.1: no line is longer, in octets, its end not counted.
const LONGEST_LINE: usize = 75;

/// RFC 5545, 3.6: a calendar has at least one component; this one says nothing.
const NOTHING: [&str; 8] = [
    "BEGIN:VTIMEZONE",
    "TZID:UTC",
    "BEGIN:STANDARD",
    "DTSTART:19700101T000000",
    "TZOFFSETFROM:+0000",
    "TZOFFSETTO:+0000",
    "END:STANDARD",
    "END:VTIMEZONE",
];

/// A day in the calendar.
struct Day<'a> {
    case: &'a Case,
    /// What it is, for its UID.
    kind: &'static str,
    date: Date,
    summary: &'static str,
    description: String,
}

/// The calendar.
pub(super) fn calendar(sight: &Sight<'_>) -> Answer {
    let mut text = Lines(String::new());
    for line in [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        concat!("PRODID:-//sustained//", env!("CARGO_PKG_VERSION"), "//EN"),
        "CALSCALE:GREGORIAN",
        "NAME:Objections to Meta",
        "X-WR-CALNAME:Objections to Meta",
        "REFRESH-INTERVAL;VALUE=DURATION:PT6H",
    ] {
        text.line(line);
    }
    let days: Vec<Day<'_>> = sight
        .status
        .cases
        .iter()
        .flat_map(|case| days(case, sight.now))
        .collect();
    let mailboxes: BTreeSet<_> = days.iter().map(|day| &day.case.mailbox).collect();
    let are_several = mailboxes.len() > 1;
    for day in &days {
        write(&mut text, day, are_several);
    }
    if days.is_empty() {
        for line in NOTHING {
            text.line(line);
        }
    }
    text.line("END:VCALENDAR");
    Answer::new(ICALENDAR, text.0).with("content-disposition", "inline; filename=\"sustained.ics\"")
}

fn days(case: &Case, now: Timestamp) -> Vec<Day<'_>> {
    let mut days = Vec::new();
    if let Some(date) = case.effective_date {
        days.push(Day {
            case,
            kind: "effective",
            date,
            summary: "Meta's announced use of data takes effect",
            description: "Announced in a message of Meta's. Objecting later is possible, too."
                .to_owned(),
        });
    }
    if let Some(date) = case.answer_due {
        days.push(Day {
            case,
            kind: "answer-due",
            date,
            summary: "Meta's answer is due by today",
            description: case.derivation.join("\n"),
        });
    }
    for (reminder, at) in reminders_ahead(&case.row.case, now) {
        let (kind, summary) = match reminder {
            Reminder::WeekBefore => ("week-before", "Meta's change is a week away: objected?"),
            Reminder::DayBefore => ("day-before", "Meta's change is a day away: objected?"),
            Reminder::AnswerOverdue => ("overdue", "Meta's answer is overdue, if none has come"),
        };
        days.push(Day {
            case,
            kind,
            date: TimeZone::UTC.to_datetime(at).date(),
            summary,
            description: "sustained reminds you on this day. See: sustained status".to_owned(),
        });
    }
    days
}

fn write(text: &mut Lines, day: &Day<'_>, are_several: bool) {
    let key = &day.case.row.key;
    let (mailbox, account) = (&key.mailbox.0, key.account.name());
    text.line("BEGIN:VEVENT");
    text.property(
        "UID",
        &format!(
            "{}-{mailbox}-{account}-{}@sustained",
            day.kind, key.campaign
        ),
    );
    // Without METHOD this is when it last changed (RFC 5545, 3.8.7.2).
    let stamp = changed_at(day.case).strftime("%Y%m%dT%H%M%SZ").to_string();
    text.line(&format!("DTSTAMP:{stamp}"));
    let date = day.date.strftime("%Y%m%d");
    text.line(&format!("DTSTART;VALUE=DATE:{date}"));
    let whose = if are_several {
        format!("{} in {mailbox}", day.case.accounts())
    } else {
        day.case.accounts()
    };
    text.property("SUMMARY", &format!("{} ({whose})", day.summary));
    text.property("DESCRIPTION", &day.description);
    text.line("CATEGORIES:sustained");
    text.line("TRANSP:TRANSPARENT");
    text.line("END:VEVENT");
}

/// When a case last changed in a way that moves its dates.
fn changed_at(case: &Case) -> Timestamp {
    let known = &case.row.case;
    let moments = [known.filed_at, known.extended_at, known.last_mail_at];
    let newest = moments.into_iter().flatten().max();
    newest.map_or(case.row.opened_at, |at| at.max(case.row.opened_at))
}

/// Lines as RFC 5545 wants them.
struct Lines(String);

impl Lines {
    /// A property whose value is TEXT (3.3.11).
    fn property(&mut self, name: &str, value: &str) {
        let lines: Vec<String> = value.lines().map(plain_sentence).collect();
        let value = lines.join("\n");
        let value = value.replace('\\', "\\\\").replace(';', "\\;");
        let value = value.replace(',', "\\,").replace('\n', "\\n");
        self.line(&format!("{name}:{value}"));
    }

    /// A content line, folded where it is too long, never within a character.
    fn line(&mut self, line: &str) {
        let mut length = 0;
        for c in line.chars() {
            if length + c.len_utf8() > LONGEST_LINE {
                self.0.push_str("\r\n ");
                length = 1;
            }
            self.0.push(c);
            length += c.len_utf8();
        }
        self.0.push_str("\r\n");
    }
}
