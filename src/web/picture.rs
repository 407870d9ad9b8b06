//! What `sustained object` saw of a form: a page around the picture, and the picture itself.
//!
//! SECURITY: a picture is read only if an event names it, from the evidence, and is given away only
//! if it still is what was kept: its name is the digest of its bytes. Hostile: the path that asks.

use std::fs::File;
use std::io::{self, Read as _};

use crate::mail::Digest;
use crate::record;
use crate::store::{EventRow, StoreError};

use super::answer::Answer;
use super::html::{Html, Target};
use super::moment::time;
use super::page::{HTML, lost, top, zoned};
use super::routes::Sight;
use super::story::Story;

/// The largest that was seen has some hundred kilobytes. In bytes.
const LARGEST: u64 = 32 * 1024 * 1024;

/// The page with the picture on it.
pub(super) fn page(sight: &Sight<'_>, digest: Digest) -> Result<Answer, StoreError> {
    let Some(row) = sight.store.event_with_picture(digest)? else {
        return Ok(nothing());
    };
    let story = Story::of(&row);
    let html = Html::document(&format!("{} – sustained", story.what), false, |html| {
        top(html, false);
        html.element("main", &[("id", "main")], |html| {
            html.say("h1", &[], &story.what);
            html.element("p", &[("class", "more")], |html| {
                html.text("As the page was seen ");
                time(html, story.at, sight.now);
            });
            let (address, words) = (format!("/picture/{digest}.png"), described(&row, &story));
            let attributes = [("src", address.as_str()), ("alt", words.as_str())];
            html.void("img", &attributes);
            html.element("p", &[], |html| {
                html.link(Target::Png(digest), "The picture alone");
            });
        });
        zoned(html, sight);
    });
    let policy = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; \
                  form-action 'none'; frame-ancestors 'none'";
    Ok(Answer::new(HTML, html).with("content-security-policy", policy))
}

/// The picture itself.
pub(super) fn png(sight: &Sight<'_>, digest: Digest) -> Result<Answer, StoreError> {
    if sight.store.event_with_picture(digest)?.is_none() {
        return Ok(nothing());
    }
    let path = sight.state_dir.join(record::screenshot_of(digest));
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LARGEST).read_to_end(&mut bytes));
    Ok(match read {
        Ok(_) if Digest::of(&bytes) == digest => Answer::new("image/png", bytes),
        Ok(_) => Answer::told(410, "The picture was changed: it is not what was kept."),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Answer::told(410, "The picture is not among the evidence any more.")
        }
        Err(_) => Answer::told(503, "The picture cannot be read now."),
    })
}

fn nothing() -> Answer {
    lost("There is no such picture.")
}

/// The picture in words, for whoever does not see it.
fn described(row: &EventRow, story: &Story) -> String {
    let mailbox = &row.mailbox.0;
    format!(
        "The page of Meta's form for mailbox {mailbox}: {} {}",
        story.what, story.more
    )
}
