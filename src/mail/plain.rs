//! Makes text of a mail or a server fit to be shown: no control characters, no invisible ones.
//!
//! It does not know where the text is shown; every sink uses this one function. Escapes are
//! visible (`\u{202e}`), so that a person sees that something was there.

use std::fmt::Write as _;

/// Longer words of others are cut: what is shown is a label, not the text itself.
const LONGEST_LABEL: usize = 120;

/// [`escape`] with the bound for words of a mail or a server.
#[must_use]
pub fn plain(text: &str) -> String {
    escape(text, LONGEST_LABEL)
}

/// [`escape`] without a bound: for sentences of our own that such words were put into.
#[must_use]
pub fn plain_sentence(text: &str) -> String {
    escape(text, usize::MAX)
}

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
            write!(shown, "\\u{{{:x}}}", u32::from(c)).ok();
        } else {
            shown.push(c);
        }
        length += shown.get(before..).map_or(0, |added| added.chars().count());
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

#[cfg(test)]
mod tests {
    use super::escape;

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
}
