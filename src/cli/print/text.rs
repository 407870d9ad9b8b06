//! A paragraph for a person: words, how they are meant, and where a line ends.
//!
//! It does not know what is said. SECURITY: whatever is put into it was made fit to be shown on the
//! way in, so that no text of a mail or a server can be an order to the terminal; the only escape
//! sequences are its own, and no line is broken inside one.

use unicode_width::UnicodeWidthChar as _;

use super::screen::Screen;
use crate::mail::plain_sentence;

/// Behind a hanging indent a line has at least so many cells.
const LEAST: usize = 12;

/// A blank at which no line is broken.
pub const TOGETHER: char = '\u{a0}';

/// How words are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Like everything else.
    Plain,
    /// What it is about.
    Strong,
    /// Secondary.
    Dim,
    /// It is well.
    Good,
    /// The person is asked, or may want to look.
    Ask,
    /// It is not well, and the person has to act.
    Bad,
}

/// One paragraph.
#[derive(Debug, Clone, Default)]
pub struct Text(Vec<(Tone, String)>);

/// What is not broken, if there is room for it on a line.
#[derive(Debug, Default)]
struct Word {
    /// Blanks before it.
    gap: usize,
    letters: Vec<(Tone, char)>,
}

impl Word {
    fn is_link(&self) -> bool {
        let mut letters = self.letters.windows(3);
        letters.any(|three| three.iter().map(|(_, letter)| *letter).eq("://".chars()))
    }
}

impl Text {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Goes on with these words.
    pub fn with(mut self, tone: Tone, words: &str) -> Self {
        self.0.push((tone, plain_sentence(words)));
        self
    }

    /// Goes on like everything else.
    pub fn plain(self, words: &str) -> Self {
        self.with(Tone::Plain, words)
    }

    /// The same behind so many blanks.
    pub fn behind(mut self, blanks: usize) -> Self {
        self.0.insert(0, (Tone::Plain, " ".repeat(blanks)));
        self
    }

    /// Goes on with a column of so many cells: filled up, or cut with `…`. What follows it is on
    /// its right.
    pub fn column(self, tone: Tone, words: &str, width: usize) -> Self {
        let shown = cut(&plain_sentence(words), width);
        let fill = " ".repeat(width.saturating_sub(cells(&shown)));
        self.with(tone, &shown).plain(&fill)
    }

    /// The lines of it: wrapped at the screen's width, all but the first behind `hang` blanks.
    pub fn lines(&self, screen: Screen, hang: usize) -> Vec<String> {
        let width = screen.width.unwrap_or(usize::MAX);
        let hang = hang.min(width.saturating_sub(LEAST));
        let mut lines = vec![Vec::new()];
        let mut used = 0;
        for word in self.words() {
            let long: usize = word.letters.iter().map(|(_, letter)| wide(*letter)).sum();
            let is_first = used == 0;
            let mut gap = word.gap;
            // What is too long for any line begins on this one.
            let has_room_below = hang + long <= width;
            if !is_first && has_room_below && used + gap + long > width {
                lines.push(vec![]);
                (used, gap) = (0, hang);
            }
            let mut line = lines.pop().unwrap_or_default();
            // Between words that are meant alike a blank is, too.
            let before = line.last().map(|(tone, _)| *tone);
            let tone = word.letters.first().map(|(tone, _)| *tone);
            let between = before.filter(|before| tone == Some(*before));
            line.extend(blanks(between.unwrap_or(Tone::Plain), gap));
            used += gap;
            // A link that is broken here cannot be copied; one that the terminal breaks can.
            let is_link = word.is_link();
            for (tone, letter) in word.letters {
                if used + wide(letter) > width && !is_link {
                    lines.push(std::mem::take(&mut line));
                    line.extend(blanks(Tone::Plain, hang));
                    used = hang;
                }
                line.push((tone, letter));
                used += wide(letter);
            }
            lines.push(line);
        }
        lines.iter().map(|line| painted(line, screen)).collect()
    }

    fn words(&self) -> Vec<Word> {
        let mut words = Vec::new();
        let mut word = Word::default();
        let letters = |(tone, text): &(Tone, String)| {
            let tone = *tone;
            text.chars()
                .map(move |letter| (tone, letter))
                .collect::<Vec<_>>()
        };
        for (tone, letter) in self.0.iter().flat_map(letters) {
            if letter != ' ' {
                word.letters.push((tone, letter));
                continue;
            }
            if !word.letters.is_empty() {
                words.push(std::mem::take(&mut word));
            }
            word.gap += 1;
        }
        if !word.letters.is_empty() {
            words.push(word);
        }
        words
    }
}

/// How many cells of a terminal a text takes.
pub fn cells(text: &str) -> usize {
    text.chars().map(wide).sum()
}

/// The text, or as much of it as so many cells have room for, with `…` at its end.
pub(super) fn cut(text: &str, room: usize) -> String {
    if cells(text) <= room {
        return text.to_owned();
    }
    let mut used = 1;
    let fits = |letter: &char| {
        used += wide(*letter);
        used <= room
    };
    text.chars().take_while(fits).chain(['…']).collect()
}

fn blanks(tone: Tone, many: usize) -> impl Iterator<Item = (Tone, char)> {
    std::iter::repeat_n((tone, ' '), many)
}

fn wide(letter: char) -> usize {
    letter.width().unwrap_or(0)
}

fn painted(line: &[(Tone, char)], screen: Screen) -> String {
    let runs = line.chunk_by(|(one, _), (other, _)| one == other);
    let paint = |run: &[(Tone, char)]| {
        let text: String = run.iter().map(|(_, letter)| *letter).collect();
        let text = text.replace(TOGETHER, " ");
        let tone = run.first().map_or(Tone::Plain, |(tone, _)| *tone);
        screen.paint(tone, &text)
    };
    runs.map(paint).collect()
}

#[cfg(test)]
mod tests {
    use super::super::screen::{Color, Screen};
    use super::{Text, Tone, cells};

    fn lines(text: &Text, width: usize, hang: usize) -> Vec<String> {
        let mut screen = Screen::of_stdout(Color::Never);
        screen.width = Some(width);
        text.lines(screen, hang)
    }

    #[test]
    fn lines_end_between_words_and_go_on_behind_the_hanging_indent() {
        let check = |text: &str, width, expected: &[&str]| {
            assert_eq!(
                lines(&Text::new().plain(text), width, 2),
                expected,
                "{text}"
            );
        };
        check("", 20, &[""]);
        check(
            "see https://example.org/abcdefghij now",
            20,
            &["see https://example.org/abcdefghij", "  now"],
        );
        check(
            "one two three four five",
            14,
            &["one two three", "  four five"],
        );
        check("  one   two", 20, &["  one   two"]);
        check(
            "a word-that-is-too-long-for-it b",
            16,
            &["a word-that-is-t", "  oo-long-for-it", "  b"],
        );
        check("日本語 日本語 日本語", 14, &["日本語 日本語", "  日本語"]);
        check("up to 12\u{a0}s ago", 14, &["up to 12 s ago"]);
        check("it was 12\u{a0}s\u{a0}ago", 14, &["it was", "  12 s ago"]);
    }

    #[test]
    fn a_column_is_filled_up_or_cut() {
        for (words, expected) in [
            ("me", "me    |"),
            ("meeting", "meeti…|"),
            ("meetin", "meetin|"),
            ("日本語日", "日本… |"),
        ] {
            let text = Text::new().column(Tone::Plain, words, 6).plain("|");
            assert_eq!(lines(&text, 80, 0), [expected]);
        }
    }

    #[test]
    fn what_a_terminal_obeys_is_written_out_and_counted_as_it_shows() {
        let hostile = "a\u{1b}[31mb\r\n\u{202e}c\u{9b}2J";
        let text = Text::new().plain(hostile).column(Tone::Bad, hostile, 9);
        let mut screen = Screen::of_stdout(Color::Always);
        screen.width = Some(20);
        for line in text.lines(screen, 4) {
            let shown = line
                .replace("\u{1b}[1m\u{1b}[31m", "")
                .replace("\u{1b}[0m", "");
            assert!(!shown.chars().any(char::is_control), "{shown:?}");
            assert!(
                !shown.contains('\u{202e}') && cells(&shown) <= 20,
                "{shown:?}"
            );
        }
    }
}
