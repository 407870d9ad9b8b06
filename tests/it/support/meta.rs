//! A replica of Meta as a sender: its three mails in English, signed with a key of the test's own.
//!
//! The key is pinned in the test's configuration, or answered by its DNS server. Codes are made
//! up; a test compares them without printing them.

use std::sync::atomic::{AtomicU32, Ordering};

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use sustained::dkim::SigningKey;

/// So many messages were written.
static WRITTEN: AtomicU32 = AtomicU32::new(0);

/// The selector of the replica's key.
pub const SELECTOR: &str = "replica";

/// Whom the replica writes to, unless a test says otherwise.
pub const TO: &str = super::dovecot::LOGIN;

/// A sender with a key.
pub struct Meta {
    key: SigningKey,
}

impl Meta {
    pub fn new() -> Self {
        Self {
            key: SigningKey::generate().unwrap(),
        }
    }

    /// The `[authenticity.pinned_keys]` table for both of the domains it signs for.
    pub fn pinned_keys(&self) -> String {
        let record = self.record();
        format!(
            "[authenticity.pinned_keys]\n\
             \"{SELECTOR}._domainkey.facebookmail.com\" = \"{record}\"\n\
             \"{SELECTOR}._domainkey.support.facebook.com\" = \"{record}\"\n"
        )
    }

    /// The key's record, as DNS would have it.
    pub fn record(&self) -> String {
        self.key.record()
    }

    /// Signs a whole message with line feeds for `domain`.
    pub fn sign(&self, domain: &str, message: &str) -> Vec<u8> {
        self.sign_at(Timestamp::now(), domain, message)
    }

    fn sign_at(&self, at: Timestamp, domain: &str, message: &str) -> Vec<u8> {
        let message = message.replace('\n', "\r\n");
        let signed = self.key.sign(domain, SELECTOR, message.as_bytes(), at);
        signed.unwrap()
    }

    pub fn notification(&self) -> Vec<u8> {
        self.notification_from(jiff::civil::date(2024, 6, 26))
    }

    /// A notification of a change that takes effect on this day.
    pub fn notification_from(&self, effective: Date) -> Vec<u8> {
        let effective = effective.strftime("%-d %B %Y");
        self.sign(
            "facebookmail.com",
            &message(
                "notification@facebookmail.com",
                "We're updating our Privacy Policy as we expand AI at Meta",
                "text/html",
                &format!(
                    "<p>Hi Martin,</p><p>We're getting ready to expand our AI at Meta experiences \
             to your region. To help bring these experiences to you, we'll now rely on the legal \
             basis called legitimate interests for using your information to develop and improve \
             AI at Meta. This means that you have the \
             <a href=\"https://www.facebook.com/help/contact/6359191084165019\">right to \
             object</a> to how your information is used for these purposes.</p>\
             <p>The change takes effect on {effective}.</p>"
                ),
            ),
        )
    }

    /// A code mail to the test's person.
    pub fn code(&self, code: &str) -> Vec<u8> {
        self.sign("facebookmail.com", &code_message(TO, code))
    }

    /// A code mail to the test's person that was signed some seconds ago.
    pub fn code_signed_ago(&self, seconds: i64, code: &str) -> Vec<u8> {
        let at = Timestamp::now() - SignedDuration::from_secs(seconds);
        self.sign_at(at, "facebookmail.com", &code_message(TO, code))
    }

    /// A code mail to somebody else.
    pub fn code_to(&self, to: &str, code: &str) -> Vec<u8> {
        self.sign("facebookmail.com", &code_message(to, code))
    }

    /// A code mail in which two numbers could be the code.
    pub fn two_codes(&self, one: &str, other: &str) -> Vec<u8> {
        self.sign("facebookmail.com", &message(
            "security@facebookmail.com",
            "Your confirmation code",
            "text/plain",
            &format!(
                "Enter the code {one} to submit your objection. If it does not work, use the code \
                 {other}."
            ),
        ))
    }

    pub fn decision(&self) -> Vec<u8> {
        self.decision_about("your objection")
    }

    /// The decision, which calls what it honors so.
    pub fn decision_about(&self, objection: &str) -> Vec<u8> {
        self.sign(
            "support.facebook.com",
            &message(
                "noreply@support.facebook.com",
                "Your objection",
                "text/plain",
                &format!(
                    "Hi Martin,\n\nWe've reviewed your request and will honor {objection}. This \
             means your request will be applied going forward.\n\nIf you want to learn more about \
             generative AI, and our privacy work in this new space, please review the information \
             we have in Privacy Center.\n\nfacebook.com/privacy/genai\n\nThis inbox cannot accept \
             incoming messages. If you send us a reply, it won't be received.\n\nThanks,\nPrivacy \
             Operations\n"
                ),
            ),
        )
    }
}

/// A code mail that nobody signed.
pub fn unsigned_code(code: &str) -> Vec<u8> {
    code_message(TO, code).replace('\n', "\r\n").into_bytes()
}

fn code_message(to: &str, code: &str) -> String {
    message(
        "security@facebookmail.com",
        // Other codes of Meta's stand in the subject: whatever shows one must not show this.
        &format!("{code} is your code to verify your email address"),
        "text/html",
        &format!(
            "<p>Use this code to verify your email address on Facebook and submit your \
             objection.</p><p>Your email verification code</p><p><b>{code}</b></p>\
             <p><a href=\"https://www.facebook.com/help/contact/1/?code={code}\">Open</a></p>"
        ),
    )
    .replace(TO, to)
}

/// A mail of nobody's, for the background.
pub fn newsletter(number: usize) -> Vec<u8> {
    format!(
        "From: News <news@example.net>\r\nTo: {TO}\r\nSubject: Issue {number}\r\n\
         Date: Mon, 23 Nov 2026 10:00:00 +0000\r\n\r\nNothing about objections, {number}.\r\n"
    )
    .into_bytes()
}

fn message(from: &str, subject: &str, content_type: &str, body: &str) -> String {
    let id = fastrand::u64(..);
    // What is signed differs, too: the same words signed twice within a second are one mail.
    let number = WRITTEN.fetch_add(1, Ordering::Relaxed);
    let (hour, minute, second) = (number / 3600 % 24, number / 60 % 60, number % 60);
    format!(
        "Date: Mon, 03 Jun 2024 {hour:02}:{minute:02}:{second:02} +0000\n\
         To: {TO}\nSubject: {subject}\n\
         From: \"Facebook\" <{from}>\nMIME-Version: 1.0\n\
         Content-Type: {content_type}; charset=\"UTF-8\"\n\
         Message-ID: <{id:x}@replica.example>\n\n{body}\n"
    )
}
