//! A text in pieces, and changes to it that may reach from one piece into the next.
//!
//! Tags part what a reader sees as one word or one number: changes are found in the whole text and
//! carried out in the pieces. It does not know what is changed.

use std::ops::Range;

/// What comes in the place of a range of bytes.
#[derive(Debug, PartialEq, Eq)]
pub struct Edit {
    /// Where.
    pub at: Range<usize>,
    /// What.
    pub new: String,
}

/// The edits of one text, none of which touches another.
pub struct Edits {
    edits: Vec<Edit>,
    covered: Vec<bool>,
}

impl Edits {
    /// None yet, for a text of this length.
    pub fn new(length: usize) -> Self {
        Self {
            edits: Vec::new(),
            covered: vec![false; length],
        }
    }

    /// Takes a range; false if something of it was taken before.
    pub fn set(&mut self, at: Range<usize>, new: String) -> bool {
        let Some(range) = self.covered.get_mut(at.clone()) else {
            return false;
        };
        if range.is_empty() || range.contains(&true) {
            return false;
        }
        range.fill(true);
        self.edits.push(Edit { at, new });
        true
    }

    /// Whether something of a range was taken.
    pub fn touches(&self, at: &Range<usize>) -> bool {
        self.covered
            .get(at.clone())
            .is_none_or(|range| range.contains(&true))
    }

    /// In the order of the text.
    pub fn sorted(mut self) -> Vec<Edit> {
        self.edits.sort_by_key(|edit| edit.at.start);
        self.edits
    }
}

/// The pieces of a text after the edits. A word that stood in two of them stands in the first.
pub fn apply(text: &str, pieces: &[Range<usize>], edits: &[Edit]) -> Vec<String> {
    let mut changed = Vec::with_capacity(pieces.len());
    let mut next = 0;
    for piece in pieces {
        let mut new = String::with_capacity(piece.len());
        let mut at = piece.start;
        while let Some(edit) = edits.get(next).filter(|edit| edit.at.start < piece.end) {
            if edit.at.start >= piece.start {
                new.push_str(text.get(at..edit.at.start).unwrap_or_default());
                new.push_str(&edit.new);
            }
            at = edit.at.end.clamp(piece.start, piece.end).max(at);
            if edit.at.end > piece.end {
                break;
            }
            next += 1;
        }
        new.push_str(text.get(at..piece.end).unwrap_or_default());
        changed.push(new);
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_reach_over_pieces() {
        let text = "Hi Martin, 482\n913!";
        let mut edits = Edits::new(text.len());
        assert!(edits.set(15..18, "222".to_owned()));
        assert!(edits.set(3..9, "Robin".to_owned()));
        assert!(!edits.set(8..10, "x".to_owned()) && edits.touches(&(17..19)));
        assert!(!edits.set(40..41, "x".to_owned()));
        let edits = edits.sorted();
        assert_eq!(
            apply(text, &[0..6, 6..10, 10..14, 15..19], &edits),
            ["Hi Robin", ",", " 482", "222!"]
        );
    }
}
