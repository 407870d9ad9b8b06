//! Takes out of text what must not be shown on: codes, digits that could be one, live links.
//!
//! It does not know where the text came from or where it goes. What a terminal would act on is
//! [`crate::mail::escape`]'s.
//!
//! SECURITY: pure; all of its input is hostile. [`blot`] is handed the digits of a code and never
//! puts them into what it returns.

/// How many characters of a subject, a sender or a name are shown.
pub const SHOWN: usize = 120;

/// How many characters of a reason are shown: one sentence of a program or a server.
pub const REASON_SHOWN: usize = 200;

/// What stands where a code stood. Its length says nothing about the code's.
const BLOT: &str = "••••";

/// Fewer digits than this are never a code that Meta sends, nor a useful part of one.
const MASKED_FROM: usize = 4;

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
    use super::{blot, defang, mask_digits};

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
