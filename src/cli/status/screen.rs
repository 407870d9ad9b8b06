//! How everything is, for a person at a terminal: the verdict, what to do, then the rest.
//!
//! It has the words of the status page for a case, judges nothing, and is never read by a program.

use super::super::exit::Stopped;
use super::super::print::{self, Clock, Screen, Text, Tone, cells, span};
use crate::case::{AUTOMATIC_WITHIN, State};
use crate::daemon::status::{Case, Folder, Status};
use crate::web;

/// Mailboxes and folders have a column of so many cells at the most.
const WIDEST_NAME: usize = 24;

/// What stands below a thing is behind so many blanks.
const BELOW: usize = 4;

/// Where everything is shown.
struct Show<'a> {
    screen: Screen,
    clock: Clock,
    status: &'a Status,
}

pub(super) fn show(screen: Screen, status: &Status) -> Result<(), Stopped> {
    let show = Show {
        screen,
        clock: Clock::here(),
        status,
    };
    show.verdict()?;
    show.mailboxes()?;
    show.cases()?;
    show.alerts()
}

impl Show<'_> {
    fn verdict(&self) -> Result<(), Stopped> {
        let status = self.status;
        let mut todo: Vec<String> = status.cases.iter().filter_map(web::case_todo).collect();
        if !status.undelivered.is_empty() {
            todo.push("An alert did not reach you: see below.".to_owned());
        }
        let all = status.folders.len();
        let deaf = status.folders.iter().filter(|folder| !folder.heard).count();
        let (tone, verdict) = match (status.running, all, deaf, todo.len()) {
            (false, ..) => (Tone::Bad, "Not running: nothing is watched".to_owned()),
            (_, 0, ..) => (Tone::Ask, "No folder was heard yet".to_owned()),
            (_, 1, 1, _) => (Tone::Bad, "The folder is not heard".to_owned()),
            (_, _, 1, _) => (Tone::Bad, format!("1 of {all} folders is not heard")),
            (_, _, 2.., _) => (Tone::Bad, format!("{deaf} of {all} folders are not heard")),
            (.., 0, 0) => (Tone::Good, format!("All well: {}", heard(all))),
            (.., 0, 1) => (Tone::Ask, format!("One thing needs you; {}", heard(all))),
            (.., many) => (Tone::Ask, format!("{many} things need you; {}", heard(all))),
        };
        let head = Text::new().with(tone, &format!("{} {verdict}", self.screen.sign(tone)));
        let zone = format!("  times in {}", self.clock.zone());
        self.line(&head.with(Tone::Dim, &zone), 2)?;
        if !status.running {
            self.point(Tone::Bad, "Start it: `sustained run`, or its service.")?;
        } else if deaf > 0 {
            let advice = "A code that comes now may not be seen: look into the mailbox yourself, \
                          and run `sustained check` to see what to mend.";
            self.point(Tone::Bad, advice)?;
        }
        todo.iter()
            .try_for_each(|sentence| self.point(Tone::Ask, sentence))
    }

    fn mailboxes(&self) -> Result<(), Stopped> {
        let folders = &self.status.folders;
        if folders.is_empty() {
            return Ok(());
        }
        self.heading("Mailboxes")?;
        let widest = |name: fn(&Folder) -> &str| {
            let widths = folders.iter().map(|folder| cells(name(folder)));
            widths.max().unwrap_or(0).min(WIDEST_NAME)
        };
        let widths = (
            widest(|folder| &folder.mailbox),
            widest(|folder| &folder.folder),
        );
        folders
            .iter()
            .try_for_each(|folder| self.folder(folder, widths))
    }

    fn folder(&self, folder: &Folder, widths: (usize, usize)) -> Result<(), Stopped> {
        let tone = match (self.status.running, folder.heard) {
            (true, true) => Tone::Good,
            (true, false) => Tone::Bad,
            // The verdict has said what is amiss.
            (false, _) => Tone::Plain,
        };
        let head = Text::new().with(tone, &format!("{} ", self.screen.sign(tone)));
        let (head, hang) = if self.screen.is_narrow() {
            let head = head.with(Tone::Strong, &folder.mailbox).plain(" ");
            (head.plain(&folder.folder), BELOW)
        } else {
            let head = head.column(Tone::Strong, &folder.mailbox, widths.0);
            let head = head
                .plain("  ")
                .column(Tone::Plain, &folder.folder, widths.1);
            (head, 4 + widths.0 + widths.1 + 2)
        };
        let head = head.plain("  ");
        let text = match (folder.deaf_since, folder.heard_at) {
            (Some(since), _) => {
                let head = head.with(tone, "DEAF");
                self.when(head.plain(", last heard "), since)
            }
            (None, Some(at)) if folder.heard => self.when(head.with(tone, "heard").plain(" "), at),
            (None, Some(at)) if self.status.running => {
                let head = head.with(tone, "not heard");
                self.when(head.plain(" since "), at)
            }
            (None, Some(at)) => self.when(head.plain("last heard "), at),
            (None, None) => head.with(tone, "never heard yet"),
        };
        self.line(&text, hang)?;
        if folder.missed > 0 {
            let missed = format!(
                "not announced by the server, found by the sweep: {}",
                folder.missed
            );
            self.below(&Text::new().with(Tone::Dim, &missed))?;
        }
        Ok(())
    }

    fn cases(&self) -> Result<(), Stopped> {
        if self.status.cases.is_empty() {
            return Ok(());
        }
        self.heading("Objections")?;
        self.status
            .cases
            .iter()
            .try_for_each(|case| self.case(case))
    }

    fn case(&self, case: &Case) -> Result<(), Stopped> {
        let tone = tone(web::tone(case));
        let head = Text::new().with(tone, &format!("{} ", self.screen.sign(tone)));
        let head = head.with(Tone::Strong, &web::accounts(case));
        let mailbox = format!(" in {}, since {}: ", case.mailbox, case.campaign);
        let head = head.with(Tone::Dim, &mailbox);
        self.line(&head.with(tone, &web::stage(case)), BELOW)?;
        if let State::NotFiled { reason } | State::Unavailable { reason } = &case.state {
            self.below(&Text::new().plain(reason))?;
        }
        if let Some(at) = case.filed_at {
            self.below(&self.when(Text::new().plain("filed "), at))?;
        }
        if let State::Decided { at, .. } = &case.state {
            let answered = self.when(Text::new().plain("answered "), *at);
            self.below(&answered.plain(&how_fast(case)))?;
        }
        let effective = case.effective_date.map(|date| ("takes effect on ", date));
        let due = case.answer_due.map(|date| ("answer due by ", date));
        for (what, date) in [effective, due].into_iter().flatten() {
            let away = format!(" ({})", self.clock.days_away(date));
            let day = Text::new().plain(what).plain(&date.to_string());
            self.below(&day.with(Tone::Dim, &away))?;
        }
        if let Some(until) = case.armed_until {
            self.below(&self.when(Text::new().plain("a code is expected until "), until))?;
        }
        if !case.unnamed.is_empty() {
            let names = case.unnamed.join(", ");
            let question = format!("not named in Meta's answer: {names}; is it covered?");
            self.below(&Text::new().with(Tone::Ask, &question))?;
        }
        for step in &case.derivation {
            self.line(&Text::new().plain("      ").with(Tone::Dim, step), 8)?;
        }
        Ok(())
    }

    fn alerts(&self) -> Result<(), Stopped> {
        let status = self.status;
        if status.pending == 0 && status.undelivered.is_empty() {
            return Ok(());
        }
        self.heading("Beside that")?;
        if status.pending > 0 {
            let waiting = format!(
                "messages that claim to be Meta's and wait for a name server's answer: {}",
                status.pending
            );
            self.point(Tone::Ask, &waiting)?;
        }
        for alert in &status.undelivered {
            let what = format!("alert by {} was not delivered: {}", alert.outlet, alert.why);
            self.point(Tone::Ask, &what)?;
        }
        Ok(())
    }

    /// Goes on with an instant, and how far away it is.
    fn when(&self, text: Text, at: jiff::Timestamp) -> Text {
        let away = format!(" ({})", self.clock.away(at));
        text.plain(&self.clock.stamp(at)).with(Tone::Dim, &away)
    }

    fn heading(&self, words: &str) -> Result<(), Stopped> {
        print::line("")?;
        self.line(&Text::new().with(Tone::Strong, words), 0)
    }

    /// One of several things, behind its sign.
    fn point(&self, tone: Tone, sentence: &str) -> Result<(), Stopped> {
        let sign = format!("{} ", self.screen.sign(tone));
        self.line(
            &Text::new().plain("  ").with(tone, &sign).plain(sentence),
            BELOW,
        )
    }

    fn below(&self, text: &Text) -> Result<(), Stopped> {
        self.line(&text.clone().behind(BELOW), BELOW + 2)
    }

    fn line(&self, text: &Text, hang: usize) -> Result<(), Stopped> {
        print::paragraph(self.screen, text, hang)
    }
}

fn heard(all: usize) -> String {
    match all {
        1 => "the folder is provably heard".to_owned(),
        2 => "both folders are provably heard".to_owned(),
        all => format!("all {all} folders are provably heard"),
    }
}

fn how_fast(case: &Case) -> String {
    match case.answered_after {
        Some(seconds @ ..AUTOMATIC_WITHIN) => {
            let seconds = span(seconds);
            format!(", {seconds} after filing: automatic in all likelihood")
        }
        Some(seconds) => format!(", {} after filing", span(seconds)),
        None => String::new(),
    }
}

fn tone(tone: web::Tone) -> Tone {
    match tone {
        web::Tone::Good => Tone::Good,
        web::Tone::Plain => Tone::Plain,
        web::Tone::Ask => Tone::Ask,
        web::Tone::Bad => Tone::Bad,
    }
}
