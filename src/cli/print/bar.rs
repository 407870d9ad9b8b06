//! How far something has come, in the last line of a terminal, on standard error: for what takes
//! longer than a moment, and gone when that is done.
//!
//! It does not know what is done. Nothing of it is ever on standard output, and where standard
//! error is no terminal there is none. SECURITY: its words are made fit to be shown here.

use std::fs::File;
use std::io::{self, IsTerminal as _, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::FileTypeExt as _;
use std::time::{Duration, Instant};

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::screen::columns;
use super::text::cut;
use crate::mail::plain_sentence;

/// What is done sooner needs no bar.
const MOMENT: Duration = Duration::from_millis(500);

/// How often the words change: nobody reads faster.
const AGAIN: Duration = Duration::from_millis(100);

/// What stands behind the words at the least: `[] 100%, 23h`, and the cursor.
const BEHIND: usize = 16;

/// With everything known, and with how much there is unknown.
const STYLE: &str = "{msg} [{wide_bar}] {percent}%, {eta}";
const STYLE_OPEN: &str = "{spinner} {msg}";

/// A bar, or none. A copy is the same bar.
#[derive(Debug, Clone)]
pub struct Bar {
    drawn: ProgressBar,
    /// Standard error is a terminal that can clear a line.
    can_be_shown: bool,
    /// What is written beside it shows on the same terminal.
    is_shared: bool,
    /// When it began, and when its words were last changed.
    since: Instant,
    changed: Option<Instant>,
}

impl Bar {
    /// A bar for something that begins now.
    pub fn new() -> Self {
        let is_able =
            std::env::var_os("TERM").is_some_and(|term| !term.is_empty() && term != "dumb");
        let out = io::stdout();
        Self {
            drawn: ProgressBar::hidden(),
            // What reads the pipe may write to the same terminal.
            can_be_shown: io::stderr().is_terminal() && is_able && !is_pipe(&out),
            is_shared: out.is_terminal(),
            since: Instant::now(),
            changed: None,
        }
    }

    /// It is done when so much is done; not known for 0.
    pub fn expect(&self, of: u64) {
        let template = if of == 0 { STYLE_OPEN } else { STYLE };
        let style = ProgressStyle::with_template(template);
        // A template that is none shows as the library's own.
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
        self.drawn.set_style(style.progress_chars("=>-"));
        if of == 0 {
            self.drawn.unset_length();
        } else {
            self.drawn.set_length(of);
        }
    }

    /// So much is done.
    pub fn reach(&self, done: u64) {
        self.drawn.set_position(done);
    }

    /// Counts what is read as done.
    pub fn count<R: Read>(&self, input: R) -> impl Read {
        self.drawn.wrap_read(input)
    }

    /// Says what is done, if it is time for that; it is told for how long it has been.
    pub fn say(&mut self, words: impl FnOnce(Duration) -> String) {
        let now = Instant::now();
        let before = self.changed.map(|before| now.duration_since(before));
        let took = now.duration_since(self.since);
        if !self.can_be_shown || took < MOMENT || before.is_some_and(|before| before < AGAIN) {
            return;
        }
        if self.drawn.is_hidden() {
            self.drawn.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.changed = Some(now);
        let columns = columns(&io::stderr()).unwrap_or_default();
        let room = columns.saturating_sub(BEHIND);
        self.drawn
            .set_message(cut(&plain_sentence(&words(took)), room));
        self.drawn.tick();
    }

    /// Does something that writes to standard output.
    pub fn beside<T>(&self, write: impl FnOnce() -> T) -> T {
        if self.is_shared {
            self.aside(write)
        } else {
            write()
        }
    }

    /// Does something that writes to the same terminal.
    pub fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        if self.drawn.is_hidden() {
            write()
        } else {
            self.drawn.suspend(write)
        }
    }

    /// Nothing of it is left; what it is used for next begins now.
    pub fn clear(&mut self) {
        self.drawn.finish_and_clear();
        // Nobody sees it begin anew.
        self.drawn.set_draw_target(ProgressDrawTarget::hidden());
        self.drawn.reset();
        self.since = Instant::now();
    }
}

/// Standard error, for lines that are written while a bar may be shown.
impl Write for Bar {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.aside(|| io::stderr().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// `12,000`
pub fn grouped(count: u64) -> String {
    HumanCount(count).to_string()
}

fn is_pipe(output: &impl AsFd) -> bool {
    let file = output.as_fd().try_clone_to_owned().map(File::from);
    let kind = file.and_then(|file| file.metadata());
    kind.is_ok_and(|kind| kind.file_type().is_fifo())
}
