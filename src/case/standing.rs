//! Whether a code is the one that the form waits for: the newest, after the person armed, and not
//! one that was sent long ago and only comes now.
//!
//! It compares instants and knows neither the code nor the message it stands in.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How long a code is on its way at the most: greylisting takes minutes, seldom an hour. What comes
/// later was sent again by somebody, and is dead in any case.
const LONGEST_TRANSIT: SignedDuration = SignedDuration::from_hours(1);

/// How a code stands to what came before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It may be the one that is waited for.
    Newest,
    /// A newer one came before it.
    Superseded,
    /// The person pressed Send after it was sent.
    BeforeArming,
    /// Meta sent it long before it reached the mailbox.
    Replayed,
}

/// What is known of codes before one comes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CodesBefore {
    /// When the newest code of the same case was sent.
    pub newest_sent_at: Option<Timestamp>,
    /// When the person last armed.
    pub armed_at: Option<Timestamp>,
}

impl Standing {
    /// How a code stands by itself.
    #[must_use]
    pub fn of_transit(sent_at: Timestamp, received_at: Timestamp) -> Self {
        if received_at.duration_since(sent_at) > LONGEST_TRANSIT {
            Self::Replayed
        } else {
            Self::Newest
        }
    }

    /// How it stands to others.
    #[must_use]
    pub fn among(self, sent_at: Timestamp, received_at: Timestamp, codes: CodesBefore) -> Self {
        // A server's clock that is behind must not make a new code an old one; INTERNALDATE has
        // whole seconds.
        let latest = sent_at.max(received_at).as_second();
        let is_before = |armed_at: Timestamp| latest < armed_at.as_second();
        if self != Self::Newest {
            self
        } else if codes.armed_at.is_some_and(is_before) {
            Self::BeforeArming
        } else if codes.newest_sent_at.is_some_and(|newest| sent_at < newest) {
            Self::Superseded
        } else {
            Self::Newest
        }
    }

    /// Why a code is not handed over; `None` if it may be.
    #[must_use]
    pub fn objection(self) -> Option<&'static str> {
        match self {
            Self::Newest => None,
            Self::Superseded => Some("a newer code came before it"),
            Self::BeforeArming => Some("it was sent before you armed"),
            Self::Replayed => Some("Meta sent it long before it reached the mailbox"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    #[test]
    fn a_code_that_was_long_on_its_way_is_a_replay() {
        assert_eq!(Standing::of_transit(at(0), at(3600)), Standing::Newest);
        assert_eq!(Standing::of_transit(at(0), at(3601)), Standing::Replayed);
        assert_eq!(Standing::of_transit(at(60), at(0)), Standing::Newest);
    }

    #[test]
    fn the_newest_by_metas_clock_counts_and_only_after_arming() {
        let standing = |sent: i64, received: i64, newest: Option<i64>, armed: Option<i64>| {
            let codes = CodesBefore {
                newest_sent_at: newest.map(at),
                armed_at: armed.map(at),
            };
            Standing::Newest.among(at(sent), at(received), codes)
        };
        assert_eq!(standing(10, 11, None, None), Standing::Newest);
        assert_eq!(standing(10, 11, Some(10), None), Standing::Newest);
        // It overtook the one that was sent after it.
        assert_eq!(standing(10, 60, Some(20), None), Standing::Superseded);
        assert_eq!(standing(10, 11, None, Some(12)), Standing::BeforeArming);
        assert_eq!(standing(10, 11, None, Some(11)), Standing::Newest);
        assert_eq!(standing(13, 11, None, Some(12)), Standing::Newest);
        let replayed = Standing::Replayed.among(at(0), at(9999), CodesBefore::default());
        assert_eq!(replayed, Standing::Replayed);
    }
}
