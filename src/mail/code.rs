//! Finds the one-time code in a message.
//!
//! [`find`] is for a mail whose words say that it carries the code of the objection form: a
//! second group of digits that could be one makes it unclear. [`find_any`] is for any message of
//! any sender, and decides by itself whether there is a code at all. Neither knows who sent the
//! message, and neither reads digits that anything invisible touches.

mod candidate;
mod evidence;
mod groups;
mod page;
mod turn;

use super::Code;
use super::wordings::{Digits, Wordings};
use candidate::{Candidate, Shape, candidates};
use evidence::{is_near_keyword, winner};
use page::Page;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Exactly one group of digits is the code.
    One(Code),
    /// More than one could be.
    Several,
    /// None is.
    None,
}

/// Looks for the code in a mail that is known to carry one.
#[must_use]
pub fn find(subject: &str, text: &str, digits: &Digits) -> Found {
    let text = whole(subject, text);
    let page = Page::of(&text, digits);
    let is_code = |candidate: &Candidate| {
        candidate.shape == Shape::Plain
            && !candidate.is_date
            && (is_near_keyword(&page, candidate)
                || (page.names_a_code && candidate::is_alone(&page, &candidate.group)))
    };
    let mut found: Vec<String> = candidates(&page)
        .into_iter()
        .filter(is_code)
        .map(|candidate| candidate.group.digits)
        .collect();
    found.sort_unstable();
    found.dedup();
    match found.pop() {
        None => Found::None,
        Some(code) if found.is_empty() => Found::One(Code::new(code)),
        Some(_) => Found::Several,
    }
}

/// Looks for a one-time code of any purpose in a message of any sender: for measuring, and for
/// reports. It is never handed over.
#[must_use]
pub fn one_time_code(subject: &str, text: &str, wordings: &Wordings) -> Found {
    find_any(subject, text, wordings.digits())
}

/// Looks for a one-time code in any message.
#[must_use]
pub fn find_any(subject: &str, text: &str, digits: &Digits) -> Found {
    let text = whole(subject, text);
    let page = Page::of(&text, digits);
    match winner(&page, &candidates(&page)) {
        Ok(Some(code)) => Found::One(Code::new(code.to_owned())),
        Ok(None) => Found::None,
        Err(()) => Found::Several,
    }
}

fn whole(subject: &str, text: &str) -> String {
    format!("{subject}\n\n{text}")
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

    fn check_any(text: &str, expected: &str) {
        let wordings = Wordings::built_in();
        let found = match one_time_code("", text, &wordings) {
            Found::One(code) => code.reveal().to_owned(),
            Found::Several => "several".to_owned(),
            Found::None => "none".to_owned(),
        };
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn codes_of_any_sender_are_found_in_every_shape() {
        for text in [
            "482913",
            "G-482913",
            "G-482913 is your code",
            "Code: 48 29 13",
            "code=482913",
            "OTP-482913",
            "Your OTP is 482913.Do not share it",
            "Use 482913 to verify your number",
            "Use 482913 as your password",
            "Your Netflix code is 482913",
            "482913 is your Booking code",
            "Votre code Booking.com est 482913",
            "[Line] 482913 is your login code",
            "482913 is your Bonus code",
            "Bank OTP 482913 for card 4417 and Rs. 5000",
            "Code for card ending 4417: 482913",
            "Hello\n\n@example.com #482913",
            "> Your code is 111222\n\nYour code is 482913",
        ] {
            check_any(text, "482913");
        }
    }

    #[test]
    fn digits_of_any_sender_are_no_code_because_a_code_is_spoken_of() {
        for text in [
            "Never share your code. Call 116116",
            "Use code 482913 for 20% off",
            "The voucher code 482913 saves you money",
            "Code postal 75011",
            "Code Promo : 75011",
            "Your ZIP code is 75011",
            "Your code expires in 2025. Order #482913",
            "The code costs EUR 4829, or 4829 points",
            "The code of card **** 4829 was changed",
            "Gutscheincode 482913",
            "Student 482913, please log in to the portal",
            "Log in to see meter 482913",
            "Please verify your order number: 482913",
            "482913 771203",
        ] {
            check_any(text, "none");
        }
        check_any("The code of 4554 is 9988", "several");
    }

    #[test]
    fn hostile_digits_take_linear_time() {
        for part in [
            "1",
            "1 ",
            "123456 ",
            "code 123456\n",
            "12-",
            "a@1 ",
            "code ",
        ] {
            let wordings = Wordings::built_in();
            let text = part.repeat(64 * 1024 / part.len());
            let found = find("", &text, wordings.digits());
            assert_ne!(found, Found::Several, "{part}");
            let found = one_time_code("", &text, &wordings);
            assert_ne!(found, Found::Several, "{part}");
        }
    }
}
