//! What the page says first and how: the verdict with its links, accounts of which nothing came,
//! times of the place, and pages that have a name and a way back.

use std::fs;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rusqlite::{Connection, params};
use rustix::process::Signal;

use super::{CODE, Site, address, configure};
use crate::support::place::Place;
use crate::support::process::Running;
use crate::support::{PATIENCE, log, wait_until};

fn wait_for(site: &Site, path: &str, part: &str) -> String {
    let mut body = String::new();
    wait_until(PATIENCE, || {
        body = site.get(path).body;
        body.contains(part)
    });
    assert!(body.contains(part), "no {part:?} in\n{body}");
    body
}

#[test]
fn an_answer_stays_the_headline_and_the_message_is_one_link_away() {
    let site = Site::open();
    site.whole_story();
    site.place
        .deliver("4", &site.place.meta.two_codes("771204", "771205"));
    log::wait_for(&site.place.home, "mail.unclear");
    let page = wait_for(
        &site,
        "/",
        "One thing needs you; the folder is provably heard",
    );
    assert!(
        page.contains("<p class=\"badge good\">Honored</p>"),
        "{page}"
    );
    assert!(page.contains("A later message needs your eyes"), "{page}");
    let (before, _) = page
        .split_once(">The message about facebook in me</a>")
        .unwrap();
    let (_, link) = before.rsplit_once("href=").unwrap();
    let message = site.get(link.trim_matches('"')).body;
    assert!(
        message.contains("several numbers in it could be the code"),
        "{message}"
    );
}

#[test]
fn a_refused_reload_is_in_the_verdict_until_one_is_taken_on() {
    let site = Site::open();
    wait_for(&site, "/", "All well");
    let path = site.place.home.config();
    let config = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{config}\n[what]\n")).unwrap();
    site.running.signal(Signal::HUP);
    let page = wait_for(
        &site,
        "/",
        "The configuration was refused at the last reload",
    );
    assert!(page.contains("One thing needs you"), "{page}");
    let name = "\nsustained_config_last_reload_successful";
    wait_for(&site, "/metrics", &format!("{name} 0\n"));
    fs::write(&path, config).unwrap();
    site.running.signal(Signal::HUP);
    site.running
        .wait_for_line("configuration reloaded", PATIENCE);
    // The page listens anew, on another port.
    let address = address(&site.running, 2);
    let again = Site { address, ..site };
    wait_for(&again, "/metrics", &format!("{name} 1\n"));
}

#[test]
fn accounts_of_which_nothing_came_have_a_card() {
    let place = Place::new(
        "accounts = [\"facebook\", \"instagram\", \"threads\"]\n\
         linked = [\"facebook\", \"instagram\"]",
    );
    let site = Site::on(place, "listen = \"127.0.0.1:0\"");
    let awaited = |page: &str| page.matches("Nothing came yet").count();
    let page = wait_for(&site, "/", "Facebook and Instagram</h3>");
    assert_eq!(awaited(&page), 2, "{page}");
    assert!(page.contains(">Threads</h3>"), "{page}");
    site.place.deliver("1", &site.place.meta.notification());
    log::wait_for(&site.place.home, "notification.received");
    let page = wait_for(&site, "/", ">Notified<");
    assert_eq!(awaited(&page), 1, "{page}");
}

#[test]
fn times_are_those_of_the_machine_and_programs_get_the_same_instant() {
    let zone = "Asia/Kathmandu";
    let Ok(there) = TimeZone::get(zone) else {
        return;
    };
    let place = Place::new("accounts = [\"facebook\"]");
    configure(&place, "listen = \"127.0.0.1:0\"");
    let config = place.home.config();
    let mut command = place
        .home
        .command(&["run", "--config", config.to_str().unwrap()]);
    command.env("TZ", zone);
    let running = Running::start(command);
    let address = address(&running, 1);
    let site = Site {
        place,
        running,
        address,
    };
    site.whole_story();
    let page = wait_for(&site, "/", "Meta honored your objection");
    assert!(page.contains(&format!("; times in {zone}.")), "{page}");
    let mut compared = 0;
    for part in page.split("<time datetime=\"").skip(1) {
        let (instant, rest) = part.split_once("\">").unwrap();
        let (words, _) = rest.split_once("</time>").unwrap();
        let Ok(at) = instant.parse::<Timestamp>() else {
            continue;
        };
        let local = there.to_datetime(at).strftime("%-d %b %Y, %H:%M:%S");
        assert_eq!(words, local.to_string());
        compared += 1;
    }
    assert!(compared > 4, "{page}");
}

#[test]
fn an_announcement_that_waited_for_its_proof_is_shown_with_its_dates() {
    let site = Site::open();
    site.place.deliver("1", &site.place.meta.notification());
    log::wait_for(&site.place.home, "notification.received");
    let page = wait_for(&site, "/", "href=\"/message/");
    let (_, rest) = page.split_once("href=\"/message/").unwrap();
    let digest = &rest[..64];
    let db = Connection::open(site.place.home.state().join("sustained.db")).unwrap();
    let pending = format!(
        "{{\"event\":\"pending\",\"message\":\"{digest}\",\"reason\":\"no answer\",\
         \"until\":\"2024-06-01T00:00:00Z\"}}"
    );
    db.execute(
        "INSERT INTO event (at, mailbox, folder, case_id, message, name, detail, because, links)
         VALUES (1, 'me', 'INBOX', NULL, ?1, 'pending', ?2, '[]', '[]')",
        params![digest, pending],
    )
    .unwrap();
    let message = site.get(&format!("/message/{digest}")).body;
    assert!(message.contains("Nobody can say yet"), "{message}");
    assert!(message.contains("26 June 2024"), "{message}");
    assert!(!message.contains("••••"), "{message}");
}

#[test]
fn every_page_has_its_own_name_and_a_way_back() {
    let site = Site::open();
    site.whole_story();
    let page = wait_for(&site, "/", "Meta honored your objection");
    let mut titles = Vec::new();
    for path in page.split("href=\"").skip(1) {
        let path = path.split('"').next().unwrap();
        if path.starts_with("/message/") {
            let body = site.get(path).body;
            let (_, title) = body.split_once("<title>").unwrap();
            titles.push(
                title
                    .split_once(" – sustained</title>")
                    .unwrap()
                    .0
                    .to_owned(),
            );
            assert!(body.contains("<p>Times in "), "{body}");
        }
    }
    assert_eq!(titles.len(), 3);
    assert!(
        titles.iter().any(|title| title == "Your objection"),
        "{titles:?}"
    );
    assert!(!titles.join(" ").contains(CODE), "a code is shown");
    for path in ["/nothing", "/message/none", "/picture/none"] {
        let lost = site.get(path);
        assert_eq!(lost.status, 404, "{path}");
        assert!(lost.links().contains(&"/".to_owned()), "{}", lost.body);
    }
    assert_eq!(site.get("/favicon.ico").status, 204);
}
