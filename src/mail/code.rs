//! Finds the one-time code in a mail.
//!
//! It gives back a code only if exactly one group of digits can be it, or one is called a code
//! more firmly than every other. It does not know what a code is for, nor whether the mail is the
//! right one.

mod group;
mod page;

use super::Code;
use super::wordings::{Digits, Wordings};
use group::Group;
use page::{Evidence, Page};

/// How far from the objection's code a word for it may stand, in bytes: two lines before, one
/// behind.
const BEFORE: usize = 160;
const BEHIND: usize = 80;

/// How far from a word for a code a line of digits may stand in anybody's mail, in bytes.
const FAR: usize = 400;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Exactly one group of digits can be the code.
    One(Code),
    /// More than one can.
    Several,
    /// None can.
    None,
}

/// Looks for the code in a mail whose words say that it carries the objection's. A second group of
/// digits that could be it leaves none.
#[must_use]
pub fn find(subject: &str, text: &str, digits: &Digits) -> Found {
    let mut codes: Vec<Code> = Vec::new();
    let pages = [Page::of(subject, digits), Page::of(text, digits)];
    let is_code_mail = pages.iter().any(Page::names_a_code);
    for page in &pages {
        for group in page.groups.iter().filter(|group| can_be(page, group)) {
            let is_named = page.is_near(group, BEFORE, BEHIND);
            let is_alone = is_code_mail && page.is_alone(group);
            let code = Code::new(group.digits.clone());
            if (is_named || is_alone) && !codes.contains(&code) {
                codes.push(code);
            }
        }
    }
    only(codes)
}

/// Looks for a one-time code of any purpose in a message of any sender: for measuring, and for
/// reports. It is never handed over.
///
/// The code is the one whose evidence is firmer than that of every other.
#[must_use]
pub fn one_time_code(subject: &str, text: &str, wordings: &Wordings) -> Found {
    let digits = wordings.digits();
    let pages = [Page::of(subject, digits), Page::of(text, digits)];
    let [subject, _] = &pages;
    let mut candidates: Vec<(Evidence, Code)> = Vec::new();
    for page in &pages {
        for group in &page.groups {
            let evidence = evidence(page, group, subject);
            candidates.extend(evidence.map(|found| (found, Code::new(group.digits.clone()))));
        }
    }
    let firmest = candidates.iter().map(|(evidence, _)| *evidence).max();
    candidates.retain(|(evidence, _)| Some(*evidence) == firmest);
    let mut codes: Vec<Code> = Vec::new();
    for (_, code) in candidates {
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    only(codes)
}

fn only(mut codes: Vec<Code>) -> Found {
    match codes.pop() {
        None => Found::None,
        Some(code) if codes.is_empty() => Found::One(code),
        Some(_) => Found::Several,
    }
}

/// Whether digits can be a code: nothing touches them, and no word calls them something else.
fn can_be(page: &Page, group: &Group) -> bool {
    page.stands_free(group)
        && !page.is_other_number(group)
        && (!group.is_year() || page.is_named_at_once(group))
}

/// What speaks for digits in anybody's mail; a subject may name what the text has on its own line.
fn evidence(page: &Page, group: &Group, subject: &Page) -> Option<Evidence> {
    let has_prefix = page.has_prefix(group);
    if page.is_offer(group) || !(can_be(page, group) || has_prefix) {
        return None;
    }
    let is_expected = || subject.names_a_code() || page.is_near(group, FAR, FAR);
    page.evidence(group).filter(|evidence| match evidence {
        Evidence::OwnLine => has_prefix || is_expected(),
        Evidence::NextSentence => page.is_near(group, BEFORE, BEHIND),
        Evidence::SameSentence | Evidence::Colon | Evidence::Named => true,
    })
}

#[cfg(test)]
mod tests {
    use super::super::wordings::Wordings;
    use super::*;

    fn check(subject: &str, text: &str, expected: &str) {
        let wordings = Wordings::built_in();
        let found = match find(subject, text, wordings.digits()) {
            Found::One(code) => code.reveal().to_owned(),
            Found::Several => "several".to_owned(),
            Found::None => "none".to_owned(),
        };
        assert_eq!(found, expected, "{subject} / {text}");
    }

    #[test]
    fn the_code_is_found_where_people_put_it() {
        check("", "Your email verification code123456", "123456");
        check(
            "",
            "Your code is 482913. It expires in 1440 minutes.",
            "482913",
        );
        check("", "Your code:\n\n482 913\n\nThanks,\nMeta", "482913");
        check("", "Your code: 482-913", "482913");
        check(
            "482913 is your verification code",
            "Use this code:\n482913",
            "482913",
        );
        check(
            "",
            "Enter the code below to confirm your request: 482913",
            "482913",
        );
        check("", "Use this code\n4 8 2 9 1 3\nBye", "482913");
        check("", "Code: 12345678, since 2024", "12345678");
        check("", "\u{201c}482913\u{201d} is your code", "482913");
        check("", "*482913* is your code", "482913");
        check("Your code", "482913\n\nThanks", "482913");
        let far = format!("482913\n\n{}\n\nThis code is yours.", "word ".repeat(99));
        check("", &far, "482913");
    }

    #[test]
    fn other_digits_are_no_code() {
        for text in [
            "Your code will follow. 1601 Willow Road, Menlo Park, CA 94025",
            "code: Meta, 1 Meta Way, Dublin 4, D04 X2K5",
            "Your code, sent 2024-06-26 at 12:34, June 2024, 26/06/2024, 20240626",
            "code? call +353 1 234 5678, 800-531-8722 or (650) 543-4800 or 555 1234",
            "code: https://www.facebook.com/123456 or a123456@b.test or b.test/123456",
            "code colour #202123, ip 10.1.2.3456, 123456%, $123456, 1,234,567",
            "Your case 123456 about the code",
            "Your code 123456789",
            "FB-12345 is your confirmation code",
            "zip code 94025",
            "bigboss9712 your code",
            "123456",
            "Your code is \u{ff11}\u{ff12}\u{ff13}\u{ff14}\u{ff15}\u{ff16}",
            "Your code is 1234\u{fffd}5678",
            "Your code is 1\u{20e3}2\u{20e3}3\u{20e3}4\u{20e3}",
        ] {
            check("", text, "none");
        }
    }

    #[test]
    fn two_codes_are_none() {
        check("482913 is your code", "Your code is 482914", "several");
        check("", "Your code is 482913, not 111222", "several");
    }

    #[test]
    fn hostile_digits_take_linear_time() {
        for part in ["1", "1 ", "123456 ", "code 123456\n", "12-", "a@1 "] {
            let wordings = Wordings::built_in();
            let text = part.repeat(64 * 1024 / part.len());
            let found = find("", &text, wordings.digits());
            assert_ne!(found, Found::Several, "{part}");
        }
    }
}
