//! The one integration test binary: the architecture, the real program, real servers.
//!
//! One binary, because each further one would link the whole program again.

// A test that cannot go on has failed, and says so by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
// What a test prints is shown when it fails.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod architecture;
mod arguments;
mod browser;
mod cases;
mod check;
mod cli;
mod codes;
mod config;
mod crash;
mod dkim;
mod documents;
mod hearing;
mod hostile;
mod init;
mod journey;
mod life;
mod log;
mod mail;
mod maildir;
mod manual;
mod object;
mod outbound;
mod outlet;
mod properties;
mod reading;
mod readme;
mod redact;
mod relay;
mod scripts;
mod sender;
mod servers;
mod status;
mod stories;
mod support;
mod systemd;
mod telling;
mod terminal;
mod troubles;
mod web;
mod webhook;
mod wire;
