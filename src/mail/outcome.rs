//! What Meta decided, by the sentences of an answer.
//!
//! A wording counts only where it is said outright: not in a condition, not in a question, not
//! behind a negation. It does not know whether the mail is a decision at all; where it cannot
//! tell, it says that something was there.

use super::Outcome;
use super::phrase::Place;
use super::spoken::{Fit, Spoken};
use super::wordings::{Section, Use};

/// How many words before a wording a negation still turns it round.
const REACH: usize = 8;

/// What a mail says about a decision.
#[derive(Default)]
pub struct Answer<'a> {
    /// Every outcome that is said outright, with the wording.
    pub said: Vec<(Outcome, Fit<'a>)>,
    /// A wording that is there, but conditional, denied, or only guessed at by the tables.
    pub doubtful: Option<Fit<'a>>,
    /// One of these that is no condition: perhaps this is an answer.
    pub guessed: Option<Fit<'a>>,
    /// Something stands against what is said outright: the same denied, or a guess at another
    /// outcome.
    pub is_disputed: bool,
}

/// A wording that was found, and how it is said.
struct Hit<'a> {
    outcome: Outcome,
    fit: Fit<'a>,
    said: Said,
}

/// How a wording is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Outright,
    /// In a condition or a question: it says nothing about what was decided.
    Supposed,
    Denied,
}

/// Reads the outcomes a mail gives, in all languages at once.
#[must_use]
pub fn read<'a>(spoken: &Spoken<'a>) -> Answer<'a> {
    let hits: Vec<Hit<'a>> = spoken
        .fits(Section::Decision)
        .filter_map(|fit| {
            Some(Hit {
                outcome: fit.rule.outcome?,
                said: said(spoken, &fit),
                fit,
            })
        })
        .collect();
    let mut answer = Answer::default();
    let mut against = Vec::new();
    for hit in hits.iter().filter(|hit| !is_overlaid(hit, &hits)) {
        let outcome = hit.outcome;
        if hit.said == Said::Outright && hit.fit.rule.is_sourced {
            if answer.said.iter().all(|(said, _)| *said != outcome) {
                answer.said.push((outcome, hit.fit.clone()));
            }
            continue;
        }
        if hit.said != Said::Supposed {
            against.push((hit.said, outcome));
        }
    }
    let unsure: Vec<&Hit<'a>> = hits
        .iter()
        .filter(|hit| hit.said != Said::Outright || !hit.fit.rule.is_sourced)
        .collect();
    answer.doubtful = spoken.foremost(unsure.iter().map(|hit| hit.fit.clone()));
    // An announcement may well say that objections are reviewed.
    let guesses = unsure
        .iter()
        .filter(|hit| hit.said != Said::Supposed && hit.outcome != Outcome::UnderReview);
    answer.guessed = spoken.foremost(guesses.map(|hit| hit.fit.clone()));
    settle(&mut answer.said);
    answer.is_disputed = against.iter().any(|(how, outcome)| {
        let mut said = answer.said.iter();
        match how {
            Said::Denied => said.any(|(said, _)| said == outcome),
            Said::Outright | Said::Supposed => said.any(|(said, _)| said != outcome),
        }
    });
    answer
}

fn said(spoken: &Spoken<'_>, fit: &Fit<'_>) -> Said {
    let asks = spoken.sentence(fit).is_some_and(|sentence| sentence.asks);
    if asks || (!fit.rule.despite_conditions && spoken.is_conditional(fit)) {
        return Said::Supposed;
    }
    let span = fit.place.span();
    let turned = span.start.saturating_sub(REACH)..span.end;
    // A negation that the wording itself names belongs to its meaning.
    let is_denied = spoken
        .all(Use::Negation, fit.rule.language)
        .filter(|negation| negation.sentence == fit.place.sentence)
        .flat_map(Place::named)
        .any(|word| turned.contains(&word) && !fit.place.named().any(|named| named == word));
    if is_denied {
        Said::Denied
    } else {
        Said::Outright
    }
}

/// Whether a longer wording of another outcome takes words of this one: "will honor your objection
/// in part" is not "will honor your objection".
fn is_overlaid(hit: &Hit<'_>, hits: &[Hit<'_>]) -> bool {
    let span = hit.fit.place.span();
    hits.iter().any(|other| {
        let wider = other.fit.place.span();
        other.outcome != hit.outcome
            && wider.start < span.end
            && span.start < wider.end
            && wider.len() > span.len()
    })
}

/// A review leaves open what a demand for more information has settled: the forms' own text says
/// both in one breath.
fn settle(said: &mut Vec<(Outcome, Fit<'_>)>) {
    if said
        .iter()
        .any(|(outcome, _)| *outcome == Outcome::NeedsInfo)
    {
        said.retain(|(outcome, _)| *outcome != Outcome::UnderReview);
    }
}

#[cfg(test)]
mod tests {
    use super::super::speech::Speech;
    use super::super::wordings::Wordings;
    use super::*;

    fn check(text: &str, expected: &[Outcome]) {
        let wordings = Wordings::built_in();
        let speech = Speech::of("Your objection", text);
        let answer = read(&Spoken::of(&speech, &wordings));
        let said: Vec<Outcome> = answer.said.iter().map(|(outcome, _)| *outcome).collect();
        assert_eq!(said, expected, "{text}");
    }

    #[test]
    fn an_objection_is_honored_only_where_it_is_said_outright() {
        let honored = &[Outcome::Honored];
        check(
            "We've reviewed your request and will honor your objection.",
            honored,
        );
        check(
            "We will also honour your objection for other accounts.",
            honored,
        );
        check("We’ll honour your\nobjection.", honored);
        check("Your objection has been honoured.", honored);
        for text in [
            "If you live in the EU, we will honor your objection.",
            "We will honor your objection once you confirm your email.",
            "Will we honor your objection? That is being looked at.",
            "It is not true that we will honor your objection.",
            "If your objection is honoured, it is applied.",
            "Your objection was approved.",
            "We will honor objections where the law wants it.",
        ] {
            check(text, &[]);
        }
    }

    #[test]
    fn a_denied_wording_is_a_refusal_or_nothing() {
        let declined = &[Outcome::Declined];
        check("We will not honor your objection.", declined);
        check("We won’t be able to honour your objection.", declined);
        check("We are unable to honour your objection.", declined);
        check("Your objection will not be honored.", declined);
        check("We cannot take further action on your request.", declined);
        check("We've declined your objection.", declined);
        check(
            "It is not the case that we are unable to honor your objection.",
            &[],
        );
    }

    #[test]
    fn the_longer_wording_wins() {
        let partly = &[Outcome::PartlyHonored];
        check("We will honor your objection in part.", partly);
        check("We will partially honour your objection.", partly);
        check(
            "We will honor your objection for posts but not for messages.",
            partly,
        );
        check("We will only honor part of your objection.", partly);
    }

    #[test]
    fn other_answers_are_told_apart() {
        check(
            "We don't automatically fulfill requests sent using this form. We review them.",
            &[Outcome::UnderReview],
        );
        check(
            "We've received your objection and are reviewing it.",
            &[Outcome::UnderReview],
        );
        check(
            "We are unable to process the request until we get evidence. We don't automatically \
             fulfil requests.",
            &[Outcome::NeedsInfo],
        );
        check(
            "Please provide more information about it.",
            &[Outcome::NeedsInfo],
        );
        check(
            "Your objection is about Meta AI, not WhatsApp.",
            &[Outcome::WrongChannel],
        );
    }
}
