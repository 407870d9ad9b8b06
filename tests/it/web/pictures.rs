//! Pictures of forms: those that an event names, whole and unchanged, and nothing else.

use std::fs;

use rusqlite::{Connection, params};
use sustained::mail::Digest;
use sustained::record::{keep_screenshot, screenshot_of};

use super::Site;

/// As far as anybody here looks at it.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\nwhat the page looked like";

/// A page, and a picture that an event names.
fn site() -> (Site, Digest) {
    let site = Site::open();
    let state = site.place.home.state();
    let picture = keep_screenshot(&state, PNG).unwrap();
    let db = Connection::open(state.join("sustained.db")).unwrap();
    db.execute(
        "INSERT INTO \"case\" (mailbox, account, campaign, opened_at, state)
         VALUES ('me', 'facebook', '2026-05-01', 1,
             '{\"state\":\"submitted\",\"at\":\"2026-05-01T10:00:00Z\"}')",
        [],
    )
    .unwrap();
    let detail = format!(
        "{{\"event\":\"form\",\"step\":\"filed\",\"seen_at\":\"2026-05-01T10:00:00Z\",\
         \"screenshot\":\"{picture}\"}}"
    );
    db.execute(
        "INSERT INTO event (at, mailbox, folder, case_id, message, name, detail, because, links)
         VALUES (1, 'me', '', 1, NULL, 'form', ?1, '[]', '[]')",
        params![detail],
    )
    .unwrap();
    (site, picture)
}

#[test]
fn a_case_leads_to_what_its_form_looked_like() {
    let (site, picture) = site();
    let home = site.get("/");
    let link = format!("/picture/{picture}");
    assert!(home.links().contains(&link), "{}", home.body);
    let page = site.get(&link);
    assert_eq!(page.status, 200);
    let image = format!("<img src=\"/picture/{picture}.png\" alt=\"The page of Meta&#39;s form");
    assert!(page.body.contains(&image), "{}", page.body);
    let policy = page.field("content-security-policy");
    assert!(
        policy.contains("default-src 'none'") && policy.contains("img-src 'self'"),
        "{policy}"
    );

    let png = site.get(&format!("/picture/{picture}.png"));
    assert_eq!((png.status, png.field("content-type")), (200, "image/png"));
    assert_eq!(png.field("x-content-type-options"), "nosniff");
    assert!(
        png.field("content-security-policy")
            .starts_with("default-src 'none'")
    );
    assert_eq!(png.field("content-length"), PNG.len().to_string());
    assert!(png.body.ends_with("what the page looked like"));
}

#[test]
fn only_what_an_event_names_is_given_away() {
    let (site, picture) = site();
    let state = site.place.home.state();
    let unknown = keep_screenshot(&state, b"nobody's").unwrap();
    let hex = picture.to_string();
    for name in [
        unknown.to_string(),
        hex.to_uppercase(),
        hex[1..].to_owned(),
        format!("../evidence/{hex}"),
        format!("..%2Fevidence%2F{hex}"),
        "../sustained.db".to_owned(),
        "sustained.db".to_owned(),
        String::new(),
    ] {
        for end in ["", ".png"] {
            let answer = site.get(&format!("/picture/{name}{end}"));
            assert_eq!(answer.status, 404, "{name}{end}: {}", answer.body);
        }
    }
    // Nor what took its place.
    let path = state.join(screenshot_of(picture));
    let address = format!("/picture/{picture}.png");
    fs::write(&path, "another").unwrap();
    assert_eq!(site.get(&address).status, 410);
    fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink(site.place.home.config(), &path).unwrap();
    assert_eq!(site.get(&address).status, 410);
    fs::remove_file(&path).unwrap();
    assert_eq!(site.get(&address).status, 410);
    assert_eq!(site.get("/livez").status, 200);
}
