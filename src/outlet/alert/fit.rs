//! Makes a text fit for a service: what the service would read as markup or as a call for somebody
//! is written otherwise, and what is too long is cut off.
//!
//! It knows no service; each says what it counts and what it reads.
//!
//! SECURITY: pure. Hostile: parts of the text come from mails.

/// The beginning of `text`, at most `limit` units of what `size` counts; a cut is marked.
pub(super) fn cut(text: &str, limit: usize, size: fn(char) -> usize) -> String {
    written(text, limit, size, |_| None)
}

/// As [`cut`], each character that `form` knows in its form.
pub(super) fn written(
    text: &str,
    limit: usize,
    size: fn(char) -> usize,
    form: fn(char) -> Option<&'static str>,
) -> String {
    const MARK: char = '…';
    let mut fitted = String::with_capacity(text.len());
    let (mut length, mut room_for_mark) = (0, 0);
    for c in text.chars() {
        let before = fitted.len();
        match form(c) {
            Some(form) => fitted.push_str(form),
            None => fitted.push(c),
        }
        length += fitted[before..].chars().map(size).sum::<usize>();
        if length > limit {
            fitted.truncate(room_for_mark);
            fitted.push(MARK);
            return fitted;
        }
        if length + size(MARK) <= limit {
            room_for_mark = fitted.len();
        }
    }
    fitted
}

/// Breaks what calls people (`@everyone`, `<!channel>`) by a mark that nobody sees, where the text
/// goes to readers with no way to write it otherwise. U+2060 also keeps the word on one line.
pub(super) fn uncalled(c: char) -> Option<&'static str> {
    match c {
        '@' => Some("@\u{2060}"),
        '<' => Some("<\u{2060}"),
        _ => None,
    }
}

/// Writes the three characters that open markup as entities: HTML's, Slack's and Pango's.
pub(super) fn entities(c: char) -> Option<&'static str> {
    match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{cut, entities, uncalled, written};

    #[test]
    fn what_is_too_long_is_cut_where_a_character_ends() {
        let units = char::len_utf16;
        assert_eq!(cut("abcde", 5, units), "abcde");
        assert_eq!(cut("abcdef", 5, units), "abcd…");
        assert_eq!(cut("a🙂🙂", 4, units), "a🙂…");
        assert_eq!(cut("äöüß", 7, char::len_utf8), "äö…");
        assert_eq!(cut("", 5, units), "");
    }

    #[test]
    fn a_form_is_never_cut_in_two() {
        assert_eq!(
            written("a<b>c", 99, char::len_utf16, entities),
            "a&lt;b&gt;c"
        );
        assert_eq!(written("a<b>c", 10, char::len_utf16, entities), "a&lt;b…");
        assert_eq!(written("a<b>c", 5, char::len_utf16, entities), "a…");
    }

    #[test]
    fn nobody_is_called() {
        let text = written("@room <!here>", 99, char::len_utf16, uncalled);
        assert_eq!(text, "@\u{2060}room <\u{2060}!here>");
    }
}
