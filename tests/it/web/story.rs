//! What the page says of a whole story, and of mails that mean ill.

use std::fs;

use super::{Answer, CODE, Site};
use crate::support::meta::{TO, unsigned_code};
use crate::support::place::Place;
use crate::support::{PATIENCE, log, shows, wait_until};

/// The page, once it says `part`.
fn page_with(site: &Site, part: &str) -> Answer {
    let mut page = site.get("/");
    wait_until(PATIENCE, || {
        page = site.get("/");
        page.body.contains(part)
    });
    assert!(page.body.contains(part), "no {part:?} in\n{}", page.body);
    page
}

#[test]
fn before_anything_comes_all_is_well() {
    let site = Site::open();
    let page = page_with(&site, "All well: the folder is provably heard");
    assert_eq!(page.status, 200);
    assert!(page.body.contains("There is none yet."));
    assert_eq!(site.get("/livez").body, "alive\n");
    let ready = site.get("/readyz");
    assert_eq!(ready.status, 200);
    assert!(
        ready.body.contains("\nme INBOX: heard, last proof "),
        "{}",
        ready.body
    );
    assert_eq!(site.get("/nothing").status, 404);
    assert_eq!(site.get("/message/none").status, 404);
    let unknown = "0".repeat(64);
    assert_eq!(site.get(&format!("/message/{unknown}")).status, 404);
}

#[test]
fn a_story_is_told_with_the_seconds_between_its_mails() {
    let site = Site::open();
    site.whole_story();
    page_with(&site, "All well: the folder is provably heard");
    let page = page_with(&site, "Meta honored your objection");
    for part in [
        "All well: the folder is provably heard",
        "Facebook</h3>",
        ">Honored<",
        "Meta announced a use of your data",
        "26 June 2024",
        "A code came",
        "The code was typed: the objection is filed",
        " s later<",
        "after the objection was filed: automatic in all likelihood.",
        "datetime=\"20",
        "by stdout",
    ] {
        assert!(page.body.contains(part), "no {part:?} in\n{}", page.body);
    }
    assert!(!page.body.contains("http-equiv=\"refresh\"") || page.body.contains("\"60\""));
    assert!(!site.get("/?still").body.contains("http-equiv"));
}

#[test]
fn a_message_is_shown_as_text_and_a_code_never() {
    let site = Site::open();
    site.whole_story();
    let page = page_with(&site, "Meta honored your objection");
    let mut links = page.links();
    links.retain(|link| link.starts_with("/message/"));
    assert_eq!(links.len(), 3, "{links:?}");
    let shown: Vec<Answer> = links.iter().map(|link| site.get(link)).collect();
    let raw: Vec<Answer> = links
        .iter()
        .map(|link| site.get(&format!("{link}/raw")))
        .collect();
    for answer in shown.iter().chain(&raw).chain([&page]) {
        assert!(!shows(&answer.body, CODE), "a code is shown");
    }
    let [notification, code, decision] = &shown[..] else {
        panic!("three are shown")
    };
    assert!(
        notification
            .body
            .contains("The change takes effect on 26 June 2024.")
    );
    assert!(code.body.contains("It may hold a code"), "{}", code.body);
    assert!(code.body.contains("•••• is your code"), "{}", code.body);
    assert!(decision.body.contains("will honor your objection"));
    assert!(
        decision
            .body
            .contains("its signature by support.facebook.com holds")
    );
    let statuses: Vec<u16> = raw.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [200, 403, 200]);
    assert!(raw[2].body.contains("DKIM-Signature:"));
    assert!(raw[2].field("content-type").starts_with("text/plain"));
    assert!(
        raw[2]
            .field("content-disposition")
            .starts_with("attachment;")
    );
    assert_eq!(
        raw[2].field("content-security-policy"),
        "default-src 'none'; sandbox"
    );
}

#[test]
fn text_that_means_ill_stays_text() {
    let site = Site::open();
    let place: &Place = &site.place;
    let ill = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)> \u{202e}live\u{1b}[31m";
    // Meta's own key signed it: what is shown is no less hostile for that.
    let decision = place.meta.decision_about(&format!("your objection {ill}"));
    place.deliver("1", &decision);
    let forged = String::from_utf8(unsigned_code(CODE)).unwrap();
    let forged = forged
        .replace(" is your code", &format!(" is your code {ill}"))
        .replace("<p>Your email verification code</p>", ill);
    place.deliver("2", forged.as_bytes());
    let both = || {
        let page = site.get("/");
        page.links()
            .iter()
            .filter(|link| link.starts_with("/message/"))
            .count()
            == 2
    };
    assert!(wait_until(PATIENCE, both), "{:?}", log::types(&place.home));

    let page = site.get("/");
    let mut answers = vec![site.get("/metrics"), site.get("/calendar.ics")];
    for link in page
        .links()
        .iter()
        .filter(|link| link.starts_with("/message/"))
    {
        let message = site.get(link);
        assert_eq!(message.status, 200);
        answers.push(message);
    }
    answers.push(page);
    let mut seen = 0;
    for Answer { body, .. } in &answers {
        let lower = body.to_ascii_lowercase();
        assert!(!lower.contains("<script"), "{body}");
        assert!(!lower.contains("<img"), "{body}");
        assert!(!body.contains(['\u{202e}', '\u{1b}']), "{body}");
        assert!(!shows(body, CODE) && !body.contains(TO), "{body}");
        seen += usize::from(body.contains("&lt;script&gt;"));
    }
    assert!(seen > 0, "it is shown as text somewhere");
}

#[test]
fn what_needs_the_person_comes_first() {
    let site = Site::open();
    site.place.deliver("1", &site.place.meta.notification());
    let page = page_with(&site, "One thing needs you; the folder is provably heard");
    assert!(
        page.body
            .contains("Facebook: Meta announced a use of your data, and nothing is filed")
    );
    assert_eq!(site.get("/readyz").status, 200);
}

#[test]
fn an_alert_that_did_not_arrive_stands_before_those_that_did() {
    let place = Place::new("accounts = [\"facebook\"]");
    let broken = "[[alert]]\nname = \"broken\"\nurl = \"exec:\"\ncommand = [\"/bin/false\"]\n";
    let config = fs::read_to_string(place.home.config()).unwrap();
    fs::write(place.home.config(), format!("{config}\n{broken}")).unwrap();
    let site = Site::on(place, "listen = \"127.0.0.1:0\"");
    site.place.deliver("1", &site.place.meta.notification());
    let page = page_with(&site, "1 alert was given up");
    let (_, alerts) = page.body.split_once("Alerts lately").unwrap();
    let (_, alerts) = alerts.rsplit_once("Channel ").unwrap();
    let (_, alerts) = alerts.split_once("</li>").unwrap();
    let (first, rest) = alerts.split_once("</li>").unwrap();
    assert!(
        first.contains("by broken") && first.contains(">Not told<"),
        "{first}"
    );
    assert!(
        rest.contains("by stdout") && rest.contains(">Told<"),
        "{rest}"
    );
    assert!(
        site.get("/metrics")
            .body
            .contains("sustained_effects{state=\"failed\"} 1\n")
    );
}

#[test]
fn a_folder_that_is_not_heard_is_said_in_words_and_in_a_status() {
    let place = Place::new("accounts = [\"facebook\"]");
    let config = fs::read_to_string(place.home.config()).unwrap();
    let config = config.replace("deaf_after = \"2 h\"", "deaf_after = \"3 s\"");
    fs::write(place.home.config(), config).unwrap();
    let site = Site::on(place, "listen = \"127.0.0.1:0\"");
    page_with(&site, "All well");
    // Without its folder nothing is proved any more, and the last proof is soon too old.
    let maildir = site.place.home.path().join("Maildir");
    fs::rename(&maildir, maildir.with_extension("gone")).unwrap();
    let not_ready = wait_until(PATIENCE, || site.get("/readyz").status == 503);
    assert!(not_ready, "{}", site.get("/readyz").body);
    let page = page_with(&site, "The folder is not heard");
    assert!(
        page.body
            .contains("look into the mailbox yourself, and run <code>sustained check</code>")
    );
    assert!(page.body.contains("A mailbox is not heard"));
}
