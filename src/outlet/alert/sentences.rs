//! The sentences of every alert: what happened, to which mailbox, and what to do.
//!
//! They are plain and calm: no exclamation mark, no promise, no code. They do not know which
//! message an alert is about; [`super::words`] sets that below them.
//!
//! SECURITY: pure. Hostile: the reasons that servers, programs and senders gave; each is escaped
//! and cut before it becomes part of a sentence.

use super::words::{clock, forged};
use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::case::effect::Notice;
use crate::case::{self, Reminder, is_automatic};
use crate::mail::escape;
use crate::mail::{Doubt, Outcome, Product};
use crate::outlet::redact::REASON_SHOWN;

/// What happened, in a few words.
#[must_use]
pub fn title(notice: &Notice) -> &'static str {
    match notice {
        Notice::Notification { .. } => "Meta announces a use of data that can be objected to",
        Notice::CodeWaiting { .. } => "The code for your objection is waiting",
        Notice::Decision { outcome, .. } => match outcome {
            Outcome::Honored => "Meta honored your objection",
            Outcome::PartlyHonored => "Meta honored your objection in part",
            Outcome::Declined => "Meta declined your objection",
            Outcome::NeedsInfo => "Meta wants to know more about your objection",
            Outcome::UnderReview => "Meta is reviewing your objection",
            Outcome::WrongChannel => "Your objection went to the wrong form",
            Outcome::Extended => "Meta needs longer for your objection",
        },
        Notice::Reminder { reminder, .. } => match reminder {
            Reminder::WeekBefore => "Within a week Meta's change applies, and nothing is filed",
            Reminder::DayBefore => "Within a day Meta's change applies, and nothing is filed",
            Reminder::AnswerOverdue => "Meta's answer has not come in time",
        },
        Notice::Unclear { .. } => "A message about your objection needs your eyes",
        Notice::Forged { .. } => "A message only claims to be from Meta",
        Notice::Unproven { .. } => "It is not known whether a message is from Meta",
        Notice::SubmissionFailed { doubtful: true, .. } => {
            "Perhaps the code was typed: look at the form"
        }
        Notice::SubmissionFailed {
            doubtful: false, ..
        } => "The code was not handed over",
        Notice::Summary { .. } => "More happened than is told one by one",
        Notice::Deaf { .. } => "A mailbox is not heard",
        Notice::Heard { .. } => "A mailbox is heard again",
        Notice::Test => "This is a test",
    }
}

/// What happened to which mailbox, and what to do: complete sentences on one line.
///
/// `mailbox` is a name that was made fit to be shown.
#[must_use]
pub fn text(notice: &Notice, mailbox: &str, account: Option<Product>) -> String {
    let about = about(account);
    let it = format!("your objection{about}");
    match notice {
        Notice::Notification { effective } => announced(*effective, &about, mailbox),
        Notice::CodeWaiting { until } => format!(
            "The code for {it} is waiting in mailbox {mailbox}. Open the mailbox, read the code \
             there and type it into Meta's form before {}.",
            clock(*until)
        ),
        Notice::Decision {
            outcome,
            seconds_after_code,
            unnamed,
        } => {
            let (what, then) = decided(*outcome, &it);
            let (automatic, others) = (automatic(*seconds_after_code), others(unnamed));
            format!("A message from Meta in mailbox {mailbox} {what}. {then}{automatic}{others}")
        }
        Notice::Reminder {
            reminder,
            effective,
            due,
        } => remind(*reminder, *effective, *due, &it, mailbox),
        Notice::Unclear { doubt } => format!(
            "A message about {it} in mailbox {mailbox} could not be read with certainty: {}. \
             Nothing was done with it. Open the mailbox and read the message yourself.",
            doubted(*doubt)
        ),
        Notice::Forged { reason } => format!(
            "A message that claims to be from Meta is not proved to be: {}. It is in mailbox \
             {mailbox}. Nothing was done with it. Do not follow its links.",
            clause(&forged(reason))
        ),
        Notice::Unproven { reason } => format!(
            "A message that claims to be from Meta can be neither proved nor refuted: {}. It is in \
             mailbox {mailbox}. Nothing was done with it. Facebook lists the mails it sent lately \
             under Settings, Password and security, Recent emails: look there before you believe \
             it, and do not follow its links.",
            clause(&forged(reason))
        ),
        Notice::SubmissionFailed {
            reason, doubtful, ..
        } => {
            let reason = clause(&escape(reason, REASON_SHOWN)).to_owned();
            failed(
                &reason,
                *doubtful,
                &format!("The code for {it} that came to {mailbox}"),
            )
        }
        Notice::Summary { counts } => summary(counts),
        Notice::Deaf { since, why } => format!(
            "The mailbox {mailbox} has not been heard since {}: {}. A code that comes now is not \
             seen before it is heard again: look into the mailbox yourself, and run `sustained \
             check` to see what to mend.",
            clock(*since),
            clause(&escape(why, REASON_SHOWN))
        ),
        Notice::Heard { since } => format!(
            "The mailbox {mailbox} is heard again; it was not heard after {}. Messages that came \
             in between are read now. There is nothing to do.",
            clock(*since)
        ),
        Notice::Test => tested(mailbox),
    }
}

fn announced(effective: Option<Date>, about: &str, mailbox: &str) -> String {
    let from_when = match effective {
        Some(date) => format!("It applies from {date} on."),
        None => "The message names no date from which it applies.".to_owned(),
    };
    format!(
        "A genuine message from Meta{about} in mailbox {mailbox} announces a use of personal data \
         that can be objected to. {from_when} To object, open the form that the message links to; \
         the form's code will come to this mailbox."
    )
}

fn tested(mailbox: &str) -> String {
    format!(
        "This is a test of the way in which you are told about mailbox {mailbox}: it works. \
         Nothing happened, and there is nothing to do."
    )
}

/// What Meta did, and what to do about it.
fn decided(outcome: Outcome, it: &str) -> (String, &'static str) {
    match outcome {
        Outcome::Honored => (
            format!("says that {it} is honored"),
            "There is nothing more to do; keep the message as your proof.",
        ),
        Outcome::PartlyHonored => (
            format!("says that {it} is honored only in part"),
            "Read the message to see which part, and whether to object to the rest.",
        ),
        Outcome::Declined => (
            format!("says that {it} is declined"),
            "Keep the message; you may object again with your reasons, or complain to your data \
             protection authority.",
        ),
        Outcome::NeedsInfo => (
            format!("wants more information before it decides about {it}"),
            "Nothing is decided yet: read the message and answer as it says.",
        ),
        Outcome::UnderReview => (
            format!("says that {it} arrived and is not decided yet"),
            "There is nothing to do but wait.",
        ),
        Outcome::WrongChannel => (
            format!("says that {it} went to the wrong form or is about another product"),
            "Read the message and object again where it says.",
        ),
        Outcome::Extended => (
            format!("says that {it} will take longer"),
            "There is nothing to do but wait; Meta may take two months more if it says so within \
             the first (GDPR, Art. 12(3)).",
        ),
    }
}

/// What the person is asked where an answer names one of several linked accounts.
fn others(unnamed: &[Product]) -> String {
    if unnamed.is_empty() {
        return String::new();
    }
    let names: Vec<&str> = unnamed.iter().map(|one| one.spelled()).collect();
    format!(
        " It does not name {}, which you said is linked: Meta says that one objection covers \
         linked accounts. Is it covered? If not, object for it, too.",
        names.join(" or ")
    )
}

fn remind(
    reminder: Reminder,
    effective: Option<Date>,
    due: Option<Date>,
    it: &str,
    mailbox: &str,
) -> String {
    let day = |date: Option<Date>| date.map_or("that day".to_owned(), |date| date.to_string());
    match reminder {
        Reminder::WeekBefore | Reminder::DayBefore => format!(
            "Meta's announced use of personal data applies from {} on, and as far as is known {it} \
             was not filed (mailbox {mailbox}). Objecting later is possible, too; it then counts \
             from that time on. If you did file it, say so: `sustained note filed`.",
            day(effective)
        ),
        Reminder::AnswerOverdue => format!(
            "Meta's answer to {it} (mailbox {mailbox}) was due by {}, as computed from GDPR, Art. \
             12(3); no answer has come to this mailbox. That is no refusal. `sustained status` \
             shows how the date was computed; it is not legal advice. If Meta answered elsewhere, \
             say so: `sustained note`. You may ask Meta, or your data protection authority.",
            day(due)
        ),
    }
}

fn summary(counts: &BTreeMap<String, u32>) -> String {
    let counts = counts
        .iter()
        .map(|(kind, count)| format!("{count} of {kind}"));
    format!(
        "More happened than this channel tells in an hour. Not told one by one: {}. All of it is \
         in the decision log: `sustained log`.",
        counts.collect::<Vec<_>>().join(", ")
    )
}

fn automatic(seconds_after_code: Option<i64>) -> String {
    let Some(seconds) = seconds_after_code.filter(|it| *it >= 0 && is_automatic(*it)) else {
        return String::new();
    };
    let unit = if seconds == 1 { "second" } else { "seconds" };
    let automatic = case::automatic(seconds);
    format!(" Meta answered {seconds} {unit} after the filing{automatic}.")
}

fn doubted(doubt: Doubt) -> &'static str {
    match doubt {
        Doubt::SeveralCodes => "several numbers in it could be the code",
        Doubt::NoCode => "it is a code message, and no code was found in it",
        Doubt::UnknownWording => "its words are not known yet",
        Doubt::Contradiction => "what it says fits different answers at once",
        Doubt::PartsDisagree => "its parts, which should say the same, do not",
        Doubt::Ambiguous => "other programs could read something else in it",
        Doubt::TooLarge => "it is larger than this program reads",
        Doubt::SentLongAgo => "Meta sent it long before it reached your mailbox",
    }
}

fn failed(reason: &str, doubtful: bool, the_code: &str) -> String {
    if doubtful {
        return format!(
            "{the_code} may or may not have been typed: look at the form; it is not tried again. \
             Was it filed? If so, say so: `sustained note filed`. What happened: {reason}."
        );
    }
    format!(
        "{the_code} was not handed over: {reason}. Open the mailbox and type the code into Meta's \
         form, or ask the form for a new code."
    )
}

/// A reason as a part of a sentence that goes on.
fn clause(reason: &str) -> &str {
    reason.trim_end_matches('.')
}

fn about(account: Option<Product>) -> String {
    match account {
        // A mail that names no single product.
        Some(Product::Meta) | None => String::new(),
        Some(product) => format!(" about {}", product.spelled()),
    }
}
