//! `/readyz`: whether every folder is provably heard, for whoever watches this program.
//!
//! SECURITY: it answers everybody; names stand in it only for those who may see them.

use std::fmt::Write as _;

use crate::mail::plain;

use super::answer::{Answer, PLAIN};
use super::routes::Sight;

/// One line, and one a folder.
pub(super) fn ready(sight: &Sight<'_>, names: bool) -> Answer {
    let mut text = String::from(if sight.is_heard {
        "ready: every folder is provably heard\n"
    } else {
        "not ready: not every folder is provably heard\n"
    });
    for (at, folder) in sight.status.folders.iter().enumerate() {
        let name = if names {
            format!("{} {}", plain(&folder.mailbox), plain(&folder.folder))
        } else {
            format!("folder {}", at + 1)
        };
        let heard = match (folder.heard, folder.heard_seconds_ago) {
            (true, Some(ago)) => format!("heard, last proof {ago} s ago"),
            (false, Some(ago)) => format!("not heard, last proof {ago} s ago"),
            (_, None) => "never heard".to_owned(),
        };
        // Writing to a String cannot fail.
        writeln!(text, "{name}: {heard}").ok();
    }
    Answer {
        status: if sight.is_heard { 200 } else { 503 },
        ..Answer::new(PLAIN, text)
    }
}
