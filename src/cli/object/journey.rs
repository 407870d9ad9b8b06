//! The way through the pages, from the form to what is said at its end.
//!
//! What is to be done about a page is the browser's `next`; this does it, and has on record what
//! became of it. A page that only the person can deal with is left as it is: with a window it goes
//! on when the page is another, without one it ends.
//!
//! SECURITY: it sends nothing that the person did not agree to. A code is typed once.

use std::time::Duration;

use jiff::SignedDuration;
use tokio::time::timeout;

use super::super::exit::Stopped;
use super::super::print::talk;
use super::ended::Ended;
use super::line::{Line, Waiting};
use super::person::Person;
use crate::case::FormStep;
use crate::case::effect::Attempt;
use crate::mail::{Code, Digest};
use crate::outlet::browser::BrowserError;
use crate::outlet::browser::fill::Answers;
use crate::outlet::browser::next::{Next, Stage, next};
use crate::outlet::browser::page::{Look, Page};
use crate::outlet::browser::recipe::Form;
use crate::outlet::browser::verdict::attempt_of;

/// A page that waits for the person is waited for so long: they may have to look for a password.
const PERSON: Duration = Duration::from_mins(30);

/// A code that came is read within microseconds.
const AT_HAND: Duration = Duration::from_millis(100);

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
    waiting: Option<Waiting>,
    /// The code, until it is known what became of it.
    code: Option<Code>,
    /// The page that the person was told of last.
    told: Option<String>,
    screenshot: Option<Digest>,
}

impl<'a> Journey<'a> {
    pub(super) fn new(page: Page<'a>, line: Line, form: Wanted<'a>, manner: Manner) -> Self {
        Self {
            page,
            line,
            form,
            person: Person::at_stdin(),
            manner,
            stage: Stage::Opened,
            waiting: None,
            code: None,
            told: None,
            screenshot: None,
        }
    }

    /// The last picture that was put on record. A code that was not typed goes back to the person.
    pub(super) async fn into_screenshot(mut self) -> Option<Digest> {
        if self.code.is_none()
            && let Some(waiting) = &mut self.waiting
            && let Ok(Ok(code)) = timeout(AT_HAND, waiting.code()).await
        {
            self.code = Some(code);
        }
        self.give_back("`sustained object` was ended before it was typed")
            .await;
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
                // There is nothing that could become another page.
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
                self.record(FormStep::Filed).await?;
                return Ok(Some(Ended::Filed));
            }
            Next::Unavailable(reason) => {
                let became = FormStep::Unavailable {
                    reason: reason.clone(),
                };
                self.record(became).await?;
                return Ok(Some(Ended::Unavailable(reason)));
            }
            Next::NothingHere(reason) => FormStep::Unavailable { reason },
            Next::Refused(reason) => FormStep::Refused { reason },
            Next::HandOver(reason) => FormStep::Stopped { reason },
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
        // The person may have taken their time, and the page may be another.
        let look = self.page.read().await?;
        if next_form(&look, self.stage) != Some(form.name.as_str()) {
            return Ok(None);
        }
        self.page.fill(&look, form, answers).await?;
        self.waiting = Some(self.line.wait_for_code(self.manner.wait).await?);
        self.record(FormStep::Sent).await?;
        self.stage = Stage::Sent;
        self.page.send(&look, form).await?;
        Ok(None)
    }

    /// Waits for the code, types it, and says what became of it.
    async fn type_code(&mut self, look: &Look<'a>) -> Result<Option<Ended>, Cut> {
        let ready = self.page.await_code(look)?;
        let code = match self.code.take() {
            Some(code) => code,
            None => match self.next_code(look).await? {
                Some(Ok(code)) => code,
                Some(Err(none)) => return Ok(Some(none)),
                None => return Ok(None),
            },
        };
        if let Err(error) = ready.enter(&code).await {
            // Meta does not have it yet: it is typed into the page as it is now, or given back.
            self.code = Some(code);
            return match error {
                BrowserError::LookAgain(_) => Ok(None),
                error => Err(error.into()),
            };
        }
        self.stage = Stage::Typed;
        let shown = ready.go_on().await;
        let attempt = match &shown {
            Ok(look) => attempt_of(&look.reading),
            Err(error) => Attempt::Unknown(format!("the code was typed, and then: {error}")),
        };
        self.told = shown.ok().map(|look| look.reading.describe());
        let became = match &attempt {
            Attempt::Accepted | Attempt::Taken => FormStep::Filed,
            Attempt::Rejected(reason) => FormStep::Refused {
                reason: reason.clone(),
            },
            Attempt::Unknown(reason) | Attempt::TryLater(reason) => FormStep::Stopped {
                reason: reason.clone(),
            },
        };
        let is_filed = became == FormStep::Filed;
        self.code = Some(code);
        let recorded = self.record(became).await;
        self.code = None;
        if let Some(waiting) = self.waiting.take() {
            waiting.answer(attempt).await;
        }
        recorded?;
        Ok(is_filed.then_some(Ended::Filed))
    }

    /// The code when it comes; or how it ends without one; `None` if the page is another meanwhile.
    async fn next_code(&mut self, look: &Look<'_>) -> Result<Option<Result<Code, Ended>>, Cut> {
        let mut waiting = match self.waiting.take() {
            Some(waiting) => waiting,
            None => self.line.wait_for_code(self.manner.wait).await?,
        };
        talk("the page asks for the code: waiting for the mail …");
        let code = tokio::select! {
            biased;
            code = waiting.code() => code,
            changed = self.page.changes(look) => {
                self.waiting = Some(waiting);
                changed?;
                return Ok(None);
            }
        };
        match code {
            Ok(code) => {
                self.waiting = Some(waiting);
                Ok(Some(Ok(code)))
            }
            Err(none) => {
                let reason = none.why.clone();
                self.record(FormStep::Stopped { reason }).await?;
                Ok(Some(Err(Ended::NoCode(none))))
            }
        }
    }

    /// Leaves the page to the person: on record, told once, and waited for if they can see it.
    async fn leave(
        &mut self,
        look: Option<&Look<'_>>,
        became: FormStep,
    ) -> Result<Option<Ended>, Stopped> {
        let page = look.map(|look| look.reading.describe());
        let ended = Ended::by(&became);
        let reason = ended.reason().unwrap_or_default().to_owned();
        if self.told.is_none() || self.told != page {
            self.give_back(&reason).await;
            self.record(became).await?;
            self.told = page;
        }
        let Some(look) = look.filter(|_| self.manner.shows) else {
            if self.stage == Stage::Sent && matches!(ended, Ended::Stopped(_)) {
                self.pass_on_the_code(&reason).await;
            }
            return Ok(Some(ended));
        };
        talk(&format!("{reason}."));
        talk("It goes on when the page is another; Enter opens the form anew, Ctrl-C ends it.");
        Ok(match timeout(PERSON, self.another_page(look)).await {
            // It is looked at anew, and what is wrong is seen then.
            Ok(Ok(()) | Err(BrowserError::LookAgain(_) | BrowserError::NeedsUser(_))) => None,
            Ok(Err(BrowserError::Gone(_))) | Err(_) => Some(ended),
        })
    }

    /// Waits until the page is another: by itself, or because the person wants the form anew.
    async fn another_page(&mut self, look: &Look<'_>) -> Result<(), BrowserError> {
        tokio::select! {
            changed = self.page.changes(look) => return changed,
            () = self.person.presses_enter() => {}
        }
        self.stage = Stage::Opened;
        self.told = None;
        self.page.browser.open(self.form.url).await
    }

    /// Puts on record what became of the form, with a picture where one can be taken.
    async fn record(&mut self, became: FormStep) -> Result<(), Stopped> {
        // Without a picture the words are on record all the same.
        let picture = self.page.picture(self.code.as_ref()).await.ok().flatten();
        let kept = self.line.record(became, picture).await?;
        self.screenshot = kept.or(self.screenshot);
        Ok(())
    }

    /// The form was sent, and nobody sees the page: the code is heard all the same, and is the
    /// person's.
    async fn pass_on_the_code(&mut self, reason: &str) {
        if let Some(waiting) = &mut self.waiting {
            talk("waiting for the code, to tell you …");
            self.code = waiting.code().await.ok();
        }
        self.give_back(reason).await;
    }

    /// A code that came and was not typed is the person's: the daemon tells them, with the code.
    async fn give_back(&mut self, reason: &str) {
        if self.code.take().is_some()
            && let Some(waiting) = self.waiting.take()
        {
            waiting.answer(Attempt::Rejected(reason.to_owned())).await;
        }
    }
}

fn stopped(error: &BrowserError) -> FormStep {
    let reason = error.to_string();
    FormStep::Stopped { reason }
}

/// The name of the form that is to be filled in, if one is.
fn next_form<'a>(look: &Look<'a>, stage: Stage) -> Option<&'a str> {
    match next(look.reading, stage) {
        Next::Fill(form) => Some(&form.name),
        _ => None,
    }
}
