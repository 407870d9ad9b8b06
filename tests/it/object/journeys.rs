//! From `sustained object` to "honored" on record.

use std::fs;
use std::path::Path;

use sustained::outlet::browser::driver::Make;

use super::{CODE, Filing, PATIENCE, REASON, ends};
use crate::support::dovecot::{Dovecot, LOGIN};
use crate::support::{log, shows};

/// The way through the form `name` in one language, with the daemon beside it or without.
fn check(language: &str, (name, path): (&str, &str), make: Make, has_daemon: bool) {
    let Some(dovecot) = Dovecot::start() else {
        return;
    };
    let Some(filing) = Filing::on(&dovecot, make) else {
        return;
    };
    let home = filing.forms.words(language, "home").to_owned();
    filing.add(&format!("country = \"{home}\"\nname = \"Zoë Müller\"\n"));
    let daemon = has_daemon.then(|| {
        let daemon = filing.home.run();
        daemon.wait_for_line("watching", PATIENCE);
        daemon
    });
    let url = filing
        .forms
        .url(path, language, &format!("{name},code,message:filed"));
    let mut running = filing.object_at(&url, &["--yes", "--answer", "60 s"]);

    let form = filing.sent(&running);
    assert_eq!(form["email"], LOGIN);
    assert_eq!(form["impact"], REASON);
    assert_eq!(form.get("trap").map_or("", String::as_str), "");
    dovecot.deliver("INBOX", &filing.meta.code(CODE));
    let code = filing.sent(&running);
    assert!(code["code"] == CODE, "another code in {language}");
    assert!(
        filing.forms.has_code(),
        "it was not typed as a person types"
    );
    dovecot.deliver("INBOX", &filing.meta.decision());

    let answer = ends(&mut running, "filed", 0);
    assert_eq!(answer["answer"], "honored", "{}", running.talk());
    if let Some(mut daemon) = daemon {
        daemon.stop(PATIENCE);
        assert!(!shows(&daemon.talk(), CODE), "the daemon printed the code");
    }
    assert_eq!(filing.state(), "decided");
    filing.keeps_the_code_to_itself(&running);
    filing.has_on_record(&["form.sent", "form.filed"]);
    if (language, make) == ("en", Make::Chromium) {
        keep_pictures(&filing);
    }
    let types = log::types(&filing.home);
    for expected in [
        "mailbox.armed",
        "code.received",
        "submission.accepted",
        "decision.received",
    ] {
        let count = types.iter().filter(|one| *one == expected).count();
        assert_eq!(count, 1, "{expected} in {types:?}");
    }
}

/// README's pictures, where they are asked for.
fn keep_pictures(filing: &Filing) {
    let Some(folder) = std::env::var_os("SUSTAINED_PICTURES") else {
        return;
    };
    for step in ["sent", "filed"] {
        let line = log::wait_for(&filing.home, &format!("form.{step}"));
        let picture = filing
            .home
            .state()
            .join(line["screenshot"].as_str().unwrap());
        let kept = Path::new(&folder).join(format!("object-{step}.png"));
        fs::copy(picture, kept).unwrap();
    }
}

const FACEBOOK_2024: (&str, &str) = ("facebook-2024", super::FACEBOOK);
const FACEBOOK_2025: (&str, &str) = ("facebook-2025", "/help/contact/712876720715583");
const INSTAGRAM: (&str, &str) = ("instagram", "/contact/767264225370182");
const THIRD_PARTY: (&str, &str) = ("third-party", "/help/contact/510058597920541");

#[test]
fn in_english() {
    check("en", FACEBOOK_2024, Make::Chromium, false);
}

#[test]
fn in_german_beside_the_daemon() {
    check("de", FACEBOOK_2025, Make::Chromium, true);
}

#[test]
fn in_french() {
    check("fr", INSTAGRAM, Make::Chromium, false);
}

#[test]
fn in_italian_beside_the_daemon() {
    check("it", THIRD_PARTY, Make::Chromium, true);
}

#[test]
fn in_spanish() {
    check("es", FACEBOOK_2025, Make::Chromium, false);
}

#[test]
fn in_portuguese_beside_the_daemon() {
    check("pt", FACEBOOK_2024, Make::Chromium, true);
}

#[test]
fn in_german_with_firefox() {
    check("de", FACEBOOK_2024, Make::Firefox, false);
}

#[test]
fn in_italian_with_firefox_beside_the_daemon() {
    check("it", INSTAGRAM, Make::Firefox, true);
}

#[test]
fn a_form_that_wants_no_code_is_filed_all_the_same() {
    let Some(filing) = Filing::new() else {
        return;
    };
    let mut running = filing.object(
        "en",
        "facebook-2025,message:filed",
        &["--yes", "--answer", "1 s"],
    );
    let answer = ends(&mut running, "filed", 0);
    assert!(answer["answer"].is_null());
    running.wait_for_line("start `sustained run`", PATIENCE);
    assert_eq!(filing.state(), "submitted");
    filing.has_on_record(&["form.sent", "form.filed"]);
}
