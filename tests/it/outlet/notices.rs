//! Every notice there is, with its sentences and its own fields in JSON.

use sustained::case::Reminder;
use sustained::case::effect::Notice;
use sustained::mail::{Doubt, Outcome, Product};

use super::alert::at;

pub fn decision(outcome: Outcome, seconds_after_code: Option<i64>) -> Notice {
    Notice::Decision {
        outcome,
        seconds_after_code,
        unnamed: vec![],
    }
}

fn failed(reason: &str, doubtful: bool) -> Notice {
    Notice::SubmissionFailed {
        reason: reason.to_owned(),
        doubtful,
        code_until: None,
    }
}

pub fn forged() -> Notice {
    Notice::Forged {
        reason: "it is signed by evil.example only".to_owned(),
    }
}

/// A notice, its sentences, and its own fields in JSON.
type Told = (Notice, &'static str, &'static str);

/// Every notice.
pub fn every_notice() -> Vec<Told> {
    let mut notices = decisions();
    notices.extend(other_notices());
    notices.extend(reminders());
    notices.push(test());
    notices
}

fn test() -> Told {
    (
        Notice::Test,
        "alert.test  me  This is a test of the way in which you are told about mailbox me: it \
             works. Nothing happened, and there is nothing to do.",
        r#""links":["https://www.facebook.com/help/contact/1"]"#,
    )
}

fn decisions() -> Vec<Told> {
    vec![
        (
            decision(Outcome::Honored, Some(12)),
            "decision.received  me  A message from Meta in mailbox me says that your objection \
             about Facebook is honored. There is nothing more to do; keep the message as your \
             proof. Meta answered 12 seconds after the filing: automatic in all likelihood.",
            r#""outcome":"honored","seconds_after_code":12"#,
        ),
        (
            decision(Outcome::Declined, Some(86_400)),
            "decision.received  me  A message from Meta in mailbox me says that your objection \
             about Facebook is declined. Keep the message; you may object again with your \
             reasons, or complain to your data protection authority.",
            r#""outcome":"declined","seconds_after_code":86400"#,
        ),
        (
            decision(Outcome::NeedsInfo, None),
            "decision.received  me  A message from Meta in mailbox me wants more information \
             before it decides about your objection about Facebook. Nothing is decided yet: read \
             the message and answer as it says.",
            r#""outcome":"needs_info","seconds_after_code":null"#,
        ),
    ]
}

fn other_notices() -> Vec<Told> {
    let since = at("2026-11-23T19:00:00Z");
    vec![
        (
            Notice::Notification {
                effective: Some(jiff::civil::date(2024, 6, 26)),
            },
            "notification.received  me  A genuine message from Meta about Facebook in mailbox me \
             announces a use of personal data that can be objected to. It applies from 2024-06-26 \
             on. To object, open the form that the message links to; the form's code will come to \
             this mailbox.",
            r#""effective":"2024-06-26""#,
        ),
        (
            Notice::CodeWaiting { until: since },
            "code.received  me  The code for your objection about Facebook is waiting in mailbox \
             me. Open the mailbox, read the code there and type it into Meta's form before \
             2026-11-23T19:00:00Z. The code is not repeated in this alert.",
            r#""until":"2026-11-23T19:00:00Z""#,
        ),
        (
            Notice::Unclear {
                doubt: Doubt::SeveralCodes,
            },
            "mail.unclear  me  A message about your objection about Facebook in mailbox me could \
             not be read with certainty: several numbers in it could be the code. Nothing was \
             done with it. Open the mailbox and read the message yourself.",
            r#""doubt":"several_codes""#,
        ),
        (
            forged(),
            "mail.forged  me  A message that claims to be from Meta is not proved to be: it is \
             signed by evil[.]example only. It is in mailbox me. Nothing was done with it. Do not \
             follow its links.",
            r#""reason":"it is signed by evil[.]example only""#,
        ),
        (
            failed("the step did not finish within 60 s.", true),
            "submission.failed  me  The code for your objection about Facebook that came to me \
             may or may not have been typed: look at the form; it is not tried again. Was it \
             filed? If so, say so: `sustained note filed`. What happened: the step did not finish \
             within 60 s.",
            r#""reason":"the step did not finish within 60 s.","doubtful":true"#,
        ),
        (
            failed("the form is closed", false),
            "submission.failed  me  The code for your objection about Facebook that came to me \
             was not handed over: the form is closed. Open the mailbox and type the code into \
             Meta's form, or ask the form for a new code.",
            r#""reason":"the form is closed","doubtful":false"#,
        ),
        (
            Notice::Deaf {
                since,
                why: "NO [AUTH] \u{1b}[5mpassword".to_owned(),
            },
            "mailbox.deaf  me  The mailbox me has not been heard since 2026-11-23T19:00:00Z: NO \
             [AUTH] \\u{1b}[5mpassword. A code that comes now is not seen before it is heard \
             again: look into the mailbox yourself, and run `sustained check` to see what to mend.",
            r#""since":"2026-11-23T19:00:00Z","why":"NO [AUTH] \\u{1b}[5mpassword""#,
        ),
        (
            Notice::Heard { since },
            "mailbox.heard  me  The mailbox me is heard again; it was not heard after \
             2026-11-23T19:00:00Z. Messages that came in between are read now. There is nothing \
             to do.",
            r#""since":"2026-11-23T19:00:00Z""#,
        ),
    ]
}

fn reminders() -> Vec<Told> {
    let day = jiff::civil::date;
    let remind = |reminder, effective, due| Notice::Reminder {
        reminder,
        effective,
        due,
    };
    vec![
        (
            remind(Reminder::WeekBefore, Some(day(2025, 5, 27)), None),
            "reminder.due  me  Meta's announced use of personal data applies from 2025-05-27 on, \
             and as far as is known your objection about Facebook was not filed (mailbox me). \
             Objecting later is possible, too; it then counts from that time on. If you did file \
             it, say so: `sustained note filed`.",
            r#""reminder":"week_before","effective":"2025-05-27","due":null"#,
        ),
        (
            remind(Reminder::AnswerOverdue, None, Some(day(2025, 6, 20))),
            "reminder.due  me  Meta's answer to your objection about Facebook (mailbox me) was \
             due by 2025-06-20, as computed from GDPR, Art. 12(3); no answer has come to this \
             mailbox. That is no refusal. `sustained status` shows how the date was computed; it \
             is not legal advice. If Meta answered elsewhere, say so: `sustained note`. You may \
             ask Meta, or your data protection authority.",
            r#""reminder":"answer_overdue","effective":null,"due":"2025-06-20""#,
        ),
        (
            Notice::Summary {
                counts: [("mail.forged".to_owned(), 7)].into(),
            },
            "alerts.summary  me  More happened than this channel tells in an hour. Not told one \
             by one: 7 of mail.forged. All of it is in the decision log: `sustained log`.",
            r#""counts":{"mail.forged":7}"#,
        ),
        (
            Notice::Decision {
                outcome: Outcome::Extended,
                seconds_after_code: None,
                unnamed: vec![Product::Instagram],
            },
            "decision.received  me  A message from Meta in mailbox me says that your objection \
             about Facebook will take longer. There is nothing to do but wait; Meta may take two \
             months more if it says so within the first (GDPR, Art. 12(3)). It does not name \
             Instagram, which you said is linked: Meta says that one objection covers linked \
             accounts. Is it covered? If not, object for it, too.",
            r#""outcome":"extended","seconds_after_code":null,"unnamed":["instagram"]"#,
        ),
    ]
}
