//! Which characters of a text are seen, and as what.
//!
//! Characters that take no room are dropped, blanks become one kind, and digits of other scripts
//! become the ones that a form takes. Text that is made to run against its own direction shows
//! something else than it says: it is not read at all. It knows nothing of HTML or of words.

/// Stands where text was that must not be read: no code and no wording is found across it.
pub const PARTED: char = '\u{fffd}';

/// The zeros of scripts whose digits stand in mails; nine digits follow each.
const ZEROS: [char; 7] = [
    '\u{660}', '\u{6f0}', '\u{7c0}', '\u{966}', '\u{9e6}', '\u{e50}', '\u{ff10}',
];

/// `text` with one kind of blank, at most one empty line, and nothing invisible.
#[must_use]
pub fn clean(text: &str) -> String {
    let mut lines = Lines::default();
    let mut line = String::new();
    let mut direction = Direction::Own;
    for character in text.chars() {
        match character {
            '\n' | '\u{2028}' | '\u{2029}' | '\u{85}' => {
                lines.push(&line);
                line.clear();
                direction = Direction::Own;
            }
            '\u{202e}' => direction = Direction::Turned,
            '\u{202b}' | '\u{2067}' => direction = direction.or(Direction::RightToLeft),
            '\u{202a}' | '\u{202c}' | '\u{202d}' | '\u{2066}' | '\u{2068}' | '\u{2069}' => {
                direction = Direction::Own;
            }
            _ if is_blank(character) => line.push(' '),
            _ if is_invisible(character) => {}
            _ => push(&mut line, western(character), direction),
        }
    }
    lines.push(&line);
    lines.text
}

/// Which way text runs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    /// As its characters do.
    Own,
    /// Groups of digits stand in the opposite order, each of them as written.
    RightToLeft,
    /// Every character stands in the opposite order.
    Turned,
}

impl Direction {
    fn or(self, other: Self) -> Self {
        if self == Self::Turned { self } else { other }
    }
}

fn push(line: &mut String, character: char, direction: Direction) {
    let follows_group =
        || line.ends_with(' ') && line.trim_end().ends_with(|c: char| c.is_ascii_digit());
    match direction {
        Direction::Turned if line.ends_with(PARTED) => {}
        Direction::Turned => line.push(PARTED),
        Direction::RightToLeft if character.is_ascii_digit() && follows_group() => {
            line.push(PARTED);
            line.push(character);
        }
        Direction::RightToLeft | Direction::Own => line.push(character),
    }
}

/// A digit of another script as the one that forms take.
fn western(character: char) -> char {
    let value = |zero: &char| u32::from(character).checked_sub(u32::from(*zero));
    let mut values = ZEROS.iter().filter_map(value).filter(|value| *value < 10);
    let digit = values.next().and_then(|value| char::from_digit(value, 10));
    digit.unwrap_or(character)
}

/// Whether a character takes no room, or only tells which way text runs.
#[must_use]
pub fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

fn is_blank(character: char) -> bool {
    character.is_whitespace() && character != '\r' || matches!(character, '\u{2800}' | '\u{1680}')
}

/// Lines under construction.
#[derive(Default)]
struct Lines {
    text: String,
    empty: bool,
}

impl Lines {
    fn push(&mut self, line: &str) {
        let mut words = line.split(' ').filter(|word| !word.is_empty()).peekable();
        if words.peek().is_none() {
            self.empty = true;
            return;
        }
        if !self.text.is_empty() {
            self.text.push_str(if self.empty { "\n\n" } else { "\n" });
        }
        self.empty = false;
        for (count, word) in words.enumerate() {
            if count > 0 {
                self.text.push(' ');
            }
            self.text.push_str(word);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_no_room_is_not_there() {
        assert_eq!(clean("123\u{200b}456"), "123456");
        assert_eq!(clean("\u{200e}48\u{2060}29\u{ad}13\u{200f}"), "482913");
        assert_eq!(clean("12 \u{200c}\u{a0}\u{200c} 3"), "12 3");
        assert_eq!(clean("a\u{200b}b\u{ad}c\r\n\r\n\r\nd"), "abc\n\nd");
    }

    #[test]
    fn digits_of_other_scripts_are_the_same_digits() {
        assert_eq!(clean("４８２９１３"), "482913");
        assert_eq!(clean("٤٨٢٩١٣ ۴۸۲۹۱۳"), "482913 482913");
    }

    #[test]
    fn text_that_is_turned_round_is_not_read() {
        assert_eq!(clean("a \u{202e}319284\u{202c} b"), "a \u{fffd} b");
        assert_eq!(clean("\u{202e}honor\nyour"), "\u{fffd}\nyour");
        assert_eq!(clean("\u{202d}482913\u{202c}"), "482913");
        assert_eq!(clean("\u{202b}482 913\u{202c} 4 5"), "482 \u{fffd}913 4 5");
        assert_eq!(clean("\u{2067}482913\u{2069}"), "482913");
    }
}
