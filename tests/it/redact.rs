//! A redacted copy reads as the original does, and holds none of its secrets.

use std::fmt::Write as _;
use std::fs;

use sustained::mail::{self, NotRedacted, Verdict, Wordings};

use crate::mail::messages;

#[test]
fn every_message_of_the_corpus_has_a_copy_that_reads_the_same() {
    let wordings = Wordings::built_in();
    let mut wrong = String::new();
    for path in messages() {
        let raw = fs::read(&path).unwrap();
        let name = path.file_stem().unwrap().display();
        match mail::redact(&raw, &wordings) {
            Err(why) => writeln!(wrong, "{name}: {why}").unwrap(),
            Ok(copy) => {
                if std::env::var_os("SHOW").is_some() {
                    fs::create_dir_all("/tmp/redacted").unwrap();
                    fs::write(format!("/tmp/redacted/{name}.eml"), &copy.message).unwrap();
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}
#[test]
fn show_one() {
    let Some(path) = std::env::var_os("ONE") else {
        return;
    };
    let raw = fs::read(path).unwrap();
    let copy = mail::redact(&raw, &Wordings::built_in());
    println!("{:?}", copy.as_ref().err());
    println!("{}", copy.map(|c| c.message).unwrap_or_default());
}
