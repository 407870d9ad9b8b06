//! `sustained object`: files the objection in the person's own browser.
//!
//! It fills in the form, asks before it sends, arms the mailbox, types the code when it comes, and
//! reads what the page says. The code comes from the daemon that runs, or from one of its own for
//! as long as it takes. What the person has to do themselves is theirs.

mod ended;
mod hand;
mod journey;
mod line;
mod person;
mod watch;

use std::path::Path;
use std::time::Duration;

use clap::Args;
use jiff::SignedDuration;
use serde::Serialize;

use super::ends::Ends;
use super::exit::{Exit, Stopped};
use super::print::{self, Form};
use super::{Globals, runtime, state_dir};
use crate::config::{self, Config, Mailbox};
use crate::mail::{Digest, Outcome, Product};
use crate::outlet::Format;
use crate::outlet::browser::fill::Answers;
use crate::outlet::browser::page::Page;
use crate::outlet::browser::recipe::{Form as BrowserForm, Purpose, Recipes};
use crate::outlet::browser::webdriver::{Browser, Start};
use crate::record;
use ended::Ended;
use journey::{Journey, Manner, Wanted};
use line::Line;
use watch::Watch;

/// A page of Meta's builds itself up within seconds.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The account you object for [default: the only one, or the first of those that are linked]
    #[arg(long, value_name = "ACCOUNT", value_parser = super::offered::account())]
    account: Option<Product>,
    /// The mailbox that the code comes to [default: the only one with that account]
    #[arg(long, value_name = "NAME")]
    mailbox: Option<String>,
    /// The form: a recipe's name or an address [default: `object.forms`, else the account's own]
    #[arg(long, value_name = "FORM", value_parser = form)]
    form: Option<String>,
    /// Send the form without asking
    #[arg(long, short)]
    yes: bool,
    /// Without a window; whatever wants you to look at it ends it
    #[arg(long)]
    headless: bool,
    /// How long to wait for the code
    #[arg(long, value_name = "DURATION", default_value = "10 min", value_parser = config::duration)]
    wait: SignedDuration,
    /// How long to wait for Meta's answer afterwards; it often comes within a minute
    #[arg(long, value_name = "DURATION", default_value = "2 min", value_parser = config::duration)]
    answer: SignedDuration,
}

/// What is answered.
#[derive(Serialize)]
struct Shown<'a> {
    mailbox: &'a str,
    account: &'static str,
    form: &'a str,
    outcome: &'static str,
    reason: Option<&'a str>,
    screenshot: Option<String>,
    answer: Option<Outcome>,
}

/// What is to be filed, and how.
struct Plan {
    mailbox: Mailbox,
    account: Product,
    /// The form's address.
    url: String,
    answers: Answers,
    start: Start,
    manner: Manner,
    /// How long to wait for Meta's answer.
    answer: Duration,
}

pub(super) fn object(globals: &Globals, arguments: &Arguments) -> Result<Exit, Stopped> {
    let config = globals.load()?;
    let recipes = Recipes::with(config.browser.recipes.as_deref())
        .map_err(|fault| Stopped::new(Exit::BadConfig, fault))?;
    let state_dir = state_dir()?;
    let plan = Plan::of(&config, arguments, &recipes, &state_dir)?;
    let form = globals.form();
    let runtime = runtime()?;
    let ended = runtime.block_on(async {
        let format = match form {
            Form::Text => Format::Human,
            Form::Json => Format::Json,
        };
        let mut ends = Ends::heard()?;
        let watch = Watch::begin(&config, &state_dir, format).await?;
        let filed = plan.file(&recipes, &state_dir, &mut ends).await;
        let answer = match &filed {
            Ok((Ended::Filed, _)) => plan.answered(&watch, &mut ends).await,
            _ => Ok(None),
        };
        // What was done is said first, whatever goes wrong behind it.
        let shown = filed.and_then(|(ended, screenshot)| {
            let answer = answer.as_ref().copied().unwrap_or(None);
            plan.show(form, &ended, screenshot, answer)?;
            Ok(ended.exit())
        });
        watch.end().await?;
        answer?;
        shown
    });
    // Whoever reads standard input for the person must not hold the end up.
    runtime.shutdown_background();
    ended
}

impl Plan {
    fn of(
        config: &Config,
        arguments: &Arguments,
        recipes: &Recipes,
        state_dir: &Path,
    ) -> Result<Self, Stopped> {
        let mailbox = chosen_mailbox(config, arguments)?;
        let account = chosen_account(mailbox, arguments)?;
        let headless = arguments.headless || config.browser.headless;
        if !headless && !has_screen() {
            let why = "there is no screen to show the browser on: start this in a session with \
                       one, or add --headless";
            return Err(Stopped::new(Exit::Usage, why));
        }
        let own_profile = || state_dir.join("browser").join(&mailbox.name.0);
        Ok(Self {
            url: form_address(mailbox, account, arguments, recipes)?,
            answers: answers(mailbox),
            start: Start {
                driver: config.browser.driver.clone(),
                browser: config.browser.program.clone(),
                profile: config.browser.profile.clone().unwrap_or_else(own_profile),
                headless,
            },
            manner: Manner {
                asks: !arguments.yes,
                shows: !headless,
                wait: arguments.wait.unsigned_abs(),
            },
            answer: arguments.answer.unsigned_abs(),
            mailbox: mailbox.clone(),
            account,
        })
    }

    /// Files it, and closes the browser in order: what the person logged in to stays so.
    async fn file(
        &self,
        recipes: &Recipes,
        state_dir: &Path,
        ends: &mut Ends,
    ) -> Result<(Ended, Option<Digest>), Stopped> {
        let browser = tokio::select! {
            started = Browser::start(&self.start) => {
                started.map_err(|error| Stopped::new(Exit::Unavailable, error))?
            }
            () = ends.heard_now() => return Ok((Ended::Interrupted, None)),
        };
        let page = Page {
            browser: &browser,
            recipes,
            patience: PATIENCE,
        };
        let line = Line {
            state_dir: state_dir.to_owned(),
            mailbox: self.mailbox.clone(),
            account: self.account,
        };
        let form = Wanted {
            url: &self.url,
            answers: &self.answers,
        };
        let mut journey = Journey::new(page, line, form, self.manner);
        let ended = tokio::select! {
            ended = journey.run() => ended,
            () = ends.heard_now() => Ok(Ended::Interrupted),
        };
        let screenshot = journey.end().await;
        // It may be gone already, with its window.
        drop(browser.close().await);
        Ok((ended?, screenshot))
    }

    async fn answered(&self, watch: &Watch, ends: &mut Ends) -> Result<Option<Outcome>, Stopped> {
        print::talk("the objection is filed; waiting for Meta's answer …");
        let answer = tokio::select! {
            answer = watch.answer(&self.mailbox, self.account, self.answer) => answer?,
            () = ends.heard_now() => None,
        };
        if answer.is_none() {
            print::talk(if watch.is_own() {
                "no answer yet: start `sustained run`, which tells you when it comes"
            } else {
                "no answer yet: the daemon tells you when it comes"
            });
        }
        Ok(answer)
    }

    fn show(
        &self,
        form: Form,
        ended: &Ended,
        screenshot: Option<Digest>,
        answer: Option<Outcome>,
    ) -> Result<(), Stopped> {
        let (mailbox, account) = (&self.mailbox.name.0, self.account.name());
        let shown = Shown {
            mailbox,
            account,
            form: &self.url,
            outcome: ended.name(),
            reason: ended.reason(),
            screenshot: screenshot.map(record::screenshot_of),
            answer,
        };
        if form == Form::Json {
            return print::object(&shown);
        }
        let outcome = shown.outcome.replace('_', " ");
        print::line(&match shown.reason {
            Some(reason) => format!("{mailbox} ({account}): {outcome}: {reason}"),
            None => format!("{mailbox} ({account}): {outcome}"),
        })?;
        match answer {
            Some(outcome) => print::line(&format!(
                "Meta's answer: {}",
                outcome.name().replace('_', " ")
            )),
            None => Ok(()),
        }
    }
}

/// Whether there is a display server to show a window on (X11's and Wayland's own variables).
fn has_screen() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

fn form(text: &str) -> Result<String, String> {
    config::form(text).map(str::to_owned).map_err(str::to_owned)
}

/// The mailbox that is meant: the one that is named, or the only one that has the account.
fn chosen_mailbox<'a>(config: &'a Config, arguments: &Arguments) -> Result<&'a Mailbox, Stopped> {
    let usage = |why: String| Err(Stopped::new(Exit::Usage, why));
    let mut fitting = config.mailboxes.iter().filter(|mailbox| {
        let is_named = arguments
            .mailbox
            .as_ref()
            .is_none_or(|name| *name == mailbox.name.0);
        let has = |account| mailbox.accounts.contains(&account);
        is_named && arguments.account.is_none_or(has)
    });
    match (fitting.next(), fitting.next()) {
        (Some(mailbox), None) => Ok(mailbox),
        (None, _) => usage("no mailbox has that name and that account".to_owned()),
        (Some(one), Some(other)) => usage(format!(
            "{} and {} could be meant, or others: add --mailbox",
            one.name, other.name
        )),
    }
}

/// The account that is meant: the one that is named, or the first of those that are one.
fn chosen_account(mailbox: &Mailbox, arguments: &Arguments) -> Result<Product, Stopped> {
    let is_one = mailbox.accounts.len() == mailbox.linked.len().max(1);
    match (arguments.account, mailbox.accounts.first()) {
        (Some(account), _) => Ok(account),
        (None, Some(first)) if is_one => Ok(*mailbox.linked.first().unwrap_or(first)),
        (None, _) => {
            let why = format!("{} has several accounts: add --account", mailbox.name);
            Err(Stopped::new(Exit::Usage, why))
        }
    }
}

/// The form's address: as the command line says, else the configuration, else the recipes.
fn form_address(
    mailbox: &Mailbox,
    account: Product,
    arguments: &Arguments,
    recipes: &Recipes,
) -> Result<String, Stopped> {
    let configured = mailbox.object.forms.get(&account);
    let Some(named) = arguments.form.as_ref().or(configured) else {
        return recipes
            .form_of(account)
            .map(BrowserForm::url)
            .ok_or_else(|| {
                let why = format!(
                    "no form is known for {}: add --form with the address in Meta's notification",
                    account.name()
                );
                Stopped::new(Exit::Usage, why)
            });
    };
    if named.contains("://") {
        return Ok(named.clone());
    }
    recipes
        .named(named)
        .map(BrowserForm::url)
        .ok_or_else(|| Stopped::new(Exit::Usage, format!("there is no recipe named {named}")))
}

/// What is filled in: only what the person configured.
fn answers(mailbox: &Mailbox) -> Answers {
    let object = &mailbox.object;
    let address = object.email.as_ref().or(mailbox.addresses.first());
    let answers = [
        (Purpose::Country, object.country.as_ref()),
        (Purpose::Email, address),
        (Purpose::Impact, object.impact.as_ref()),
        (Purpose::Further, object.further.as_ref()),
        (Purpose::Name, object.name.as_ref()),
        (Purpose::Address, object.address.as_ref()),
        (Purpose::Phone, object.phone.as_ref()),
    ];
    let given = answers.into_iter();
    Answers::new(given.filter_map(|(purpose, text)| Some((purpose, text?.clone()))))
}
