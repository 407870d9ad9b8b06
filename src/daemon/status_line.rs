//! The line that `systemctl status` shows: how many folders are heard, and what is amiss.
//!
//! SECURITY: every user of the machine can read it. It is made of numbers and words of our own; no
//! name, address or code has a way in.

use std::time::Duration;

use sd_notify::NotifyState;
use tokio::time::sleep;

use super::health::{Health, Summary};
use super::watchdog::tell;

/// Thousands of folders begin within a minute: nobody reads faster than this.
const AT_MOST_EVERY: Duration = Duration::from_secs(2);

/// Keeps the line true until the task is ended.
pub(super) async fn keep(health: Health) {
    let mut told = String::new();
    loop {
        // Asked for before the look, so that no change falls between the two.
        let changed = health.changed();
        let line = sentence(&health.summary());
        if line != told {
            tell(&[NotifyState::Status(&line)]);
            told = line;
        }
        sleep(AT_MOST_EVERY).await;
        changed.await;
    }
}

fn sentence(summary: &Summary) -> String {
    let Summary {
        folders,
        awaited,
        heard,
        broken_channels,
        looked_through,
        to_look_through,
        ..
    } = *summary;
    let refused = summary
        .is_refused
        .then(|| "configuration refused at reload: still running with the old one".to_owned());
    let hearing = match (folders, heard) {
        (0, _) => "there is no folder to hear".to_owned(),
        (1, 1) => "the folder is heard".to_owned(),
        (all, heard) if heard == all => format!("all {all} folders heard"),
        (all, heard) => format!("{heard} of {all} folders heard"),
    };
    let starting = (!summary.is_ready && awaited > 0)
        .then(|| format!("starting: waits for the first proof of {awaited} more"));
    let catching_up = (to_look_through > 0).then(|| {
        format!("catching up: {looked_through} of {to_look_through} messages looked through")
    });
    let broken = match broken_channels {
        0 => None,
        1 => Some("1 alert channel fails".to_owned()),
        several => Some(format!("{several} alert channels fail")),
    };
    let parts = [refused, Some(hearing), starting, catching_up, broken];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::{Summary, sentence};

    #[test]
    fn the_line_says_what_is_heard_and_what_is_amiss() {
        let ready = Summary {
            is_ready: true,
            folders: 3,
            heard: 3,
            ..Summary::default()
        };
        let check = |summary: Summary, expected: &str| assert_eq!(sentence(&summary), expected);
        check(ready, "all 3 folders heard");
        check(Summary { heard: 2, ..ready }, "2 of 3 folders heard");
        let one = Summary {
            folders: 1,
            heard: 1,
            ..ready
        };
        check(one, "the folder is heard");
        check(Summary { folders: 0, ..one }, "there is no folder to hear");
        let starting = Summary {
            is_ready: false,
            heard: 1,
            awaited: 2,
            ..ready
        };
        check(
            starting,
            "1 of 3 folders heard; starting: waits for the first proof of 2 more",
        );
        let behind = Summary {
            looked_through: 1200,
            to_look_through: 50_000,
            ..ready
        };
        check(
            behind,
            "all 3 folders heard; catching up: 1200 of 50000 messages looked through",
        );
        let amiss = Summary {
            is_refused: true,
            broken_channels: 1,
            ..ready
        };
        check(
            amiss,
            "configuration refused at reload: still running with the old one; \
             all 3 folders heard; 1 alert channel fails",
        );
    }
}
