//! What the page after the code says of the hand-over. Pure.
//!
//! Only Meta's own word is an answer: what is not known is doubtful, and a person looks.

use super::reading::Reading;
use super::recipe::Kind;
use crate::case::effect::Attempt;

/// How the hand-over went that `reading` came after.
#[must_use]
pub fn attempt_of(reading: &Reading<'_>) -> Attempt {
    match reading {
        Reading::Page(Kind::Filed) => Attempt::Accepted,
        Reading::Page(kind @ (Kind::CodeWrong | Kind::CodeExpired | Kind::TooShort)) => {
            Attempt::Rejected(refusal(*kind).to_owned())
        }
        Reading::Page(_) | Reading::Form(_) | Reading::Unknown(_) => Attempt::Unknown(format!(
            "the code was typed, and then came {}; look at it",
            reading.describe()
        )),
    }
}

/// What a page that refuses means, and what to do, for the person.
#[must_use]
pub fn refusal(kind: Kind) -> &'static str {
    match kind {
        Kind::CodeExpired => {
            "the form says that the code has expired: have it send you a new one, or send the form \
             again"
        }
        Kind::TooShort => {
            "the form says that the reason is too short: write more than 100 characters, and send \
             it again"
        }
        _ => {
            "the form says that the code is wrong: have it send you a new one, or send the form \
             again"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Attempt, Kind, Reading, attempt_of};
    use crate::outlet::browser::reading::Doubt;

    #[test]
    fn only_a_known_answer_is_one() {
        let of = |kind| attempt_of(&Reading::Page(kind));
        assert_eq!(of(Kind::Filed), Attempt::Accepted);
        for kind in [Kind::CodeWrong, Kind::CodeExpired, Kind::TooShort] {
            assert!(matches!(of(kind), Attempt::Rejected(_)), "{kind:?}");
        }
        let check = |reading: Reading<'_>, expected: &str| {
            let Attempt::Unknown(why) = attempt_of(&reading) else {
                panic!("{reading:?} is an answer");
            };
            assert_eq!(why, format!("the code was typed, and then came {expected}"));
        };
        let code = Reading::Page(Kind::Code);
        check(code, "the page that asks for the code; look at it");
        let nothing = Reading::Unknown(Doubt::Nothing);
        check(nothing, "a page that is not known; look at it");
    }
}
