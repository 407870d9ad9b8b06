//! `/calendar.ics`, read as strictly as RFC 5545 allows by a reader made for this test.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::Site;
use crate::support::{PATIENCE, log, wait_until};

/// One property: its name, its parameters as written, its value as written.
type Property = (String, String, String);

/// The events of a calendar; panics where it breaks a rule.
fn events(text: &str) -> Vec<Vec<Property>> {
    assert!(text.ends_with("\r\n"));
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
    assert_eq!(text.matches('\r').count(), text.matches("\r\n").count());
    for line in text.split("\r\n") {
        assert!(line.len() <= 75, "3.1: {line}");
        assert!(!line.chars().any(char::is_control), "3.1: {line}");
    }
    let unfolded = text.replace("\r\n ", "");
    let lines = unfolded.trim_end_matches("\r\n").split("\r\n");
    let properties: Vec<Property> = lines.map(property).collect();
    let mut open: Vec<String> = Vec::new();
    let mut found: Vec<Vec<Property>> = Vec::new();
    let mut of_calendar = Vec::new();
    let mut components = 0;
    for (at, (name, parameters, value)) in properties.iter().enumerate() {
        match name.as_str() {
            "BEGIN" => {
                components += usize::from(open.len() == 1);
                if value == "VEVENT" {
                    assert_eq!(open, ["VCALENDAR"]);
                    found.push(vec![]);
                }
                open.push(value.clone());
            }
            "END" => assert_eq!(open.pop().as_ref(), Some(value)),
            _ if open == ["VCALENDAR"] => of_calendar.push(name.clone()),
            _ if open.last().is_some_and(|last| last == "VEVENT") => found
                .last_mut()
                .unwrap()
                .push((name.clone(), parameters.clone(), value.clone())),
            _ => {}
        }
        assert_eq!(open.is_empty(), at + 1 == properties.len(), "one calendar");
    }
    assert!(components > 0, "3.6: at least one component");
    for once in ["VERSION", "PRODID"] {
        let count = of_calendar.iter().filter(|name| *name == once).count();
        assert_eq!(count, 1, "3.6: {once}");
    }
    for event in &found {
        check_event(event);
    }
    found
}

fn property(line: &str) -> Property {
    let end = line.find(':').expect(line);
    let (head, value) = (&line[..end], &line[end + 1..]);
    let (name, parameters) = head.split_once(';').unwrap_or((head, ""));
    let is_name = |c: char| c.is_ascii_uppercase() || c == '-';
    assert!(!name.is_empty() && name.chars().all(is_name), "{line}");
    (name.to_owned(), parameters.to_owned(), value.to_owned())
}

fn check_event(event: &[Property]) {
    for once in ["UID", "DTSTAMP", "DTSTART", "SUMMARY"] {
        let count = event.iter().filter(|(name, ..)| name == once).count();
        assert_eq!(count, 1, "3.6.1: {once} in {event:?}");
    }
    for (name, parameters, value) in event {
        match name.as_str() {
            "DTSTAMP" => {
                let at = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", value);
                assert!(at.is_ok(), "3.8.7.2: {value}");
            }
            "DTSTART" => {
                assert_eq!(parameters, "VALUE=DATE");
                let date = jiff::civil::Date::strptime("%Y%m%d", value);
                assert!(date.is_ok(), "3.3.4: {value}");
            }
            "SUMMARY" | "DESCRIPTION" => {
                text(value);
            }
            "TRANSP" => assert_eq!(value, "TRANSPARENT"),
            "UID" | "CATEGORIES" => assert!(!value.contains(char::is_whitespace)),
            other => panic!("{other} is not expected"),
        }
    }
}

/// A TEXT value (3.3.11), unescaped.
fn text(value: &str) -> String {
    let mut plain = String::new();
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n' | 'N') => plain.push('\n'),
                Some(c @ ('\\' | ';' | ',')) => plain.push(c),
                other => panic!("3.3.11: \\{other:?} in {value}"),
            },
            ',' | ';' => panic!("3.3.11: {c} in {value}"),
            c => plain.push(c),
        }
    }
    plain
}

fn of<'a>(event: &'a [Property], name: &str) -> &'a str {
    let found = event.iter().find(|(other, ..)| other == name);
    found.map_or("", |(_, _, value)| value)
}

#[test]
fn the_dates_of_a_case_are_days_in_the_calendar() {
    let site = Site::open();
    let empty = site.get("/calendar.ics");
    assert_eq!(empty.field("content-type"), "text/calendar; charset=utf-8");
    assert_eq!(events(&empty.body).len(), 0);

    let effective = TimeZone::UTC
        .to_datetime(Timestamp::now())
        .date()
        .checked_add(30.days())
        .unwrap();
    let notification = site.place.meta.notification_from(effective);
    site.place.deliver("1", &notification);
    log::wait_for(&site.place.home, "notification.received");
    let announced = events(&site.get("/calendar.ics").body);
    assert_eq!(
        announced.len(),
        3,
        "the change, and two reminders: {announced:?}"
    );
    let days: BTreeSet<&str> = announced.iter().map(|event| of(event, "DTSTART")).collect();
    for back in [0, 1, 7] {
        let day = effective.checked_sub(back.days()).unwrap();
        assert!(
            days.contains(day.strftime("%Y%m%d").to_string().as_str()),
            "{days:?}"
        );
    }

    site.place.deliver("2", &site.place.meta.code(super::CODE));
    log::wait_for(&site.place.home, "submission.accepted");
    let due = |event: &Vec<Property>| of(event, "UID").starts_with("answer-due-me-facebook-");
    let has_due = || events(&site.get("/calendar.ics").body).iter().any(due);
    assert!(wait_until(PATIENCE, has_due));
    let filed = events(&site.get("/calendar.ics").body);
    let answer = filed.iter().find(|event| due(event)).unwrap();
    let why = text(of(answer, "DESCRIPTION"));
    assert!(why.contains("GDPR, Art. 12(3): one month."), "{why}");
    assert!(why.contains("not legal advice"), "{why}");
    // What stays keeps its name; what is no longer of use is gone.
    let uids = |events: &[Vec<Property>]| -> BTreeSet<String> {
        events
            .iter()
            .map(|event| of(event, "UID").to_owned())
            .collect()
    };
    let (before, after) = (uids(&announced), uids(&filed));
    assert_eq!(after.len(), filed.len(), "3.8.4.7: each is unique");
    let kept: Vec<&String> = before.intersection(&after).collect();
    assert!(
        kept.len() == 1 && kept[0].starts_with("effective-me-facebook-"),
        "{kept:?}"
    );
    assert!(
        after.iter().any(|uid| uid.starts_with("overdue-")),
        "{after:?}"
    );
    assert!(!site.get("/calendar.ics").body.contains("@example.org"));
}
