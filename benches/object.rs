//! How long a code takes from the mailbox into the page: a real Chromium, the whole program, a
//! replica of the form.
//!
//! `cargo bench --bench object` prints what passes between the moment that the mail stands in the
//! Maildir and the moments that the code stands in the page (found, read, proved, committed, typed)
//! and that the replica has it (the button pressed). Nothing here passes or fails by time.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr
)]
// The tests' support is shared; not every part of it is needed here.
#![allow(dead_code, unused_imports)]

#[path = "../tests/it/support/mod.rs"]
mod support;

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use support::forms::{Forms, recipes_on_loopback};
use support::meta::Meta;
use support::process::{Home, Running};
use support::{PATIENCE, wait_until};

/// Objections that are filed; each starts a browser.
const FILED: usize = 10;

/// What the issue of this step allows on loopback.
const BASELINE: Duration = Duration::from_millis(300);

const FORM: &str = "/help/contact/6359191084165019";

fn main() {
    let (typed, sent): (Vec<_>, Vec<_>) = (0..FILED).map(|_| file()).unzip();
    println!("from the mail in the Maildir ({FILED} objections):");
    show("to the code in the page", typed);
    show("to the code at the form's server", sent);
}

fn show(name: &str, mut times: Vec<Duration>) {
    times.sort();
    let (least, most, middle) = (times[0], times[FILED - 1], times[FILED / 2]);
    println!("  {name:<34} median {middle:>9.2?}   min {least:>9.2?}   max {most:>9.2?}");
    let ratio = middle.as_secs_f64() / BASELINE.as_secs_f64();
    println!(
        "  {:<34} {ratio:.2}",
        format!("  to the {BASELINE:.0?} allowed")
    );
}

/// Files one objection; returns how long its code took into the page, and to the server.
fn file() -> (Duration, Duration) {
    let (home, meta, forms) = (Home::empty(), Meta::new(), Forms::start());
    let maildir = home.path().join("Maildir");
    for place in ["new", "cur", "tmp"] {
        fs::create_dir_all(maildir.join(place)).unwrap();
    }
    let recipes = home.path().join("recipes");
    recipes_on_loopback(&recipes);
    let config = format!(
        "[[mailbox]]\nname = \"me\"\naddress = \"me@example.org\"\naccounts = [\"facebook\"]\n\
         maildir = {:?}\n\n[browser]\nrecipes = {:?}\n\n{}",
        maildir.display().to_string(),
        recipes.display().to_string(),
        meta.pinned_keys()
    );
    home.write("config/sustained/config.toml", &config);
    let url = forms.url(FORM, "en", "facebook-2025,code,message:filed");
    let args = [
        "object",
        "--headless",
        "--yes",
        "--answer",
        "1 s",
        "--form",
        &url,
    ];
    let mut running = Running::start(home.command(&args));
    wait_until(PATIENCE, || !forms.sent().is_empty());
    running.wait_for_line("waiting for the mail", PATIENCE);
    // The page stands still then, and so does the program.
    thread::sleep(Duration::from_secs(1));
    fs::write(maildir.join("tmp/code"), meta.code("482913")).unwrap();
    let start = Instant::now();
    fs::rename(maildir.join("tmp/code"), maildir.join("new/code")).unwrap();
    wait_until(PATIENCE, || forms.has_code());
    let typed = start.elapsed();
    wait_until(PATIENCE, || !forms.sent().is_empty());
    let sent = start.elapsed();
    running.wait(PATIENCE);
    (typed, sent)
}
