//! The forms in which a message says the same: which one a person is shown, and which stand beside.
//!
//! It knows the order of forms (RFC 2046, 5.1.4) and none of their words.

use super::text::Seen;

/// The readable forms of a message's body, or of a part of it.
#[derive(Default)]
pub struct Body {
    /// The form that a person is shown.
    pub preferred: Seen,
    /// All others.
    pub others: Vec<Seen>,
    /// The preferred form is HTML.
    pub is_html: bool,
}

impl Body {
    /// Whether nothing can be read.
    pub fn is_empty(&self) -> bool {
        self.preferred.text.is_empty() && self.others.is_empty()
    }

    /// Another part that is read after this one.
    pub fn append(&mut self, next: Self) {
        if !self.preferred.text.is_empty() && !next.preferred.text.is_empty() {
            self.preferred.text.push_str("\n\n");
        }
        self.preferred.text.push_str(&next.preferred.text);
        self.preferred.links.extend(next.preferred.links);
        self.preferred.labels.extend(next.preferred.labels);
        self.preferred.cut |= next.preferred.cut;
        self.others.extend(next.others);
        self.is_html |= next.is_html;
    }

    /// Another form of the same (RFC 2046, 5.1.4: the last that can be shown is the best).
    pub fn replace(&mut self, next: Self) {
        let Self {
            preferred,
            others,
            is_html,
        } = next;
        let worse = if is_html || !self.is_html {
            self.is_html = is_html;
            std::mem::replace(&mut self.preferred, preferred)
        } else {
            preferred
        };
        self.others.extend(others);
        if !worse.text.is_empty() {
            self.others.push(worse);
        }
    }
}
