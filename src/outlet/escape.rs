//! Makes text that others wrote fit to be shown: visible, bounded, free of codes and live links.
//!
//! It does not know where the text came from or where it goes; every outlet passes every such
//! string through [`escape`] before a person or a terminal sees it.
//!
//! SECURITY: pure; all of its input is hostile. [`blot`] is handed the digits of a code and never
//! puts them into what it returns.

use std::fmt::Write as _;

/// How many characters of a subject, a sender or a name are shown.
pub const SHOWN: usize = 120;

/// How many characters of a reason are shown: one sentence of a program or a server.
pub const REASON_SHOWN: usize = 200;

/// What stands where a code stood. Its length says nothing about the code's.
const BLOT: &str = "••••";

/// Fewer digits than this are never a code that Meta sends, nor a useful part of one.
const MASKED_FROM: usize = 4;

/// Replaces every character that a terminal obeys or a reader cannot see by its visible name
/// (`\u{202e}`), and cuts the result at `limit` characters, the last of which is then `…`.
///
/// Text without such characters and within the limit comes back as it is, so escaping twice
/// is harmless.
#[must_use]
pub fn escape(text: &str, limit: usize) -> String {
    let mut shown = String::new();
    let mut length = 0;
    let mut room_for_mark = 0;
    for c in text.chars() {
        let before = shown.len();
        if is_unseen(c) {
            // Writing to a String cannot fail.
            let _ = write!(shown, "\\u{{{:x}}}", u32::from(c));
        } else {
            shown.push(c);
        }
        length += shown[before..].chars().count();
        if length > limit {
            shown.truncate(room_for_mark);
            shown.push('…');
            return shown;
        }
        if length < limit {
            room_for_mark = shown.len();
        }
    }
    shown
}

/// Takes every occurrence of a code out of `text`, also where blanks, dashes or other marks
/// stand between its digits.
#[must_use]
pub fn blot(text: &str, digits: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some(end) = spelled(rest, digits) {
            clean.push_str(BLOT);
            rest = &rest[end..];
        } else {
            clean.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    clean
}

/// Takes every group of digits that could be a code out of `text`: for mail text that is shown
/// where the code itself is not known.
#[must_use]
pub fn mask_digits(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (end, digits) = digit_group(rest);
        if digits >= MASKED_FROM {
            masked.push_str(BLOT);
            rest = &rest[end..];
        } else {
            let end = end.max(first.len_utf8());
            masked.push_str(&rest[..end]);
            rest = &rest[end..];
        }
    }
    masked
}

/// Makes addresses in `text` unclickable: mail and chat programs turn bare host names into links.
#[must_use]
pub fn defang(text: &str) -> String {
    let mut dull = String::with_capacity(text.len());
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let after = rest.peek().copied().unwrap_or(' ');
        let is_dot = c == '.' && before.is_alphanumeric() && after.is_alphanumeric();
        match c {
            '.' if is_dot => dull.push_str("[.]"),
            ':' if after == '/' => dull.push_str("[:]"),
            _ => dull.push(c),
        }
        before = c;
    }
    dull
}

/// Whether a terminal would obey `c`, or a reader would not see that it is there.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            // Blanks without width, joiners and fillers.
            '\u{ad}' | '\u{34f}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200d}' | '\u{3164}' | '\u{feff}'
            | '\u{ffa0}' | '\u{2060}'..='\u{2065}'
            // What turns the direction of writing (UAX #9).
            | '\u{61c}' | '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{206f}'
            // Line breaks that are no control characters.
            | '\u{2028}'..='\u{2029}'
            // Annotations, formats of shorthand and music, tags and variation selectors.
            | '\u{fff9}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// Where the beginning of `text` that spells `digits` ends, whatever stands between them.
fn spelled(text: &str, digits: &str) -> Option<usize> {
    let mut wanted = digits.chars();
    let mut next = wanted.next()?;
    for (at, c) in text.char_indices() {
        if c == next {
            match wanted.next() {
                Some(digit) => next = digit,
                None => return Some(at + c.len_utf8()),
            }
        } else if at == 0 || c.is_alphanumeric() {
            return None;
        }
    }
    None
}

/// The end of the digits at the beginning of `text`, single marks between them allowed, and how
/// many digits there are.
fn digit_group(text: &str) -> (usize, usize) {
    let (mut end, mut digits, mut marks) = (0, 0, 0);
    for (at, c) in text.char_indices() {
        if c.is_numeric() {
            digits += 1;
            marks = 0;
            end = at + c.len_utf8();
        } else if digits > 0 && marks == 0 && !c.is_alphabetic() {
            marks = 1;
        } else {
            break;
        }
    }
    (end, digits)
}

#[cfg(test)]
mod tests {
    use super::{blot, defang, escape, mask_digits};

    #[test]
    fn what_a_terminal_obeys_or_a_reader_cannot_see_is_written_out() {
        let table = [
            (
                "plain text, Ümläute, 日本語, 🙂",
                "plain text, Ümläute, 日本語, 🙂",
            ),
            ("\x1b[31mred", r"\u{1b}[31mred"),
            ("\x1b]52;c;cm0=\x07", r"\u{1b}]52;c;cm0=\u{7}"),
            ("\x1bP1$r\x1b\\", r"\u{1b}P1$r\u{1b}\"),
            ("a\r\n<0>forged line", r"a\u{d}\u{a}<0>forged line"),
            ("\u{9b}31m\u{7f}\0", r"\u{9b}31m\u{7f}\u{0}"),
            ("a\u{2028}b\u{2029}c", r"a\u{2028}b\u{2029}c"),
            (
                "\u{202e}fdp.exe\u{2066}\u{200f}",
                r"\u{202e}fdp.exe\u{2066}\u{200f}",
            ),
            (
                "me\u{200b}ta\u{feff}\u{ad}\u{2060}",
                r"me\u{200b}ta\u{feff}\u{ad}\u{2060}",
            ),
            ("\u{e0041}\u{e0100}", r"\u{e0041}\u{e0100}"),
        ];
        for (text, shown) in table {
            assert_eq!(escape(text, 120), shown);
            assert_eq!(escape(shown, 120), shown, "escaping twice changes nothing");
        }
    }

    #[test]
    fn long_text_is_cut_and_says_so() {
        assert_eq!(escape("abcde", 5), "abcde");
        assert_eq!(escape("abcdef", 5), "abcd…");
        assert_eq!(escape("abc\u{202e}", 5), "abc…");
        assert_eq!(escape("ab\u{7}", 7), r"ab\u{7}");
        let flood = "\u{202e}".repeat(100_000);
        assert!(escape(&flood, 120).chars().count() <= 120);
    }

    #[test]
    fn a_code_is_blotted_however_it_is_spaced() {
        for spelling in [
            "482913",
            "48 29 13",
            "4-8-2-9-1-3",
            "482\u{a0}913",
            "48.29.13",
            "482\n913",
            "4\u{200b}82913",
            "4, 8, 2, 9, 1, 3",
        ] {
            let reason = format!("typed {spelling}, refused");
            assert!(blot(&reason, "482913") == "typed ••••, refused");
        }
        assert!(blot("x1482913y 482913", "482913") == "x1••••y ••••");
        assert!(blot("4829 is not 13", "482913") == "4829 is not 13");
        assert!(blot("1112345", "112345") == "1••••");
        assert!(blot("any text", "") == "any text");
    }

    #[test]
    fn digits_that_could_be_a_code_are_masked_in_subjects() {
        assert!(mask_digits("482913 is your code") == "•••• is your code");
        assert!(mask_digits("Your code: 48 29-13.") == "Your code: ••••.");
        assert!(mask_digits("Top 10 of 2 lists, 3 a day") == "Top 10 of 2 lists, 3 a day");
        assert!(mask_digits("４８２９１３") == "••••");
    }

    #[test]
    fn host_names_and_addresses_cannot_be_clicked() {
        assert_eq!(
            defang("see https://evil.example/x."),
            "see https[:]//evil[.]example/x."
        );
        assert_eq!(defang("At 9:30. Done"), "At 9:30. Done");
    }
}
