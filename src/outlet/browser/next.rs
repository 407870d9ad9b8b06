//! What is to be done about the page that is open, while an objection is filed. Pure.
//!
//! It says for each page whether the program goes on, the person has to, or it is over. What a page
//! means after a code was typed is `verdict`'s.

use super::reading::{Doubt, Reading};
use super::recipe::{Form, Kind};
use super::verdict::refusal;

/// How far the objection has come in the browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Nothing was sent yet.
    Opened,
    /// The form was sent.
    Sent,
    /// A code was typed, and that did not settle it.
    Typed,
}

/// What is to be done.
#[derive(Debug, Clone)]
pub enum Next<'a> {
    /// The form is to be filled in.
    Fill(&'a Form),
    /// The code is wanted.
    TypeCode,
    /// It is over: the objection is filed.
    Filed,
    /// The page refuses what was sent. The reason is for the person.
    Refused(String),
    /// There is no form for this person. The reason is for the person.
    Unavailable(String),
    /// There is no form at this address, or none for who is not logged in. The reason is for the
    /// person.
    NothingHere(String),
    /// Only the person can go on. The reason is for the person.
    HandOver(String),
}

/// What is to be done about a page at this stage.
///
/// Before the form was sent from here no page is that of its code, and none says that it is filed:
/// Meta asks for other codes as well, and an objection of last week is none of today.
#[must_use]
pub fn next(reading: Reading<'_>, stage: Stage) -> Next<'_> {
    let hand_over = |what_helps: &str| {
        let shown = reading.describe();
        Next::HandOver(format!("the browser shows {shown}{what_helps}"))
    };
    match (reading, stage) {
        (Reading::Form(form), Stage::Opened) => Next::Fill(form),
        (Reading::Form(_), Stage::Sent | Stage::Typed) => {
            hand_over(", although it was sent: look at what it says there, and send it yourself")
        }
        (Reading::Page(Kind::Code), Stage::Sent) => Next::TypeCode,
        (Reading::Page(Kind::Code), Stage::Opened) => {
            hand_over(", and no form was sent from here: it is yours to type")
        }
        (Reading::Page(Kind::Code), Stage::Typed) => hand_over(": type the code yourself"),
        (Reading::Page(Kind::Filed), Stage::Sent | Stage::Typed) => Next::Filed,
        (Reading::Page(Kind::Filed), Stage::Opened) => {
            hand_over(", and nothing was sent from here; `sustained note filed` puts it on record")
        }
        (Reading::Page(kind @ (Kind::TooShort | Kind::CodeWrong | Kind::CodeExpired)), _) => {
            Next::Refused(refusal(kind).to_owned())
        }
        (Reading::Page(Kind::OtherCountry), Stage::Opened) => Next::Unavailable(
            "Meta shows this form only where it has to offer it, and says that it is not for your \
             country: there is nothing to file here"
                .to_owned(),
        ),
        (Reading::Page(Kind::Unavailable), Stage::Opened) => Next::NothingHere(
            "Meta shows no form at this address: it was moved, or it is shown only to a browser \
             that is logged in. Log in there (not with --headless), or name another with --form"
                .to_owned(),
        ),
        (Reading::Unknown(Doubt::Elsewhere), _) => {
            hand_over(": nothing is filled in there; go back to the form")
        }
        (Reading::Unknown(_) | Reading::Page(_), _) => hand_over(": go on by yourself"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_filled_in_once_and_a_code_typed_once() {
        use crate::outlet::browser::recipe::Recipes;
        let form = Recipes::built_in().named("facebook-2025").unwrap();
        let is_handed_over = |reading, stage| matches!(next(reading, stage), Next::HandOver(_));
        assert!(matches!(
            next(Reading::Form(form), Stage::Opened),
            Next::Fill(_)
        ));
        assert!(is_handed_over(Reading::Form(form), Stage::Sent));
        let code = Reading::Page(Kind::Code);
        assert!(matches!(next(code, Stage::Sent), Next::TypeCode));
        assert!(is_handed_over(code, Stage::Opened) && is_handed_over(code, Stage::Typed));
    }

    #[test]
    fn before_the_form_was_sent_nothing_is_filed_and_after_it_it_was_there() {
        let of = |kind, stage| next(Reading::Page(kind), stage);
        assert!(matches!(of(Kind::Filed, Stage::Opened), Next::HandOver(_)));
        assert!(matches!(of(Kind::Filed, Stage::Sent), Next::Filed));
        for kind in [Kind::OtherCountry, Kind::Unavailable] {
            assert!(!matches!(of(kind, Stage::Opened), Next::HandOver(_)));
            assert!(matches!(of(kind, Stage::Sent), Next::HandOver(_)));
        }
    }

    #[test]
    fn what_wants_a_person_is_left_to_the_person_at_every_stage() {
        for stage in [Stage::Opened, Stage::Sent, Stage::Typed] {
            for kind in [Kind::LogIn, Kind::Captcha, Kind::Checkpoint] {
                assert!(matches!(
                    next(Reading::Page(kind), stage),
                    Next::HandOver(_)
                ));
            }
            for doubt in [Doubt::Elsewhere, Doubt::Nothing, Doubt::Several] {
                let reading = Reading::Unknown(doubt);
                assert!(matches!(next(reading, stage), Next::HandOver(_)));
            }
        }
    }
}
