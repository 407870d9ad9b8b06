//! Makes text of a mail or a server fit to be shown: no control characters, no invisible ones.
//!
//! It does not know where the text is shown; every sink uses this one function. Escapes are
//! visible (`\u{202e}`), so that a person sees that something was there.

use std::fmt::Write as _;

/// Longer text is cut: what is shown is a label, not the text itself.
pub const LONGEST_LABEL: usize = 120;

/// `text` with everything escaped that a terminal, a journal or a title could act on, cut to
/// [`LONGEST_LABEL`] characters: for words of a mail or a server.
#[must_use]
pub fn plain(text: &str) -> String {
    let mut characters = text.chars();
    let mut shown = escaped(characters.by_ref().take(LONGEST_LABEL));
    if characters.next().is_some() {
        shown.push('…');
    }
    shown
}

/// [`plain`] without the cut: for sentences of our own that such words were put into.
#[must_use]
pub fn plain_sentence(text: &str) -> String {
    escaped(text.chars())
}

fn escaped(characters: impl Iterator<Item = char>) -> String {
    let mut shown = String::new();
    for character in characters {
        if is_hostile(character) {
            // Writing to a String cannot fail.
            write!(shown, "\\u{{{:x}}}", u32::from(character)).ok();
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Control characters (C0, DEL, C1), line and paragraph separators, bidirectional controls, and
/// characters that take no room: they move the cursor, turn text round, or hide it.
fn is_hostile(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

#[cfg(test)]
mod tests {
    use super::{LONGEST_LABEL, plain};

    fn check(text: &str, expected: &str) {
        assert_eq!(plain(text), expected);
    }

    #[test]
    fn what_a_terminal_would_act_on_is_made_visible() {
        check("Grüße, 你好 – ok", "Grüße, 你好 – ok");
        check("\x1b]52;c;x\x07", "\\u{1b}]52;c;x\\u{7}");
        check("a\r\n<0>b", "a\\u{d}\\u{a}<0>b");
        check("\u{9b}31m", "\\u{9b}31m");
        check("abc\u{202e}fed", "abc\\u{202e}fed");
        check("in\u{200b}visible\u{2028}", "in\\u{200b}visible\\u{2028}");
        check("\u{e0041}", "\\u{e0041}");
    }

    #[test]
    fn long_text_is_cut() {
        let long = "é".repeat(LONGEST_LABEL + 1);
        check(&long, &format!("{}…", "é".repeat(LONGEST_LABEL)));
        check(&long[..LONGEST_LABEL * 2], &"é".repeat(LONGEST_LABEL));
    }
}
