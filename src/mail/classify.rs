//! Mail in, [`Finding`] out: which kind of mail this is, and why.
//!
//! It is generous in seeing that a mail is about an objection, and strict in everything that is
//! acted on: a kind counts only if exactly one fits. It does not know who sent the mail; the
//! sender's claim alone decides whether its words matter at all.

use super::code::{self, Found};
use super::link::{self, Links};
use super::mime::Mail;
use super::outcome::{self, Answer};
use super::phrase::{Phrase, Speech};
use super::wordings::{Language, Rule, Wordings};
use super::{Doubt, Finding, Outcome, Product, Reason, Verdict, date};

/// What one form of a mail's text means in one language.
struct Judgement<'a> {
    verdict: Verdict,
    because: Vec<Reason>,
    language: Option<&'a Language>,
}

/// A text that is being judged.
struct Page<'a> {
    speech: Speech,
    subject: &'a str,
    text: &'a str,
    has_objection_form: bool,
}

/// Says what a mail is to us, and why.
#[must_use]
pub fn classify(mail: &Mail, wordings: &Wordings) -> Finding {
    if !mail.claims_meta {
        let because = vec![reason("sender", "the sender does not claim to be Meta")];
        return irrelevant(because);
    }
    let links = link::select(&mail.links, wordings.pages());
    let page = Page::new(&mail.subject, &mail.text, &links);
    let Judgement {
        mut verdict,
        mut because,
        language,
    } = judge(&page, wordings);
    if contradicted(&verdict, mail, wordings) {
        verdict = Verdict::Unclear(Doubt::PartsDisagree);
        because.push(reason("parts", "the forms of the text do not say the same"));
    }
    let is_unread = mail.truncated && mail.text.is_empty();
    if mail.truncated && (verdict != Verdict::Irrelevant || is_unread) {
        verdict = Verdict::Unclear(Doubt::TooLarge);
        because.push(reason("size", "the message is larger than is read"));
    }
    if verdict == Verdict::Irrelevant {
        return irrelevant(because);
    }
    let announced = language.filter(|_| verdict == Verdict::Notification);
    Finding {
        product: product(mail, &links, wordings),
        language: language.map(|language| language.tag.clone()),
        effective_date: announced
            .and_then(|language| date::effective(&page.speech, &language.dates, mail.date)),
        verdict,
        links: links.addresses,
        because,
    }
}

fn irrelevant(because: Vec<Reason>) -> Finding {
    Finding {
        verdict: Verdict::Irrelevant,
        product: None,
        language: None,
        effective_date: None,
        links: Vec::new(),
        because,
    }
}

fn reason(rule: &str, words: &str) -> Reason {
    Reason {
        rule: rule.to_owned(),
        words: words.to_owned(),
    }
}

impl<'a> Page<'a> {
    fn new(subject: &'a str, text: &'a str, links: &Links) -> Self {
        Self {
            speech: Speech::of(subject, text),
            subject,
            text,
            has_objection_form: links.has_objection_form,
        }
    }
}

/// Judges a text in every language. The firmest judgement counts; two firm ones that differ are a
/// contradiction.
fn judge<'a>(page: &Page<'_>, wordings: &'a Wordings) -> Judgement<'a> {
    let mut best: Option<Judgement<'a>> = None;
    for language in wordings.languages() {
        let next = judge_in(page, language);
        let Some(current) = &best else {
            best = Some(next);
            continue;
        };
        let both_firm = firmness(&current.verdict) == 2 && firmness(&next.verdict) == 2;
        if both_firm && current.verdict != next.verdict {
            let because = [current.because.clone(), next.because].concat();
            return unclear(Doubt::Contradiction, because, Some(language));
        }
        if firmness(&next.verdict) > firmness(&current.verdict) {
            best = Some(next);
        }
    }
    best.unwrap_or_else(|| Judgement {
        verdict: Verdict::Irrelevant,
        because: vec![reason("tables", "no language is known")],
        language: None,
    })
}

fn firmness(verdict: &Verdict) -> u8 {
    match verdict {
        Verdict::Irrelevant => 0,
        Verdict::Unclear(_) => 1,
        Verdict::Notification | Verdict::ConfirmationCode(_) | Verdict::Decision(_) => 2,
    }
}

fn unclear(doubt: Doubt, because: Vec<Reason>, language: Option<&Language>) -> Judgement<'_> {
    Judgement {
        verdict: Verdict::Unclear(doubt),
        because,
        language,
    }
}

/// The first rule of a list that fits, and the phrase by which it does.
fn first<'a>(rules: &'a [Rule], speech: &Speech) -> Option<(&'a Rule, &'a Phrase)> {
    rules
        .iter()
        .find_map(|rule| Some((rule, rule.fits(speech)?)))
}

/// The kinds of mail that a text could be.
struct Kinds<'a> {
    answer: Answer,
    notice: Option<&'a Phrase>,
    code: Option<Coded<'a>>,
}

/// A text that speaks of a code.
struct Coded<'a> {
    found: Found,
    purpose: &'a Phrase,
    /// The same text names another purpose that a code can do harm with.
    other: Option<&'a Phrase>,
}

fn judge_in<'a>(page: &Page<'_>, language: &'a Language) -> Judgement<'a> {
    let speech = &page.speech;
    let kinds = Kinds {
        answer: outcome::read(speech, language),
        notice: first(&language.notifications, speech).map(|(_, phrase)| phrase),
        code: coded(page, language),
    };
    let about = first(&language.about, speech).map(|(_, phrase)| phrase.words.as_str());
    let about = about.or(kinds.answer.doubtful.as_deref());
    let is_ours = about.is_some()
        || page.has_objection_form
        || !kinds.answer.said.is_empty()
        || kinds.notice.is_some()
        || kinds.code.is_some();
    if let (true, Some((_, author))) = (is_ours, first(&language.other_authors, speech)) {
        let because = vec![reason("other_author", &author.words)];
        return unclear(Doubt::Contradiction, because, Some(language));
    }
    let speaks_of_ai = first(&language.topic, speech).is_some();
    if let (false, Some((_, matter))) = (speaks_of_ai, first(&language.other_matters, speech))
        && kinds.code.is_none()
    {
        let because = vec![reason("other_matter", &matter.words)];
        return if kinds.answer.said.is_empty() {
            Judgement {
                verdict: Verdict::Irrelevant,
                because,
                language: Some(language),
            }
        } else {
            unclear(Doubt::UnknownWording, because, Some(language))
        };
    }
    if let Some(judgement) = firm(&kinds, language) {
        return judgement;
    }
    if let Some(words) = about {
        let because = vec![reason("about", words)];
        return unclear(Doubt::UnknownWording, because, Some(language));
    }
    if page.has_objection_form {
        let because = vec![reason("link", "it leads to an objection form")];
        return unclear(Doubt::UnknownWording, because, None);
    }
    Judgement {
        verdict: Verdict::Irrelevant,
        because: vec![other_reason(speech, language)],
        language: None,
    }
}

/// The one kind that fits, or that more than one does.
fn firm<'a>(kinds: &Kinds<'_>, language: &'a Language) -> Option<Judgement<'a>> {
    let mut because: Vec<Reason> = Vec::new();
    let said = &kinds.answer.said;
    for (outcome, words) in said {
        because.push(reason(&format!("decision.{}", outcome.name()), words));
    }
    // An announcement may well say that objections are reviewed.
    let is_notice = kinds.notice.is_some();
    let yields = is_notice && matches!(said.as_slice(), [(Outcome::UnderReview, _)]);
    let decides = !said.is_empty() && !yields;
    because.extend(
        kinds
            .notice
            .map(|phrase| reason("notification", &phrase.words)),
    );
    let code = kinds
        .code
        .as_ref()
        .filter(|code| code.found != Found::None || !(decides || is_notice));
    because.extend(code.map(|code| reason("code", &code.purpose.words)));
    let count = usize::from(decides) + usize::from(is_notice) + usize::from(code.is_some());
    if count == 0 {
        return None;
    }
    let verdict = match (said.as_slice(), code) {
        _ if count > 1 || (decides && kinds.answer.is_disputed) => {
            Verdict::Unclear(Doubt::Contradiction)
        }
        (_, Some(code)) => {
            because.extend(code.other.map(|phrase| reason("other_code", &phrase.words)));
            code.verdict()
        }
        _ if is_notice => Verdict::Notification,
        ([(outcome, _)], _) => Verdict::Decision(*outcome),
        _ => Verdict::Unclear(Doubt::Contradiction),
    };
    Some(Judgement {
        verdict,
        because,
        language: Some(language),
    })
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
/// said by other mails too, and is outweighed by whatever names another purpose.
fn coded<'a>(page: &Page<'_>, language: &'a Language) -> Option<Coded<'a>> {
    let is_keyword = |word: &String| language.digits.keywords.contains(word);
    let mut words = page
        .speech
        .sentences
        .iter()
        .flat_map(|sentence| &sentence.words);
    if !words.any(is_keyword) {
        return None;
    }
    let (rule, purpose) = first(&language.codes, &page.speech)?;
    let others = other_purposes(&page.speech, language);
    if !rule.decisive && !others.is_empty() {
        return None;
    }
    let other = others.into_iter().find(|(rule, _)| rule.decisive);
    Some(Coded {
        found: code::find(page.subject, page.text, &language.digits),
        purpose,
        other: other.map(|(_, phrase)| phrase),
    })
}

/// What else a code could be for. A sentence of advice ("if this was not you, change your
/// password") names no purpose.
fn other_purposes<'a>(speech: &Speech, language: &'a Language) -> Vec<(&'a Rule, &'a Phrase)> {
    let is_advice = |sentence: &super::phrase::Sentence| {
        language
            .conditions
            .iter()
            .any(|phrase| phrase.occurs_in(sentence))
    };
    let stated = Speech {
        sentences: speech
            .sentences
            .iter()
            .filter(|s| !is_advice(s))
            .cloned()
            .collect(),
    };
    let rules = language.other_codes.iter();
    rules
        .filter_map(|rule| Some((rule, rule.fits(&stated)?)))
        .collect()
}

fn other_reason(speech: &Speech, language: &Language) -> Reason {
    match first(&language.other_codes, speech) {
        Some((_, phrase)) => reason("other_code", &phrase.words),
        None => reason("none", "no wording about an objection to AI training"),
    }
}

/// Whether another form of the text says something else than the one that is preferred.
fn contradicted(verdict: &Verdict, mail: &Mail, wordings: &Wordings) -> bool {
    let differs = |other: &String| {
        // The subject is common to all forms: a code in it must not speak for a form without one.
        let page = Page::new("", other, &Links::default());
        let in_full = Page::new(&mail.subject, other, &Links::default());
        let said = judge(&in_full, wordings).verdict;
        let said_alone = judge(&page, wordings).verdict;
        said != *verdict
            && (said_alone != Verdict::Irrelevant || carries_other_code(other, verdict, wordings))
    };
    match verdict {
        Verdict::Unclear(_) => false,
        Verdict::Irrelevant => mail.others.iter().any(|other| {
            let page = Page::new("", other, &Links::default());
            firmness(&judge(&page, wordings).verdict) == 2
        }),
        _ => mail.others.iter().any(differs),
    }
}

/// Whether a text carries a code beside the one that was found.
fn carries_other_code(text: &str, verdict: &Verdict, wordings: &Wordings) -> bool {
    let Verdict::ConfirmationCode(code) = verdict else {
        return false;
    };
    wordings
        .languages()
        .iter()
        .any(|language| match code::find("", text, &language.digits) {
            Found::None => false,
            Found::One(other) => other != *code,
            Found::Several => true,
        })
}

/// The product a mail is about: what it says of itself, else where it comes from.
fn product(mail: &Mail, links: &Links, wordings: &Wordings) -> Option<Product> {
    let named = |text: &str| {
        let text = text.to_lowercase();
        let products = [
            Product::Facebook,
            Product::Instagram,
            Product::Threads,
            Product::Whatsapp,
        ];
        let mut named = products
            .into_iter()
            .filter(|product| text.contains(product.name()));
        named.next().filter(|_| named.next().is_none())
    };
    let by_form = match links.form_products.as_slice() {
        [one] => Some(*one),
        _ => None,
    };
    let domain = mail.from.rsplit('@').next().unwrap_or_default();
    let by_domain = wordings.sender(domain).and_then(|sender| sender.product);
    let meta = Phrase::read("meta").ok();
    let says_meta = meta.is_some_and(|meta| Speech::of(&mail.subject, &mail.text).says(&meta));
    named(&mail.subject)
        .or(by_form)
        .or_else(|| named(&mail.from_name))
        .or(by_domain)
        .or(says_meta.then_some(Product::Meta))
}
