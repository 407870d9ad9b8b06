//! An organisation's page: thousands of cases, of which one page shows some.

use jiff::Timestamp;
use rusqlite::{Connection, params};
use sustained::case::{Case, State};
use sustained::mail::Outcome;

use super::{Answer, Site};
use crate::support::{PATIENCE, wait_until};

/// As many as the program is measured with.
const ALL: usize = 5_000;

/// Those that want something of somebody, and they are the oldest.
const OPEN: usize = 3;

/// A page with that many cases.
fn site() -> Site {
    let site = Site::open();
    // Before that the verdict speaks of the proof alone.
    assert!(wait_until(PATIENCE, || site.get("/readyz").status == 200));
    let mut db = Connection::open(site.place.home.state().join("sustained.db")).unwrap();
    // At once: the program's own way to write has each on disk before the next.
    let all = db.transaction().unwrap();
    for number in 0..ALL {
        let at = Timestamp::from_second(1_750_000_000).unwrap();
        let state = if number < OPEN {
            State::Notified
        } else {
            State::Decided {
                outcome: Outcome::Honored,
                at,
            }
        };
        let case = Case {
            state,
            ..Case::new(vec![])
        };
        let name = format!("person-{number:04}");
        all.execute(
            "INSERT INTO \"case\" (mailbox, account, campaign, opened_at, state)
             VALUES (?1, 'facebook', '2025-06-15', ?2, ?3)",
            params![
                name,
                at.as_microsecond(),
                serde_json::to_string(&case).unwrap()
            ],
        )
        .unwrap();
    }
    all.commit().unwrap();
    site
}

/// Whose cases a page shows, in its order.
fn people(body: &str) -> Vec<String> {
    let named = body.split("<dd>person-").skip(1);
    named.map(|rest| rest[..4].to_owned()).collect()
}

#[test]
fn a_page_shows_those_first_that_need_somebody_and_leads_to_the_rest() {
    let site = site();
    let first = look(&site, "/?still");
    assert!(first.body.len() < 500_000, "{} bytes", first.body.len());
    let shown = people(&first.body);
    assert_eq!(shown.len(), 60);
    assert_eq!(shown[..=OPEN], ["0002", "0001", "0000", "4999"]);
    assert!(
        first.body.contains("3 things need you"),
        "the verdict counts"
    );
    assert!(first.body.contains("Page 1 of 84."));
    // Each page leads to the next; nobody is on two, and the last has those that are left.
    let second = look(&site, &next_of(&first.body).unwrap());
    assert!(second.body.contains("Page 2 of 84."));
    assert_eq!(people(&second.body)[0], "4942");
    let last = look(&site, "/?still&page=84");
    assert_eq!(people(&last.body).len(), ALL - 83 * 60);
    assert_eq!(people(&last.body).last().unwrap(), "0003");
    assert_eq!(next_of(&last.body), None);
    assert!(last.body.contains("This page stays as it is."));
}

/// What a look gets; on a loaded machine one may take longer than the page allows it, and says so.
fn look(site: &Site, path: &str) -> Answer {
    let mut answer = site.get(path);
    wait_until(3 * PATIENCE, || {
        let is_there = answer.status == 200;
        if !is_there {
            answer = site.get(path);
        }
        is_there
    });
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    answer
}

/// Where the link to the next page leads.
fn next_of(body: &str) -> Option<String> {
    let (before, _) = body.split_once("\">The next page</a>")?;
    let (_, address) = before.rsplit_once("href=\"")?;
    Some(address.replace("&amp;", "&"))
}

#[test]
fn pages_that_are_not_there_and_the_other_looks_are_answered() {
    let site = site();
    for (asked, number) in [
        ("page=0", 1),
        ("page=85", 84),
        ("page=x", 1),
        ("page=&page=2", 1),
    ] {
        let answer = look(&site, &format!("/?{asked}"));
        assert!(
            answer.body.contains(&format!("Page {number} of 84.")),
            "{asked}"
        );
    }
    for path in ["/metrics", "/calendar.ics", "/readyz", "/livez"] {
        let answer = look(&site, path);
        assert!(
            answer.body.len() < 8_000_000,
            "{path}: {}",
            answer.body.len()
        );
    }
}
