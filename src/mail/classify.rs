//! Mail in, [`Finding`] out: which kind of mail this is, and why.
//!
//! It is generous in seeing that a mail is about an objection, and strict in everything that is
//! acted on: a kind counts only if exactly one fits. All languages are read at once, because a
//! mail need not be in the person's own. It does not know who sent the mail; the sender's claim
//! alone decides whether its words matter at all.

use super::code::{self, Found};
use super::lifetime;
use super::link;
use super::mime::Mail;
use super::outcome::{self, Answer};
use super::speech::Speech;
use super::spoken::{Fit, Spoken};
use super::wordings::{LanguageId, Section, Wordings};
use super::{Doubt, Finding, Outcome, Reason, Verdict, date, pretender, product};

/// What one form of a mail's text means.
struct Judgement {
    verdict: Verdict,
    because: Vec<Reason>,
    language: Option<LanguageId>,
}

/// A text that is being judged.
struct Page<'a> {
    spoken: Spoken<'a>,
    subject: &'a str,
    text: &'a str,
    has_objection_form: bool,
    wordings: &'a Wordings,
}

/// Says what a mail is to us, and why.
#[must_use]
pub fn classify(mail: &Mail, wordings: &Wordings) -> Finding {
    if !mail.claims_meta {
        let because = vec![reason("sender", "the sender does not claim to be Meta")];
        return irrelevant(because);
    }
    let links = link::select(&mail.links, wordings.pages());
    let speech = Speech::of(&mail.subject, &mail.text);
    let page = Page {
        spoken: Spoken::of(&speech, wordings),
        subject: &mail.subject,
        text: &mail.text,
        has_objection_form: links.has_objection_form,
        wordings,
    };
    let Judgement {
        mut verdict,
        mut because,
        language,
    } = judge(&page);
    if contradicted(&verdict, mail, wordings) {
        verdict = Verdict::Unclear(Doubt::PartsDisagree);
        because.push(reason("parts", "the forms of the text do not say the same"));
    }
    if mail.is_ambiguous && verdict != Verdict::Irrelevant {
        verdict = Verdict::Unclear(Doubt::Ambiguous);
        because.push(reason(
            "parsers",
            "other programs could read something else",
        ));
    }
    if mail.truncated {
        verdict = Verdict::Unclear(Doubt::TooLarge);
        because.push(reason("size", "the message is larger than is read"));
    }
    if verdict == Verdict::Irrelevant {
        return irrelevant(because);
    }
    let language = language.and_then(|id| Some((id, wordings.languages().get(id)?)));
    let announced = language.filter(|_| verdict == Verdict::Notification);
    Finding {
        product: product::about(mail, &links, &page.spoken, wordings),
        named: product::only_named(&format!("{} {}", mail.subject, mail.text)),
        effective_date: announced.and_then(|found| date::effective(&page.spoken, found, mail.date)),
        language: language.map(|(_, language)| language.tag.clone()),
        lifetime: matches!(verdict, Verdict::ConfirmationCode(_))
            .then(|| lifetime::stated(&speech, wordings.lifetimes()))
            .flatten(),
        verdict,
        pretenders: pretender::among(&mail.links, &mail.labels, wordings.pages()),
        links: links.addresses,
        because,
    }
}

/// Says what a mail is to us, or which one-time code a mail of another sender carries: for
/// measuring, and for reports. It never leads to anything.
///
/// A mail that claims to be Meta's is read as always: the digits of a log-in code stay where they
/// are.
#[must_use]
pub fn classify_any_sender(mail: &Mail, wordings: &Wordings) -> Finding {
    if mail.claims_meta {
        return classify(mail, wordings);
    }
    let found = code::one_time_code(&mail.subject, &mail.text, wordings);
    let because = |words: &str| vec![reason("any_sender", words)];
    match found {
        Found::One(code) => Finding {
            verdict: Verdict::ConfirmationCode(code),
            ..irrelevant(because(
                "one group of digits is called a code more firmly than all others",
            ))
        },
        Found::Several => Finding {
            verdict: Verdict::Unclear(Doubt::SeveralCodes),
            ..irrelevant(because("several groups of digits are called a code"))
        },
        Found::None => irrelevant(because("no digits are called a code")),
    }
}

fn irrelevant(because: Vec<Reason>) -> Finding {
    Finding {
        verdict: Verdict::Irrelevant,
        product: None,
        named: None,
        language: None,
        effective_date: None,
        lifetime: None,
        links: Vec::new(),
        pretenders: Vec::new(),
        because,
    }
}

fn reason(rule: &str, words: &str) -> Reason {
    Reason {
        rule: rule.to_owned(),
        words: words.to_owned(),
    }
}

fn is_firm(verdict: &Verdict) -> bool {
    match verdict {
        Verdict::Irrelevant | Verdict::Unclear(_) => false,
        Verdict::Notification | Verdict::ConfirmationCode(_) | Verdict::Decision(_) => true,
    }
}

impl Judgement {
    fn of(verdict: Verdict, because: Vec<Reason>, language: Option<LanguageId>) -> Self {
        Self {
            verdict,
            because,
            language,
        }
    }

    /// What follows from one wording.
    fn by(verdict: Verdict, fit: &Fit<'_>, page: &Page<'_>) -> Self {
        let because = vec![page.spoken.reason(fit)];
        Self::of(verdict, because, Some(fit.rule.language))
    }
}

/// The kinds of mail that a text could be.
struct Kinds<'a> {
    answer: Answer<'a>,
    notice: Option<Fit<'a>>,
    code: Option<Coded<'a>>,
}

/// A text that speaks of a code.
struct Coded<'a> {
    found: Found,
    purpose: Fit<'a>,
    /// The same text names another purpose that a code can do harm with.
    other: Option<Fit<'a>>,
}

fn judge(page: &Page<'_>) -> Judgement {
    let spoken = &page.spoken;
    let kinds = Kinds {
        answer: outcome::read(spoken),
        notice: spoken.first(Section::Notification),
        code: coded(page),
    };
    let about = spoken.first(Section::About);
    let about = about.or_else(|| kinds.answer.doubtful.clone());
    let is_ours = about.is_some()
        || page.has_objection_form
        || !kinds.answer.said.is_empty()
        || kinds.notice.is_some()
        || kinds.code.is_some();
    if let (true, Some(judgement)) = (is_ours, by_another(page)) {
        return judgement;
    }
    let speaks_of_ai = spoken.first_in_own_language(Section::Topic).is_some();
    if let (false, Some(matter)) = (
        speaks_of_ai,
        spoken.first_in_own_language(Section::OtherMatter),
    ) && kinds.code.is_none()
    {
        let verdict = if kinds.answer.said.is_empty() {
            Verdict::Irrelevant
        } else {
            Verdict::Unclear(Doubt::UnknownWording)
        };
        return Judgement::by(verdict, &matter, page);
    }
    if let Some(judgement) = firm(&kinds, page) {
        return judgement;
    }
    let unknown = Verdict::Unclear(Doubt::UnknownWording);
    if let Some(about) = about {
        let mut judgement = Judgement::by(unknown, &about, page);
        let guess = kinds.answer.guessed.map(|fit| spoken.reason(&fit));
        let is_new = |guess: &Reason| !judgement.because.contains(guess);
        let guess = guess.filter(is_new);
        judgement.because.extend(guess);
        return judgement;
    }
    if page.has_objection_form {
        let because = vec![reason("link", "it leads to an objection form")];
        return Judgement::of(unknown, because, None);
    }
    if let Some(other) = spoken.first(Section::OtherCode) {
        return Judgement::by(Verdict::Irrelevant, &other, page);
    }
    let nothing = reason("none", "no wording about an objection to AI training");
    Judgement::of(Verdict::Irrelevant, vec![nothing], None)
}

/// A mail in which Meta delivers what somebody else wrote: whatever it says is not Meta's word.
///
/// Where the subject says so, the whole mail is of that kind. Elsewhere the words could be
/// Meta's own after all, and a person has to look.
fn by_another(page: &Page<'_>) -> Option<Judgement> {
    let spoken = &page.spoken;
    let is_certain =
        |fit: &Fit<'_>| fit.rule.is_sourced && spoken.speech.is_in_subject(fit.place.sentence);
    if let Some(kind) = spoken.foremost(spoken.fits(Section::OtherAuthor).filter(is_certain)) {
        return Some(Judgement::by(Verdict::Irrelevant, &kind, page));
    }
    let author = spoken.first(Section::OtherAuthor)?;
    let unclear = Verdict::Unclear(Doubt::Contradiction);
    Some(Judgement::by(unclear, &author, page))
}

/// The one kind that fits, or that more than one does.
fn firm(kinds: &Kinds<'_>, page: &Page<'_>) -> Option<Judgement> {
    let said = &kinds.answer.said;
    let notice = kinds.notice.as_ref();
    // An announcement may well say that objections are reviewed.
    let yields = notice.is_some() && matches!(said.as_slice(), [(Outcome::UnderReview, _)]);
    let decides = !said.is_empty() && !yields;
    let code = kinds
        .code
        .as_ref()
        .filter(|code| code.found != Found::None || !(decides || notice.is_some()));
    let kinds_said =
        usize::from(decides) + usize::from(notice.is_some()) + usize::from(code.is_some());
    let decisions = said.iter().map(|(_, fit)| fit);
    let mut fits: Vec<&Fit<'_>> = decisions.chain(notice).collect();
    let verdict = match (said.as_slice(), code) {
        _ if kinds_said == 0 => return None,
        _ if kinds_said > 1 || (decides && kinds.answer.is_disputed) => {
            Verdict::Unclear(Doubt::Contradiction)
        }
        _ if notice.is_some() && kinds.answer.guessed.is_some() => {
            fits.extend(kinds.answer.guessed.as_ref());
            Verdict::Unclear(Doubt::Contradiction)
        }
        (_, Some(code)) => {
            fits.extend(code.other.as_ref());
            code.verdict()
        }
        _ if notice.is_some() => Verdict::Notification,
        ([(outcome, _)], _) => Verdict::Decision(*outcome),
        _ => Verdict::Unclear(Doubt::Contradiction),
    };
    fits.extend(code.map(|code| &code.purpose));
    let language = page.spoken.foremost(fits.iter().map(|fit| (*fit).clone()));
    let because = fits.iter().map(|fit| page.spoken.reason(fit)).collect();
    Some(Judgement::of(
        verdict,
        because,
        language.map(|fit| fit.rule.language),
    ))
}

impl Coded<'_> {
    fn verdict(&self) -> Verdict {
        match &self.found {
            _ if self.other.is_some() => Verdict::Unclear(Doubt::Contradiction),
            Found::One(code) => Verdict::ConfirmationCode(code.clone()),
            Found::Several => Verdict::Unclear(Doubt::SeveralCodes),
            Found::None => Verdict::Unclear(Doubt::NoCode),
        }
    }
}

/// Whether a text carries the objection form's code, as far as its words can tell.
///
/// The form's code mail is not known. Words about the objection settle it; "verify your email" is
/// said by other mails too, and is outweighed by whatever names another purpose. A sentence of
/// advice ("if this was not you, change your password") names none.
fn coded<'a>(page: &Page<'a>) -> Option<Coded<'a>> {
    let spoken = &page.spoken;
    if !spoken.names_a_code() {
        return None;
    }
    let purposes: Vec<Fit<'a>> = spoken.fits(Section::Code).collect();
    let decisive = |fit: &&Fit<'a>| fit.rule.decisive;
    let settled = spoken.foremost(purposes.iter().filter(decisive).cloned());
    let is_settled = settled.is_some();
    let purpose = settled.or_else(|| spoken.foremost(purposes.into_iter()))?;
    let others: Vec<Fit<'a>> = spoken
        .fits(Section::OtherCode)
        .filter(|fit| !spoken.is_conditional(fit))
        .collect();
    if !is_settled && !others.is_empty() {
        return None;
    }
    let other = spoken.foremost(others.into_iter().filter(|fit| fit.rule.decisive));
    Some(Coded {
        found: code::find(page.subject, page.text, page.wordings.digits()),
        purpose,
        other,
    })
}

/// Whether another form of the text says something else than the one that is preferred.
fn contradicted(verdict: &Verdict, mail: &Mail, wordings: &Wordings) -> bool {
    let said_of = |subject: &str, text: &str| {
        let speech = Speech::of(subject, text);
        let page = Page {
            spoken: Spoken::of(&speech, wordings),
            subject,
            text,
            has_objection_form: false,
            wordings,
        };
        judge(&page).verdict
    };
    let differs = |other: &String| {
        // The subject is common to all forms: a code in it must not speak for a form without one.
        said_of(&mail.subject, other) != *verdict
            && (said_of("", other) != Verdict::Irrelevant
                || carries_other_code(other, verdict, wordings))
    };
    match verdict {
        Verdict::Unclear(_) => false,
        Verdict::Irrelevant => {
            let firmly = |other: &String| is_firm(&said_of(&mail.subject, other));
            mail.others.iter().any(firmly)
        }
        Verdict::Notification | Verdict::ConfirmationCode(_) | Verdict::Decision(_) => {
            mail.others.iter().any(differs)
        }
    }
}

/// Whether a text carries a code beside the one that was found.
fn carries_other_code(text: &str, verdict: &Verdict, wordings: &Wordings) -> bool {
    let Verdict::ConfirmationCode(code) = verdict else {
        return false;
    };
    match code::find("", text, wordings.digits()) {
        Found::None => false,
        Found::One(other) => other != *code,
        Found::Several => true,
    }
}
