//! Stand-ins for digits and ids: as long as what they stand for, of the same kinds of characters,
//! and the same wherever the same stood.
//!
//! They are drawn from SHA-256 of the whole message and of what is replaced, so nobody who has the
//! copy alone can go back. It does not know what has to be replaced.

use sha2::{Digest as _, Sha256};

/// From this length on a stand-in must not be what it stands for.
const NEVER_ITSELF: usize = 3;

/// The source of a message's stand-ins.
pub struct Disguise {
    key: [u8; 32],
}

impl Disguise {
    /// The stand-ins of a message; another attempt has others.
    pub fn new(raw: &[u8], attempt: u8) -> Self {
        let key = Sha256::new()
            .chain_update(b"redact")
            .chain_update([attempt])
            .chain_update(raw);
        Self {
            key: key.finalize().into(),
        }
    }

    /// Other digits for a number, which are no year and no date where that could be read from them.
    pub fn number(&self, digits: &str) -> String {
        self.other(digits, |new| !is_calendar(new))
    }

    /// Other letters and digits for an id; marks stay. A piece that is a number becomes what
    /// [`Self::number`] makes of it, and one or two characters stay: they identify nobody.
    pub fn id(&self, id: &str) -> String {
        let mut new = String::with_capacity(id.len());
        for piece in id.split_inclusive(|c: char| !c.is_alphanumeric()) {
            let bare = piece.trim_end_matches(|c: char| !c.is_alphanumeric());
            if bare.chars().count() < NEVER_ITSELF {
                new.push_str(piece);
                continue;
            }
            if bare.bytes().all(|byte| byte.is_ascii_digit()) {
                new.push_str(&self.number(bare));
            } else {
                new.push_str(&self.other(bare, |_| true));
            }
            new.push_str(piece.get(bare.len()..).unwrap_or_default());
        }
        new
    }

    fn other(&self, old: &str, fits: impl Fn(&str) -> bool) -> String {
        let drawn = (0_u8..=u8::MAX).map(|round| self.draw(old, round));
        let mut last = String::new();
        for new in drawn {
            let is_other = new != old || old.len() < NEVER_ITSELF;
            if is_other && fits(&new) {
                return new;
            }
            last = new;
        }
        last
    }

    fn draw(&self, old: &str, round: u8) -> String {
        let mut bytes = Bytes {
            seed: Sha256::new()
                .chain_update(self.key)
                .chain_update([round])
                .chain_update(old),
            block: 0,
            left: Vec::new(),
        };
        old.chars().map(|c| like(c, bytes.next())).collect()
    }
}

/// A character of the same kind: hexadecimal ids stay hexadecimal.
fn like(c: char, byte: u8) -> char {
    let among = |first: u8, count: u8| char::from(first + byte % count);
    match c {
        '0'..='9' => among(b'0', 10),
        'a'..='f' => among(b'a', 6),
        'g'..='z' => among(b'g', 20),
        'A'..='F' => among(b'A', 6),
        'G'..='Z' => among(b'G', 20),
        _ if c.is_alphabetic() => among(b'g', 20),
        _ => c,
    }
}

/// A year, or a date without separators: the reading of codes passes over both.
pub fn is_calendar(digits: &str) -> bool {
    let part = |from: usize, to: usize| digits.get(from..to).and_then(|part| part.parse().ok());
    let is_year = part(0, 4).is_some_and(|year: u32| (1900..=2100).contains(&year));
    match digits.len() {
        4 => is_year,
        8 => {
            is_year
                && part(4, 6).is_some_and(|month| (1..=12).contains(&month))
                && part(6, 8).is_some_and(|day| (1..=31).contains(&day))
        }
        _ => false,
    }
}

/// As many bytes as are wanted.
struct Bytes {
    seed: Sha256,
    block: u32,
    left: Vec<u8>,
}

impl Bytes {
    fn next(&mut self) -> u8 {
        if let Some(byte) = self.left.pop() {
            return byte;
        }
        let block = self.seed.clone().chain_update(self.block.to_be_bytes());
        self.block = self.block.wrapping_add(1);
        self.left = block.finalize().to_vec();
        self.left.pop().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stand_ins_keep_length_and_kind_and_equality() {
        let disguise = Disguise::new(b"message", 0);
        let number = disguise.number("482913");
        assert_eq!(number.len(), 6);
        assert!(number != "482913" && number.bytes().all(|byte| byte.is_ascii_digit()));
        assert_eq!(number, disguise.number("482913"));
        assert_ne!(number, Disguise::new(b"message", 1).number("482913"));
        assert_ne!(number, Disguise::new(b"another", 0).number("482913"));
        let id = disguise.id("5ac4_482913-ME");
        assert!(id.contains(&number) && id.ends_with("-ME"), "{id}");
        assert_ne!(id.get(..4), Some("5ac4"));
    }

    #[test]
    fn no_stand_in_is_a_year() {
        let disguise = Disguise::new(b"message", 0);
        for number in 3000..9999 {
            assert!(!is_calendar(&disguise.number(&number.to_string())));
        }
        assert!(is_calendar("20240626") && !is_calendar("20241326") && is_calendar("2024"));
    }
}
