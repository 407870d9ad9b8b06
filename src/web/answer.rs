//! What is asked of the page and what it answers, without a word of HTTP's grammar.
//!
//! It knows no library and no page.

use zeroize::Zeroizing;

/// One request.
pub(super) struct Asked {
    /// GET or HEAD.
    pub(super) is_read_only: bool,
    /// The path, undecoded: none that is answered has anything to decode.
    pub(super) path: String,
    /// What stands behind the question mark.
    pub(super) query: String,
    /// The Host field.
    pub(super) host: Option<String>,
    /// The Authorization field.
    pub(super) authorization: Option<Zeroizing<String>>,
}

/// One answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    /// What stands in one answer only.
    pub(super) fields: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
}

/// Text without any meaning.
pub(super) const PLAIN: &str = "text/plain; charset=utf-8";

impl Answer {
    /// All is well, and this is it.
    pub(super) fn new(content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status: 200,
            content_type,
            fields: vec![],
            body: body.into(),
        }
    }

    /// Something else than what was asked for: a sentence.
    pub(super) fn told(status: u16, sentence: &str) -> Self {
        Self {
            status,
            ..Self::new(PLAIN, format!("{sentence}\n"))
        }
    }

    /// The same with one more field.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.fields.push((name, value.into()));
        self
    }
}
