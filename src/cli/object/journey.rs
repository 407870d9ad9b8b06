//! The way through the pages, from the form to what is said at its end.
//!
//! What is to be done about a page is the browser's `next`; this does it, and has on record what
//! became of it. A page that only the person can deal with is left as it is: with a window it goes
//! on when the page is another, without one it ends.
//!
//! SECURITY: it sends nothing that the person did not agree to. A code is typed once.

use std::time::Duration;

use jiff::SignedDuration;
use tokio::time::{Instant, interval, timeout_at};

use super::super::exit::Stopped;
use super::super::print::talk;
use super::ended::Ended;
use super::hand::Hand;
use super::line::Line;
use super::person::Person;
use crate::case::FormStep;
use crate::case::effect::Attempt;
use crate::mail::Digest;
use crate::outlet::browser::BrowserError;
use crate::outlet::browser::fill::Answers;
use crate::outlet::browser::next::{Next, Stage, next};
use crate::outlet::browser::page::{Look, Page};
use crate::outlet::browser::recipe::Form;
use crate::outlet::browser::verdict::attempt_of;

/// A page that waits for the person is waited for so long: they may have to look for a password.
const PERSON: Duration = Duration::from_mins(30);

/// How often a page is looked at that does not stand still.
const GLANCE: Duration = Duration::from_secs(1);

/// How often a code is typed anew into a page that would not take it.
const TRIES: u8 = 2;

/// How it goes about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner {
    /// The person is asked before the form is sent.
    pub(super) asks: bool,
    /// The person sees the browser.
    pub(super) shows: bool,
    /// How long the code is waited for.
    pub(super) wait: Duration,
}

/// What ends a step before its time.
enum Cut {
    /// The browser: the page is left to the person.
    Browser(BrowserError),
    /// The daemon: nothing can be heard or put on record.
    Daemon(Stopped),
}

impl From<BrowserError> for Cut {
    fn from(error: BrowserError) -> Self {
        Self::Browser(error)
    }
}

impl From<Stopped> for Cut {
    fn from(stopped: Stopped) -> Self {
        Self::Daemon(stopped)
    }
}

/// Which form is filled in, and with what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// Its address.
    pub(super) url: &'a str,
    pub(super) answers: &'a Answers,
}

/// One objection on its way.
pub(super) struct Journey<'a> {
    page: Page<'a>,
    line: Line,
    form: Wanted<'a>,
    person: Person,
    manner: Manner,
    stage: Stage,
    hand: Hand,
    tries: u8,
    /// What the person was told of last, and until when they are waited for.
    told: Option<(String, Instant)>,
    /// They were told that the code is waited for.
    said: bool,
    screenshot: Option<Digest>,
}

impl<'a> Journey<'a> {
    pub(super) fn new(page: Page<'a>, line: Line, form: Wanted<'a>, manner: Manner) -> Self {
        Self {
            page,
            line,
            form,
            person: Person::default(),
            manner,
            stage: Stage::Opened,
            hand: Hand::default(),
            tries: 0,
            told: None,
            said: false,
            screenshot: None,
        }
    }

    /// Tells the daemon what is known of a code that came; gives the last picture on record.
    pub(super) async fn end(mut self) -> Option<Digest> {
        let why = "`sustained object` was ended before the code was typed: type it yourself";
        self.hand.give_back(why).await;
        self.screenshot
    }

    /// Goes through the pages until it is over.
    pub(super) async fn run(&mut self) -> Result<Ended, Stopped> {
        let mut look = match self.page.browser.open(self.form.url).await {
            Ok(()) => self.page.read().await,
            Err(error) => Err(error),
        };
        loop {
            let ended = match &look {
                Ok(look) => match self.step(look).await {
                    Ok(ended) => ended,
                    Err(Cut::Daemon(stopped)) => return Err(stopped),
                    Err(Cut::Browser(error)) => self.leave(Some(look), stopped(&error)).await?,
                },
                Err(error @ BrowserError::Gone(_)) => {
                    self.put_on_record(stopped(error)).await?;
                    Some(Ended::by(&stopped(error)))
                }
                Err(error) => self.leave(None, stopped(error)).await?,
            };
            if let Some(ended) = ended {
                return Ok(ended);
            }
            look = self.page.read().await;
        }
    }

    async fn step(&mut self, look: &Look<'a>) -> Result<Option<Ended>, Cut> {
        let became = match next(look.reading, self.stage) {
            Next::Fill(form) => return self.send(look, form).await,
            Next::TypeCode => return self.type_code(look).await,
            Next::Filed => {
                // If the person typed it, the code that came is used up.
                self.hand.let_go(Attempt::Accepted).await;
                self.record(FormStep::Filed).await?;
                return Ok(Some(Ended::Filed));
            }
            Next::Unavailable(reason) => {
                let became = FormStep::Unavailable { reason };
                let ended = Ended::by(&became);
                self.record(became).await?;
                return Ok(Some(ended));
            }
            Next::NothingHere(reason) => FormStep::Unavailable { reason },
            Next::Refused(reason) => FormStep::Refused { reason },
            Next::HandOver(reason) if self.manner.shows => FormStep::Stopped { reason },
            Next::HandOver(reason) => FormStep::Stopped {
                reason: format!("{reason} (without --headless you can do so in its window)"),
            },
        };
        Ok(self.leave(Some(look), became).await?)
    }

    /// Fills in the form, asks, has the mailbox listened to, and sends.
    async fn send(&mut self, look: &Look<'a>, form: &Form) -> Result<Option<Ended>, Cut> {
        let answers = self.form.answers;
        let filled = self.page.fill(look, form, answers).await?;
        Person::show(&form.name, &filled);
        if self.manner.asks && !self.person.agrees().await {
            return Ok(Some(Ended::NotSent));
        }
        let wait = SignedDuration::try_from(self.manner.wait).unwrap_or(SignedDuration::MAX);
        self.line.expect_code(wait).await?;
        // The person may have taken their time: only what they were shown is sent.
        let look = self.page.read().await?;
        let is_same =
            matches!(next(look.reading, self.stage), Next::Fill(one) if *one.name == form.name);
        if !is_same || self.page.fill(&look, form, answers).await? != filled {
            talk("the form is another meanwhile");
            return Ok(None);
        }
        self.hand.wait(&self.line, self.manner.wait).await?;
        self.record(FormStep::Sent).await?;
        if let Err(error) = self.page.send(&look, form).await {
            self.hand.drop_it();
            return Err(error.into());
        }
        self.stage = Stage::Sent;
        self.page.after(&look).await?;
        Ok(None)
    }

    /// Waits for the code, types it, and says what became of it.
    async fn type_code(&mut self, look: &Look<'a>) -> Result<Option<Ended>, Cut> {
        let ready = self.page.await_code(look)?;
        self.hand.renew(&self.line, self.manner.wait).await?;
        if !std::mem::replace(&mut self.said, true) {
            talk("the page asks for the code: waiting for the mail …");
        }
        let code = tokio::select! {
            biased;
            code = self.hand.code() => code,
            changed = self.page.changes(look) => {
                changed?;
                return Ok(None);
            }
        };
        let code = match code {
            Ok(code) => code,
            Err(none) => return Ok(self.without_code(look, none).await?),
        };
        self.hand.is_typed();
        if let Err(error) = ready.enter(&code).await {
            // Meta does not have it yet: it is typed into the page as it is now, or given back.
            self.hand.is_not_typed(code);
            self.tries += 1;
            return match error {
                BrowserError::LookAgain(_) if self.tries < TRIES => Ok(None),
                error => Err(error.into()),
            };
        }
        self.stage = Stage::Typed;
        let shown = ready.go_on().await;
        let attempt = match &shown {
            Ok(look) => attempt_of(&look.reading),
            Err(error) => Attempt::Unknown(format!("the code was typed, and then: {error}")),
        };
        self.hand.became(attempt.clone());
        let became = became_of(&attempt);
        let is_filed = became == FormStep::Filed;
        if let Ok(look) = shown {
            self.told = Some((look.reading.describe(), Instant::now() + PERSON));
        }
        self.put_on_record(became).await?;
        self.hand.let_go(attempt).await;
        Ok(is_filed.then_some(Ended::Filed))
    }

    /// The code did not come. The page that asks for it stays, where somebody sees it.
    async fn without_code(
        &mut self,
        look: &Look<'a>,
        none: Stopped,
    ) -> Result<Option<Ended>, Stopped> {
        let reason = none.why.clone();
        let became = FormStep::Stopped { reason };
        if !self.manner.shows {
            self.record(became).await?;
            return Ok(Some(Ended::NoCode(none)));
        }
        // What comes later is the person's.
        self.stage = Stage::Typed;
        self.told = None;
        self.leave(Some(look), became).await
    }

    /// Leaves the page to the person: on record, told once, and waited for if they can see it.
    async fn leave(
        &mut self,
        look: Option<&Look<'a>>,
        became: FormStep,
    ) -> Result<Option<Ended>, Stopped> {
        let ended = Ended::by(&became);
        let reason = ended.reason().unwrap_or_default().to_owned();
        let page = look.map_or_else(|| reason.clone(), |look| look.reading.describe());
        if self.told.as_ref().is_none_or(|(told, _)| *told != page) {
            self.hand.give_back(&reason).await;
            self.put_on_record(became).await?;
            self.told = Some((page, Instant::now() + PERSON));
            if self.manner.shows {
                talk(&format!("{reason}."));
                talk("It goes on when the page is another; Enter opens the form anew.");
            }
        }
        if !self.manner.shows {
            if self.stage == Stage::Sent && matches!(ended, Ended::Stopped(_)) {
                self.pass_on_the_code(&reason).await;
            }
            return Ok(Some(ended));
        }
        let end = self
            .told
            .as_ref()
            .map_or_else(Instant::now, |(_, end)| *end);
        Ok(
            match timeout_at(end, self.another_page(look, &reason)).await {
                // It is looked at anew, and what is wrong is seen then.
                Ok(Ok(()) | Err(BrowserError::LookAgain(_) | BrowserError::NeedsUser(_))) => None,
                Ok(Err(BrowserError::Gone(_))) | Err(_) => Some(ended),
            },
        )
    }

    /// Waits until the page is another: by itself, or because the person wants the form anew. A
    /// code that comes meanwhile is theirs at once: it may be what they are asked for.
    async fn another_page(
        &mut self,
        look: Option<&Look<'a>>,
        reason: &str,
    ) -> Result<(), BrowserError> {
        loop {
            tokio::select! {
                changed = turns(self.page, look) => return changed,
                () = self.person.presses_enter() => break,
                code = self.hand.code() => if code.is_ok() {
                    self.hand.give_back(reason).await;
                    self.stage = Stage::Typed;
                }
            }
        }
        self.stage = Stage::Opened;
        self.told = None;
        self.page.browser.open(self.form.url).await
    }

    /// The form was sent, and nobody sees the page: the code is heard all the same, and is the
    /// person's.
    async fn pass_on_the_code(&mut self, reason: &str) {
        talk("waiting for the code, to tell you …");
        if self.hand.code().await.is_ok() {
            self.hand.give_back(reason).await;
        }
    }

    /// As [`Self::record`], where the rest does not depend on it.
    async fn put_on_record(&mut self, became: FormStep) -> Result<(), Stopped> {
        let Err(stopped) = self.record(became).await else {
            return Ok(());
        };
        if self.stage == Stage::Opened {
            return Err(stopped);
        }
        talk(&format!("it could not be put on record: {}", stopped.why));
        Ok(())
    }

    /// Puts on record what became of the form, with a picture where one can be taken.
    async fn record(&mut self, became: FormStep) -> Result<(), Stopped> {
        // Without a picture the words are on record all the same.
        let picture = self.page.picture(self.hand.seen()).await.ok().flatten();
        let kept = self.line.record(became, picture).await?;
        self.screenshot = kept.or(self.screenshot);
        Ok(())
    }
}

/// Waits until the page is another than the one that was looked at, or stands still at last.
async fn turns<'a>(page: Page<'a>, look: Option<&Look<'a>>) -> Result<(), BrowserError> {
    let mut glance = interval(GLANCE);
    loop {
        if let Some(look) = look {
            page.changes(look).await?;
        }
        glance.tick().await;
        match (page.read().await, look) {
            // A clock that ticks makes no other page.
            (Ok(now), Some(look)) if now.reading == look.reading => {}
            (Ok(_), _) => return Ok(()),
            (Err(error @ BrowserError::Gone(_)), _) => return Err(error),
            (Err(_), _) => {}
        }
    }
}

fn stopped(error: &BrowserError) -> FormStep {
    let reason = error.to_string();
    FormStep::Stopped { reason }
}

fn became_of(attempt: &Attempt) -> FormStep {
    match attempt {
        Attempt::Accepted | Attempt::Taken => FormStep::Filed,
        Attempt::Rejected(reason) => FormStep::Refused {
            reason: reason.clone(),
        },
        Attempt::Unknown(reason) | Attempt::TryLater { why: reason, .. } => FormStep::Stopped {
            reason: reason.clone(),
        },
    }
}
