//! Bounds what a server may send, before the parser sees a byte of it.
//!
//! It knows just enough of the syntax (RFC 9051, 4) to tell lines, quoted strings, literals and
//! parentheses apart. It does not know what any of them means. A line of its own that the parser
//! cannot read is left out and counted: one odd line of no interest must not end a connection.
//!
//! SECURITY: every byte that passes here is hostile. Without it the parser allocates what a
//! literal announces, recurses as deep as parentheses go, and reads a long line again for each
//! packet (async-imap 0.12 with imap-proto 0.17: measured).

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tracing::debug;

/// The longest literal: the largest message that is fetched, and room for what a server rounds up.
const LONGEST_LITERAL: u64 = crate::source::LARGEST_MESSAGE + 64 * 1024;

/// The longest line outside literals. The parser's work grows with the square of it; a list of
/// twenty thousand UIDs still fits.
const LONGEST_LINE: u64 = 256 * 1024;

/// The deepest nesting of parentheses. FETCH needs two; nothing we ask for needs more than four.
const DEEPEST_NESTING: u16 = 24;

/// Read at once.
const CHUNK: usize = 4096;

/// So many unreadable lines are left out; a server with more does not speak IMAP.
const MOST_UNREADABLE: u32 = 1000;

/// A connection whose incoming bytes are bounded.
#[derive(Debug)]
pub(super) struct Guard<S> {
    stream: S,
    scan: Scan,
    /// Whether the parser can read a line that stands alone.
    is_readable: fn(&[u8]) -> bool,
    /// The line that is coming in, until it is whole; not used within an answer with literals.
    line: Vec<u8>,
    /// What was let through and not yet asked for.
    passed: Vec<u8>,
    given: usize,
    unreadable: u32,
}

/// Where the scan stands between two reads.
#[derive(Debug, Default)]
struct Scan {
    /// Bytes of a literal that are still to come.
    literal: u64,
    line: u64,
    depth: u16,
    quote: Quote,
    /// The digits after `{`.
    announced: Option<u64>,
    /// `{digits}` was read, and nothing since.
    closed: bool,
    /// The last byte was a blank.
    blank: bool,
    /// The answer has announced a literal and goes on behind it.
    is_within: bool,
}

/// Whether the scan stands in a quoted string (RFC 9051, 4.3).
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Quote {
    #[default]
    Outside,
    Inside,
    /// Inside, behind a backslash.
    Escaped,
}

impl<S> Guard<S> {
    pub(super) fn new(stream: S, is_readable: fn(&[u8]) -> bool) -> Self {
        Self {
            stream,
            scan: Scan::default(),
            is_readable,
            line: Vec::new(),
            passed: Vec::new(),
            given: 0,
            unreadable: 0,
        }
    }

    /// Takes bytes in; what may pass is then in `passed`.
    fn take(&mut self, bytes: &mut [u8]) -> io::Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let end = rest.iter().position(|byte| *byte == b'\n');
            let piece = end.map_or(rest.len(), |at| at + 1);
            let (piece, others) = rest.split_at_mut(piece);
            let was_within = self.scan.is_within;
            let kept = self.scan.pass(piece)?;
            let kept = piece.get(..kept).unwrap_or_default();
            if was_within {
                self.passed.extend_from_slice(kept);
            } else {
                self.line.extend_from_slice(kept);
                if self.line.ends_with(b"\n") {
                    self.end_line()?;
                }
            }
            rest = others;
        }
        Ok(())
    }

    /// A line is whole: lets it through, unless it stands alone and nobody can read it.
    fn end_line(&mut self) -> io::Result<()> {
        let stands_alone = !self.scan.is_within && self.line.starts_with(b"* ");
        if stands_alone && !(self.is_readable)(&self.line) {
            self.unreadable += 1;
            debug!(count = self.unreadable, "left out a line that is not IMAP");
            if self.unreadable > MOST_UNREADABLE {
                return Err(beyond("the number of lines that are not IMAP"));
            }
        } else {
            self.passed.extend_from_slice(&self.line);
        }
        // Given back: thousands of connections wait for days between two lines.
        self.line = Vec::new();
        Ok(())
    }

    /// Gives out what was let through, as far as there is room.
    fn give(&mut self, buffer: &mut ReadBuf<'_>) -> bool {
        let rest = self.passed.get(self.given..).unwrap_or_default();
        if rest.is_empty() {
            return false;
        }
        let most = rest.len().min(buffer.remaining());
        buffer.put_slice(rest.get(..most).unwrap_or_default());
        self.given += most;
        if self.given == self.passed.len() {
            (self.passed, self.given) = (Vec::new(), 0);
        }
        true
    }
}

impl Scan {
    /// Looks at bytes in the order they came, and puts those that are kept to the front; returns
    /// how many they are.
    fn pass(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let (mut at, mut kept) = (0, 0);
        while at < bytes.len() {
            if self.literal > 0 {
                let there = usize::try_from(self.literal).unwrap_or(usize::MAX);
                let there = there.min(bytes.len() - at);
                bytes.copy_within(at..at + there, kept);
                self.literal -= there as u64;
                (at, kept) = (at + there, kept + there);
                continue;
            }
            let Some(byte) = bytes.get(at).copied() else {
                break;
            };
            self.step(byte)?;
            // Some servers put two blanks where the grammar has one, and the parser gives up
            // (t-online's CAPABILITY, chatmail/async-imap#131). Outside quotes they mean nothing.
            let is_second = byte == b' ' && self.blank && self.quote == Quote::Outside;
            self.blank = byte == b' ';
            if !is_second {
                if let Some(place) = bytes.get_mut(kept) {
                    *place = byte;
                }
                kept += 1;
            }
            at += 1;
        }
        Ok(kept)
    }

    fn step(&mut self, byte: u8) -> io::Result<()> {
        self.line += 1;
        if self.line > LONGEST_LINE {
            return Err(beyond("a line"));
        }
        if byte == b'\n' {
            return self.end_line();
        }
        if byte != b'\r' {
            self.closed = false;
        }
        if self.quote != Quote::Outside {
            self.quote = match (self.quote, byte) {
                (Quote::Inside, b'\\') => Quote::Escaped,
                (Quote::Inside, b'"') => Quote::Outside,
                _ => Quote::Inside,
            };
            return Ok(());
        }
        match byte {
            b'"' => self.quote = Quote::Inside,
            b'(' => {
                self.depth += 1;
                if self.depth > DEEPEST_NESTING {
                    return Err(beyond("the nesting of an answer"));
                }
            }
            b')' => self.depth = self.depth.saturating_sub(1),
            b'{' => self.announced = Some(0),
            b'0'..=b'9' => {
                let digit = u64::from(byte - b'0');
                self.announced = self
                    .announced
                    .map(|n| n.saturating_mul(10).saturating_add(digit));
            }
            b'}' => self.closed = self.announced.is_some(),
            // A non-synchronising literal of a server (`{3+}`), and the end of a line.
            b'+' | b'\r' => {}
            _ => self.announced = None,
        }
        Ok(())
    }

    /// A line ends an answer, unless it announced a literal: then the answer goes on behind that.
    fn end_line(&mut self) -> io::Result<()> {
        let announced = self.announced.filter(|_| self.closed);
        let depth = if announced.is_some() { self.depth } else { 0 };
        let line = if announced.is_some() { self.line } else { 0 };
        *self = Self {
            line,
            depth,
            is_within: announced.is_some(),
            ..Self::default()
        };
        if let Some(length) = announced {
            if length > LONGEST_LITERAL {
                return Err(beyond("a literal"));
            }
            self.literal = length;
        }
        Ok(())
    }
}

fn beyond(what: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("the server sent more than this program accepts: {what} is beyond the bound"),
    )
}

impl<S: AsyncRead + Unpin> AsyncRead for Guard<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        while !this.give(buffer) {
            let mut came = [0; CHUNK];
            let mut came = ReadBuf::new(&mut came);
            ready!(Pin::new(&mut this.stream).poll_read(context, &mut came))?;
            // The connection's end.
            if came.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            this.take(came.filled_mut())?;
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guard<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::{DEEPEST_NESTING, Guard, LONGEST_LINE, LONGEST_LITERAL, Scan};

    /// Whether the guard lets `bytes` pass, however they are cut into reads.
    fn check(bytes: &[u8], passes: bool) {
        for size in [1, 7, bytes.len().max(1)] {
            let mut scan = Scan::default();
            let let_through = bytes
                .chunks(size)
                .all(|chunk| scan.pass(&mut chunk.to_vec()).is_ok());
            assert_eq!(let_through, passes, "in pieces of {size}");
        }
    }

    #[test]
    fn a_line_that_nobody_can_read_is_left_out_and_the_rest_stays() {
        let said = b"* OK hi\r\n* ODD line\r\n* 1 FETCH (BODY[] {5}\r\nx\n* O X)\r\nS1 ODD\r\n";
        let is_readable = |line: &[u8]| !line.windows(3).any(|three| three == b"ODD");
        for size in [1, 3, said.len()] {
            let mut guard = Guard::new((), is_readable);
            for chunk in said.chunks(size) {
                guard.take(&mut chunk.to_vec()).expect("within bounds");
            }
            let expected = b"* OK hi\r\n* 1 FETCH (BODY[] {5}\r\nx\n* O X)\r\nS1 ODD\r\n";
            assert_eq!(guard.passed, expected, "in pieces of {size}");
        }
    }

    #[test]
    fn a_second_blank_is_dropped_outside_quotes_and_literals() {
        let said = b"* CAPABILITY IMAP4rev1   IDLE \"a  b\"  X {4}\r\n    y  z\r\n";
        for size in [1, 3, said.len()] {
            let mut scan = Scan::default();
            let mut passed = Vec::new();
            for chunk in said.chunks(size) {
                let mut chunk = chunk.to_vec();
                let kept = scan.pass(&mut chunk).expect("within bounds");
                passed.extend_from_slice(&chunk[..kept]);
            }
            let expected = b"* CAPABILITY IMAP4rev1 IDLE \"a  b\" X {4}\r\n    y z\r\n";
            assert_eq!(passed, expected, "in pieces of {size}");
        }
    }

    #[test]
    fn ordinary_answers_pass() {
        check(b"* OK ready\r\n* 3 EXISTS\r\n", true);
        check(b"* 1 FETCH (UID 9 BODY[] {5}\r\n((((( FLAGS ())\r\n", true);
        check(b"* LIST () \"/\" \"a {999999999}\"\r\nA1 OK\r\n", true);
    }

    #[test]
    fn a_literal_beyond_the_bound_is_refused_where_it_is_announced() {
        check(
            format!("* 1 FETCH (BODY[] {{{LONGEST_LITERAL}}}\r\n").as_bytes(),
            true,
        );
        check(
            format!("* 1 FETCH (BODY[] {{{}}}\r\n", LONGEST_LITERAL + 1).as_bytes(),
            false,
        );
        check(b"* 1 FETCH (BODY[] {99999999999999999999999999}\r\n", false);
    }

    #[test]
    fn nesting_is_counted_outside_quotes_and_literals_only() {
        let deep = "(".repeat(usize::from(DEEPEST_NESTING) + 1);
        check(format!("* 1 FETCH {deep}\r\n").as_bytes(), false);
        check(format!("* OK \"{deep}\"\r\n").as_bytes(), true);
        check(
            format!("* 1 FETCH (BODY[] {{25}}\r\n{deep})\r\n").as_bytes(),
            true,
        );
        check(
            format!("* 1 FETCH (BODY[] {{1}}\r\n(({deep})\r\n").as_bytes(),
            false,
        );
    }

    #[test]
    fn a_line_without_end_is_refused() {
        let length = usize::try_from(LONGEST_LINE).expect("fits");
        check(&vec![b'x'; length], true);
        check(&vec![b'x'; length + 1], false);
    }
}
