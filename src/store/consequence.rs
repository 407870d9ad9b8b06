//! What a message or an attempt led to, as it is about to be written.
//!
//! Values only; they are written in the same transaction as their cause, or not at all.

use jiff::Timestamp;

use crate::case::effect::Effect;
use crate::case::{Case, CaseKey, Event};
use crate::mail::{FolderRef, Reason};

/// What a message or an attempt led to: written in the same transaction as its cause.
#[derive(Debug, Clone)]
pub struct Consequence {
    /// Whose it is and where it was seen.
    pub folder: FolderRef,
    /// What happened.
    pub event: Event,
    /// When it happened.
    pub at: Timestamp,
    /// The case as it is afterwards; `None` for events that concern none.
    pub case: Option<(CaseKey, Case)>,
    /// Why, by the rules of the tables.
    pub because: Vec<Reason>,
    /// Pages of Meta's own that the message links to.
    pub links: Vec<String>,
    /// What is to be done.
    pub effects: Vec<Planned>,
}

/// An effect that is about to be written.
#[derive(Debug, Clone)]
pub struct Planned {
    /// The outlet that does it.
    pub outlet: String,
    /// What is to be done.
    pub effect: Effect,
    /// When its first attempt begins.
    pub begin: Begin,
}

/// When the first attempt of an effect begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begin {
    /// When somebody comes to it after this instant.
    At(Timestamp),
    /// Right after this commit, which is therefore its [`Store::start`], too.
    WithThis,
}
