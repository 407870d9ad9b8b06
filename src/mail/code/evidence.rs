//! What speaks for a candidate being the code of a message, in points.
//!
//! Every point has a name, so that a figure can be explained. It does not know what can be no
//! code at all; that is `candidate`.

use super::candidate::{Candidate, Shape, is_alone};
use super::page::{Page, Senses, Word, is_bare};

/// "code: N", "N is your code", or the line for browsers.
const DIRECT: u32 = 100;
/// Alone in its line, in a message that speaks of a code.
const OWN_LINE: u32 = 80;
/// "Your password is N".
const PASSWORD: u32 = 70;
/// The message is nothing else.
const ALL: u32 = 60;
/// A code is spoken of in the same sentence.
const SENTENCE: u32 = 60;
/// Its sentence says what a code is for, and another speaks of a code.
const PURPOSE: u32 = 60;
/// It is said at once what the digits are for, and nothing is called a code.
const PURPOSE_ALONE: u32 = 50;
/// The sentence behind its own speaks of a code.
const NEXT_SENTENCE: u32 = 50;
/// A password is spoken of in the same sentence.
const PASSWORD_SENTENCE: u32 = 50;
/// A code is spoken of not far before.
const NEAR: u32 = 35;

/// Six digits: most codes have as many, and few other numbers.
const SIX: u32 = 15;
/// It could be a year or a date.
const DATE: u32 = 40;
/// Something is sold or given away in the same sentence.
const OFFER: u32 = 60;

/// What a candidate needs to be a code, and by how much it has to be ahead of every other one.
const ENOUGH: u32 = 60;
const MARGIN: u32 = 20;

/// How many words may stand between digits and a word that names them: nearly none if nothing
/// else ties them, some if a colon does or the digits open the sentence, and many if it is only
/// the sentence that they share.
const CLOSE: usize = 2;
const FAR: usize = 10;
const SHARED: usize = 20;

/// Within how many words before or behind digits it is said what they are for.
const NEAR_WORDS: usize = 5;

/// How far before a code the word for it may stand, and how far behind, in bytes.
const BEFORE: usize = 160;
const BEHIND: usize = 80;

/// The digits of the one candidate that is the code, by points; `Err` if two are as good.
pub fn winner<'a>(page: &Page<'_>, candidates: &'a [Candidate]) -> Result<Option<&'a str>, ()> {
    let mut scores: Vec<(u32, &str)> = Vec::new();
    for candidate in candidates {
        let score = score(page, candidate);
        let digits = candidate.group.digits.as_str();
        match scores.iter_mut().find(|(_, known)| *known == digits) {
            Some((best, _)) => *best = score.max(*best),
            None => scores.push((score, digits)),
        }
    }
    scores.sort_by(|(one, _), (other, _)| other.cmp(one));
    match scores.as_slice() {
        [(best, _), ..] if *best < ENOUGH => Ok(None),
        [(best, _), (second, _), ..] if *second + MARGIN > *best => Err(()),
        [(_, digits), ..] => Ok(Some(digits)),
        [] => Ok(None),
    }
}

fn score(page: &Page<'_>, candidate: &Candidate) -> u32 {
    let evidence = evidence(page, candidate);
    let length = if candidate.group.digits.len() == 6 {
        SIX
    } else {
        0
    };
    let date = if candidate.is_date { DATE } else { 0 };
    let offer = if is_offer(page, candidate) { OFFER } else { 0 };
    let bonus = if evidence == 0 { 0 } else { length };
    (evidence + bonus).saturating_sub(date + offer)
}

/// The best that speaks for a candidate.
fn evidence(page: &Page<'_>, candidate: &Candidate) -> u32 {
    let in_sentence = |senses: u8| is_in_sentence(page, candidate, senses);
    let found = [
        (DIRECT, candidate.shape == Shape::ForBrowsers),
        (DIRECT, is_named(page, candidate, Senses::KEYWORD)),
        (
            OWN_LINE,
            page.names_a_code && is_alone(page, &candidate.group),
        ),
        (PASSWORD, is_named(page, candidate, Senses::PASSWORD)),
        (ALL, is_all(page, candidate)),
        (SENTENCE, in_sentence(Senses::KEYWORD)),
        (PURPOSE, page.names_a_code && in_sentence(Senses::PURPOSE)),
        (PURPOSE_ALONE, is_for_a_purpose(page, candidate)),
        (PASSWORD_SENTENCE, in_sentence(Senses::PASSWORD)),
        (NEXT_SENTENCE, is_called_so_later(page, candidate)),
        (NEAR, is_near_keyword(page, candidate)),
    ];
    let holds = found.into_iter().find(|(_, holds)| *holds);
    holds.map_or(0, |(points, _)| points)
}

/// Whether the message has no words but a sender's letters before the digits.
fn is_all(page: &Page<'_>, candidate: &Candidate) -> bool {
    let letters = usize::from(candidate.shape == Shape::Prefixed);
    let has_others = || {
        let digits = page.text.chars().filter(char::is_ascii_digit).count();
        digits != candidate.group.digits.len()
    };
    page.words.len() == letters && !has_others()
}

/// Whether a word of these senses stands beside the digits, in their sentence.
fn is_in_sentence(page: &Page<'_>, candidate: &Candidate, senses: u8) -> bool {
    let sentence = page.sentence(candidate.group.start);
    let mut near = page
        .before(candidate.group.start)
        .take(SHARED)
        .chain(page.behind(candidate.group.end).take(SHARED))
        .filter(|word| word.end > sentence.start && word.start < sentence.end);
    near.any(|word| word.senses.any(senses))
}

/// Whether a word close to the digits says what they are for, and nothing parts them: "enter N",
/// "verify your email: N", "use N to verify".
fn is_for_a_purpose(page: &Page<'_>, candidate: &Candidate) -> bool {
    let group = &candidate.group;
    let is_purpose = |word: &&Word| word.senses.any(Senses::PURPOSE);
    let points = page.between(0, group.start).trim_end().ends_with(':');
    let leads = |word: &Word| {
        let gap = page.between(word.end, group.start);
        gap.trim().is_empty() || (points && is_one_step(gap))
    };
    let follows = |word: &Word| {
        let gap = page.between(group.end, word.start);
        !gap.contains(|c: char| matches!(c, ',' | ';' | ':' | '.' | '\n') || c.is_ascii_digit())
    };
    let mut before = page.before(group.start).take(NEAR_WORDS);
    let mut behind = page.behind(group.end).take(NEAR_WORDS);
    before.find(is_purpose).is_some_and(leads) || behind.find(is_purpose).is_some_and(follows)
}

/// Whether a word of this sense names the digits: "code: N", "N is your code".
fn is_named(page: &Page<'_>, candidate: &Candidate, sense: u8) -> bool {
    is_named_before(page, candidate, sense) || is_named_behind(page, candidate, sense)
}

fn is_named_before(page: &Page<'_>, candidate: &Candidate, sense: u8) -> bool {
    let start = candidate.group.start;
    let mut words = page.before(start).take(FAR).enumerate();
    let Some((between, name)) = words.find(|(_, word)| word.senses.any(sense)) else {
        return false;
    };
    let gap = page.between(name.end, start);
    if page.sentence(name.start).end < start && !is_one_step(gap) {
        return false;
    }
    let is_introduced = gap
        .trim_end_matches([' ', '\n', '"', '*', '\u{201c}', '\u{201e}'])
        .ends_with([':', '=']);
    let has_digits = gap.contains(|c: char| c.is_ascii_digit());
    // "The code for 4554 is 9988": of two numbers that look alike either may be it.
    let is_alike = || {
        let mut runs = gap.split(|c: char| !c.is_ascii_digit());
        runs.any(|run| run.len() == candidate.group.digits.len())
    };
    // "Your code expires in 2025."
    let close = if candidate.is_date { 1 } else { CLOSE };
    is_introduced || (between <= close && !has_digits) || (has_digits && is_alike())
}

/// Whether a gap between sentences is only the end of a line that leads to the next one.
fn is_one_step(gap: &str) -> bool {
    !gap.contains(['.', '!', '?'])
}

fn is_named_behind(page: &Page<'_>, candidate: &Candidate, sense: u8) -> bool {
    let sentence = page.sentence(candidate.group.start);
    let end = candidate.group.end;
    let mut words = page.behind(end).take(FAR);
    let Some(name) = words.find(|word| word.senses.any(sense)) else {
        return false;
    };
    let gap = page.between(end, name.start);
    // "Use N as your password": a word for a password as near as that means these digits.
    let is_close = || {
        sense == Senses::PASSWORD
            && page
                .behind(end)
                .take(CLOSE + 1)
                .any(|word| word.start == name.start)
    };
    let opens = opens(page.between(sentence.start, candidate.group.start)) || is_close();
    opens && name.start < sentence.end && !gap.contains(|c: char| c.is_ascii_digit() || c == ':')
}

/// Whether nothing stands before the digits in their sentence but who writes: "[Acme]", "Acme:".
fn opens(before: &str) -> bool {
    let before = before.trim_end();
    let is_sender = before.ends_with([']', ')', ':', '>', '】']) && before.len() <= BEHIND;
    is_bare(before) || is_sender
}

fn is_called_so_later(page: &Page<'_>, candidate: &Candidate) -> bool {
    let own = page.sentence(candidate.group.start);
    let next = page.sentence(own.end);
    let mut words = page.behind(own.end).take(FAR);
    next.start == own.end
        && words.any(|word| word.start < next.end && word.senses.any(Senses::KEYWORD))
}

/// Whether a code is spoken of not far from the digits.
#[must_use]
pub fn is_near_keyword(page: &Page<'_>, candidate: &Candidate) -> bool {
    let group = &candidate.group;
    let is_keyword = |word: &&Word| word.senses.any(Senses::KEYWORD);
    let before = page
        .before(group.start)
        .take_while(|word| word.start + BEFORE >= group.start);
    let behind = page
        .behind(group.end)
        .take_while(|word| word.end <= group.end + BEHIND);
    before.chain(behind).any(|word| is_keyword(&word))
}

/// Whether the sentence sells something: it has a percentage ("20 % off"), or a word for an offer
/// and none for what a one-time code is for.
fn is_offer(page: &Page<'_>, candidate: &Candidate) -> bool {
    let sentence = page.sentence(candidate.group.start);
    let near = sentence
        .start
        .max(candidate.group.start.saturating_sub(BEFORE))
        ..sentence.end.min(candidate.group.end + BEFORE);
    let bytes = page.text.as_bytes().get(near).unwrap_or_default();
    let has_percentage = bytes.windows(3).any(|three| match three {
        [digit, b' ', b'%'] | [_, digit, b'%'] => digit.is_ascii_digit(),
        _ => false,
    });
    // Nobody writes "482913 is your code" of a voucher.
    has_percentage
        || (is_in_sentence(page, candidate, Senses::OFFER)
            && !is_in_sentence(page, candidate, Senses::PURPOSE)
            && !is_named_behind(page, candidate, Senses::KEYWORD))
}
