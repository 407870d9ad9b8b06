//! What is asked over the socket, and what is answered: one line of JSON each way.
//!
//! Values only; who answers is `socket`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::case::{FormStep, Word};
use crate::mail::{Digest, Product};

/// What a script asks for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// The next code.
    Code {
        /// Of which mailbox; any if it is missing.
        #[serde(default)]
        mailbox: Option<String>,
        /// For which account; any if it is missing.
        #[serde(default)]
        account: Option<Product>,
        /// How long to wait.
        wait_seconds: u32,
    },
    /// A proof that folders are heard, made after an instant.
    Prove {
        /// Of which mailbox; all if it is missing.
        #[serde(default)]
        mailbox: Option<String>,
        /// The instant.
        since: Timestamp,
        /// How long to wait for it.
        wait_seconds: u32,
    },
    /// That a code is expected: the person presses Send now.
    Arm {
        /// Of which mailboxes: all of them, or none.
        mailboxes: Vec<String>,
        /// For which account; all if it is missing.
        #[serde(default)]
        account: Option<Product>,
        /// Until when.
        until: Timestamp,
    },
    /// To write down what the person says.
    Note {
        /// Of which mailbox; needed where there are several.
        #[serde(default)]
        mailbox: Option<String>,
        /// Of which account; needed where there are several.
        #[serde(default)]
        account: Option<Product>,
        /// What.
        word: Word,
        /// When it happened.
        on: Timestamp,
    },
    /// To write down what became of the form in the browser.
    Form {
        /// The mailbox that the code comes to.
        mailbox: String,
        /// The account that the objection is for.
        account: Product,
        /// What became of it.
        became: FormStep,
        /// The picture of the page, which is among the evidence.
        screenshot: Option<Digest>,
    },
}

/// What is answered, but for a code: that is the letter which a submission command gets.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Reply {
    /// No code came in time.
    NoneInTime,
    /// A mail came in which several numbers could be the code.
    Ambiguous,
    /// Not every folder is proved to be heard: a code may have come unseen.
    NotHeard,
    /// Every folder is proved to be heard.
    Proved,
    /// These are not.
    Unproved {
        /// The folders: mailbox and name.
        folders: Vec<String>,
    },
    /// No folder of it is watched.
    NotWatched,
    /// The configuration in force has no such mailbox.
    Unknown {
        /// The mailbox.
        mailbox: String,
    },
    /// A code is expected.
    Armed {
        /// Since when.
        at: Timestamp,
    },
    /// It is on record.
    Noted {
        /// Of which mailbox.
        mailbox: String,
        /// Of which account.
        account: Product,
    },
    /// It is not done.
    Refused {
        /// Why, as a sentence.
        why: String,
    },
}
