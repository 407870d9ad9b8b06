//! What the most hostile messages cost: time and memory of reading 25 MB that mean harm.
//!
//! Each message is read by a process of its own (this program, started again), so that its peak
//! of memory is its own; the peak holds the 25 MB of the message as well. The baseline is a
//! message of the same size that only fills space. Nothing here passes or fails by time.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use std::process::Command;
use std::time::{Duration, Instant};

use sustained::mail::{self, Verdict, Wordings};

/// The size of every message, and what the goal says of each.
const SIZE: usize = 25 * 1024 * 1024;
const GOAL: (Duration, u64) = (Duration::from_secs(2), 200);

/// The claim of the sender, without which a message is passed over.
const HEAD: &str = "From: Facebook <notification@facebookmail.com>\r\nTo: me@example.org\r\n\
                    Subject: Your objection\r\nMIME-Version: 1.0\r\n";

/// A name, and how the message of that name is made.
type Attack = (&'static str, fn() -> String);

const ATTACKS: [Attack; 21] = [
    ("plain text, the baseline", || text(&"word ".repeat(12))),
    ("200,000 nested <div>", || html(&nested("<div>", 200_000))),
    ("<div> without end", || html("<div>")),
    ("end tags without beginning", || html("</b></div></p>")),
    ("nested tables", || html("<table><tr><td>")),
    ("nested hidden elements", || {
        html("<p style='display:none'><b>")
    }),
    ("coloured elements", || {
        html("<i style='color:#fff;background:#000'>x")
    }),
    ("one attribute of 25 MB", || {
        html(&format!("<a href='{}", "x".repeat(1000)))
    }),
    ("a million attributes", || {
        html(&format!("<a {}>", "b=c ".repeat(100_000)))
    }),
    ("style rules", || {
        html(&format!(
            "<style>{}</style>",
            ".a{display:none}".repeat(60_000)
        ))
    }),
    ("entities", || html("&amp&#8203;&#x202e;")),
    ("comments", || html("<!-- <")),
    ("links", || {
        html("<a href='https://www.facebook.com/x'>x</a> ")
    }),
    ("digits and the word code", || text("code 482913\r\n")),
    ("beginnings of phrases", || text("we will not honor your ")),
    ("quoted lines", || {
        text("On Monday wrote:x\r\n> From: x\r\n")
    }),
    ("invisible characters", || {
        text("1\u{200b}\u{202e}2\u{202c}")
    }),
    ("100,000 parts", || parts(100_000)),
    ("3,000 nested multiparts", || multiparts(3_000)),
    ("a line of 12 MB", || text(&"x".repeat(12 * 1024 * 1024))),
    ("a header of 25 MB", || {
        filled(
            String::from("From: Facebook <a@b.test>\r\n"),
            "X: =?utf-8?q?y?=\r\n ",
        )
    }),
];

fn main() {
    let mut arguments = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench");
    if let Some(name) = arguments.next() {
        return read_one(&name);
    }
    println!(
        "reading {} MB of hostile mail (goal: {:?}, {} MiB):",
        SIZE / 1024 / 1024,
        GOAL.0,
        GOAL.1
    );
    let mut baseline = None;
    for (name, _) in ATTACKS {
        let output = Command::new(std::env::current_exe().unwrap())
            .arg(name)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{name}: the process ended with {}",
            output.status
        );
        let said = String::from_utf8(output.stdout).unwrap();
        let mut figures = said.split_whitespace();
        let micros: u64 = figures.next().unwrap().parse().unwrap();
        let mebibytes: u64 = figures.next().unwrap().parse().unwrap();
        let (time, verdict) = (Duration::from_micros(micros), figures.next().unwrap());
        let ratio = time.as_secs_f64() / baseline.get_or_insert(time).as_secs_f64();
        let holds = time < GOAL.0 && mebibytes < GOAL.1;
        let mark = if holds { "" } else { "   ABOVE THE GOAL" };
        println!("  {name:<28} {time:>10.2?} {ratio:>7.1} x {mebibytes:>5} MiB   {verdict}{mark}");
    }
}

fn read_one(name: &str) {
    let (_, make) = ATTACKS.iter().find(|(known, _)| *known == name).unwrap();
    let (raw, wordings) = (make(), Wordings::built_in());
    let start = Instant::now();
    let finding = mail::classify(&mail::read(raw.as_bytes(), &wordings), &wordings);
    let time = start.elapsed();
    let verdict = match finding.verdict {
        Verdict::Unclear(doubt) => format!("set_aside:{doubt:?}"),
        Verdict::Irrelevant => "irrelevant".to_owned(),
        Verdict::Notification | Verdict::ConfirmationCode(_) | Verdict::Decision(_) => {
            "read".to_owned()
        }
    };
    println!("{} {} {verdict}", time.as_micros(), peak());
}

/// The most memory that this process ever held, in MiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    line.split_whitespace()
        .nth(1)
        .unwrap()
        .parse::<u64>()
        .unwrap()
        / 1024
}

fn filled(mut message: String, with: &str) -> String {
    message.reserve(SIZE + with.len());
    while message.len() < SIZE {
        message.push_str(with);
    }
    message
}

fn text(with: &str) -> String {
    filled(
        format!("{HEAD}Content-Type: text/plain; charset=utf-8\r\n\r\n"),
        with,
    )
}

fn html(with: &str) -> String {
    filled(
        format!("{HEAD}Content-Type: text/html; charset=utf-8\r\n\r\n<html><body>"),
        with,
    )
}

fn nested(tag: &str, depth: usize) -> String {
    format!("{}{}", tag.repeat(depth), "x".repeat(SIZE))
}

fn parts(count: usize) -> String {
    let part = format!("--b\r\n\r\n{}\r\n", "x".repeat(SIZE / count));
    filled(
        format!("{HEAD}Content-Type: multipart/mixed; boundary=b\r\n\r\n"),
        &part,
    )
}

fn multiparts(depth: usize) -> String {
    let mut message = HEAD.to_owned();
    for level in 0..depth {
        let boundary = format!("b{level}");
        message.push_str("Content-Type: multipart/mixed; boundary=");
        message.extend([&boundary, "\r\n\r\n--", &boundary, "\r\n"]);
    }
    filled(message, "x y z\r\n")
}
