//! A hand-over to a program that runs in a unit of its own, so that a browser needs no hole in the
//! daemon's sandbox.
//!
//! The daemon starts [`via()`] as its submission command. It connects to a Unix socket, behind
//! which systemd starts [`here()`] in another unit; that one runs the program. Neither decides
//! anything: how the program ended comes back as if the daemon had started it itself.
//!
//! They speak one line each: the other side greets, the letter goes there, the answer comes back.
//! It greets first, so that a unit that cannot start was never given a code: that is "later", not
//! a doubt. The letter counts with its end of line only, so half of it starts nothing. Once it is
//! over there, an answer that does not come means that nobody knows.
//!
//! SECURITY: the code passes through, in buffers that are wiped; it is never printed or kept. Who
//! may connect is the socket's mode and owner.

mod here;
mod via;

use serde::{Deserialize, Serialize};

pub use here::{HereError, here};
pub use via::{End, end_in_doubt, via};

/// What the other side says first, its end of line included.
const GREETING: &[u8] = b"sustained-submit 1\n";

/// The most bytes of a letter, far more than a mail's sender and subject can fill.
const LARGEST_LETTER: u64 = 1024 * 1024;

/// How much of what the program says on standard error goes back.
const STDERR_KEPT: usize = 4096;

/// The most bytes of an answer: JSON may need six for one.
const LARGEST_ANSWER: u64 = 64 * 1024;

/// `EX_TEMPFAIL` of sysexits(3): nothing was begun, it may work later.
const TRY_LATER: u8 = 75;

/// `EX_CONFIG` of sysexits(3): nothing was begun, and nothing will be until somebody acts.
const REFUSED: u8 = 78;

/// How the program ended.
#[derive(Debug, Serialize, Deserialize)]
struct Answer {
    /// Its exit status; none if a signal ended it.
    exit: Option<u8>,
    /// The beginning of what it said on standard error.
    stderr: String,
}
