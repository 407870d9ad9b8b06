//! A database that is damaged: the program stops with a sentence and leaves the file alone. What is
//! small is looked at before anything begins, the rest while the program works.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;

use rusqlite::Connection;

use super::way::{KINDS, Way};
use crate::support::PATIENCE;

/// A way that was gone, and the first page of a table of its database.
fn gone_with_page_of(table: &str) -> (Way, u64) {
    let mut way = Way::from_maildir();
    for kind in KINDS {
        way.send(kind);
    }
    way.finish();
    let database = Connection::open(way.home.state().join("sustained.db")).unwrap();
    database
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .unwrap();
    let ask = |sql: &str| {
        database
            .query_row(sql, [], |row| row.get::<_, i64>(0))
            .unwrap()
    };
    let size = ask("PRAGMA page_size");
    let root = ask(&format!(
        "SELECT rootpage FROM sqlite_schema WHERE name = '{table}'"
    ));
    (way, u64::try_from((root - 1) * size).unwrap())
}

/// Overwrites the beginning of a page, as a disk does that mixes sectors up.
fn damage(way: &Way, at: u64) -> Vec<u8> {
    let path = way.home.state().join("sustained.db");
    let file = File::options().write(true).open(&path).unwrap();
    file.write_all_at(&[0xab; 64], at).unwrap();
    fs::read(path).unwrap()
}

fn stops_with_a_sentence(way: &Way, damaged: &[u8]) {
    let mut running = way.home.run();
    let status = running.wait(PATIENCE);
    assert_eq!(status.code(), Some(69), "{}", running.talk());
    let talk = running.talk();
    assert!(talk.contains("never replaced"), "{talk}");
    assert!(talk.contains("sustained.db"), "{talk}");
    let left = fs::read(way.home.state().join("sustained.db")).unwrap();
    assert!(left == damaged, "the file was changed");
}

#[test]
fn a_damaged_small_table_stops_the_program_before_it_begins() {
    for table in ["mailbox", "case", "key"] {
        let (way, page) = gone_with_page_of(table);
        let damaged = damage(&way, page);
        stops_with_a_sentence(&way, &damaged);
    }
}

#[test]
fn a_damaged_log_stops_the_program_soon() {
    // An index, which nothing that the program does at its start needs to read.
    for place in ["event", "event_case", "sqlite_autoindex_message_1"] {
        let (way, page) = gone_with_page_of(place);
        let damaged = damage(&way, page);
        let mut running = way.home.run();
        let status = running.wait(PATIENCE);
        assert_eq!(status.code(), Some(69), "{place}: {}", running.talk());
        let talk = running.talk();
        assert!(talk.contains("never replaced"), "{talk}");
        assert!(talk.contains("sustained.db"), "{talk}");
        drop(damaged);
    }
}
