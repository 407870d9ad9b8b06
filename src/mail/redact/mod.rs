//! A copy of a message that is fit for a bug report: no names, addresses, codes or ids, and the
//! program reads it as it reads the original.
//!
//! It trusts nothing of what it wrote: the copy is read again, and looked through for everything
//! that was taken away. What cannot be redacted is refused in whole. It does not know where
//! messages come from, or where the copy goes.

mod cast;
mod disguise;
mod edit;
mod encode;
mod field;
mod known;
mod leak;
mod number;
mod page;
mod part;
mod place;
mod style;
mod words;

use super::classify::classify;
use super::mime;
use super::wordings::Wordings;
use super::{Finding, Verdict};
use cast::Cast;
use disguise::Disguise;
use known::Known;

/// How often other stand-ins are tried: some numbers become another one's, or a telling one.
const ATTEMPTS: u8 = 12;

/// A copy without secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redacted {
    /// The copy; always UTF-8.
    pub message: String,
    /// How many words of names were replaced, wherever they stood.
    pub names: usize,
    /// How many addresses.
    pub addresses: usize,
    /// How many numbers and ids.
    pub numbers: usize,
}

/// Why there is no copy. The sentence holds nothing of the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotRedacted {
    /// Only a part of it would be read.
    #[error("the message is larger than this program reads")]
    TooLarge,
    /// It names more people and places than are looked for.
    #[error("the message holds more names and addresses than a letter to one person does")]
    TooMany,
    /// The copy would not be read as the original is.
    #[error("without its secrets the message would be read differently ({0})")]
    ReadsDifferently(&'static str),
    /// Something that should be gone was found in the copy.
    #[error("{0} would still be found in the copy")]
    Leaks(&'static str),
}

/// Makes the copy, and proves that it reads the same and holds none of what was found to replace.
///
/// # Errors
///
/// If the message is too large, or no try stands the proof.
pub fn redact(raw: &[u8], wordings: &Wordings) -> Result<Redacted, NotRedacted> {
    // By one parser: a copy is written anew, and no two readers differ on it.
    let (original, _) = mime::read_once(raw, wordings);
    if original.truncated {
        return Err(NotRedacted::TooLarge);
    }
    let finding = classify(&original, wordings);
    let known = Known::of(wordings);
    let mut failed = NotRedacted::TooMany;
    for attempt in 0..ATTEMPTS {
        let mut cast = Cast::new(&known, Disguise::new(raw, attempt));
        // The first time only to learn: a name may stand before the place that gives it away.
        part::message(raw, &mut cast);
        if cast.is_overfull() {
            return Err(NotRedacted::TooMany);
        }
        cast.settle(attempt);
        let message = part::message(raw, &mut cast);
        let (copy, _) = mime::read_once(message.as_bytes(), wordings);
        let checked = compared(&finding, &classify(&copy, wordings))
            .and_then(|()| headline(&original, &copy))
            .map_err(NotRedacted::ReadsDifferently)
            .and_then(|()| leak::search(&message, &cast).map_err(NotRedacted::Leaks));
        match checked {
            Ok(()) => {
                return Ok(Redacted {
                    message,
                    names: cast.count_names(),
                    addresses: cast.addresses().count(),
                    numbers: cast.numbers.len() + cast.ids.len(),
                });
            }
            Err(why) => failed = why,
        }
    }
    Err(failed)
}

/// Whether a copy is read as the original is; if not, what differs.
fn compared(original: &Finding, copy: &Finding) -> Result<(), &'static str> {
    match (&original.verdict, &copy.verdict) {
        (Verdict::ConfirmationCode(old), Verdict::ConfirmationCode(new)) if old == new => {
            return Err("the code");
        }
        (Verdict::ConfirmationCode(_), Verdict::ConfirmationCode(_)) => {}
        (old, new) if old == new => {}
        _ => return Err("the kind"),
    }
    let differs = [
        (original.product != copy.product, "the product"),
        (original.language != copy.language, "the language"),
        (
            original.effective_date != copy.effective_date,
            "the effective date",
        ),
        (original.links.len() != copy.links.len(), "the links"),
        (original.because != copy.because, "the reasons"),
    ];
    let found = differs.into_iter().find(|(differs, _)| *differs);
    found.map_or(Ok(()), |(_, what)| Err(what))
}

/// What the finding does not show: the header and the number of forms.
fn headline(original: &mime::Mail, copy: &mime::Mail) -> Result<(), &'static str> {
    let differs = [
        (original.claims_meta != copy.claims_meta, "the sender"),
        (
            original.from.is_empty() != copy.from.is_empty(),
            "the sender",
        ),
        (original.to.len() != copy.to.len(), "the recipients"),
        (original.date != copy.date, "the date"),
        (original.others.len() != copy.others.len(), "the parts"),
    ];
    let found = differs.into_iter().find(|(differs, _)| *differs);
    found.map_or(Ok(()), |(_, what)| Err(what))
}
