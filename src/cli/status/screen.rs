//! How everything is, for a person at a terminal: the verdict, what to do, then the rest.
//!
//! It judges nothing, and is never read by a program.

use super::super::exit::Stopped;
use super::super::print::{self, Clock, Screen, Text, Tone, cells};
use super::how_fast;
use crate::case::State;
use crate::daemon::status::{self, Awaited, Case, Folder, Status, capitalized, spelled};

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
        let tone = tone(status.tone);
        let verdict = format!(
            "{} {}",
            self.screen.sign(tone),
            capitalized(&status.verdict)
        );
        let zone = format!("  times in {}", self.clock.zone());
        let head = Text::new().with(tone, &verdict).with(Tone::Dim, &zone);
        self.line(&head, 2)?;
        let mut todo = status.needs_you.iter();
        todo.try_for_each(|todo| self.point(Tone::Ask, &todo.text))
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
            (Some(since), Some(_)) => {
                let head = head.with(tone, "DEAF");
                self.when(head.plain(", last heard "), since)
            }
            (Some(_), None) => head.with(tone, "DEAF").plain(", never heard"),
            (None, Some(at)) if folder.heard => self.when(head.with(tone, "heard").plain(" "), at),
            (None, Some(at)) if self.status.running => {
                let head = head.with(tone, "not heard");
                self.when(head.plain(" since "), at)
            }
            (None, Some(at)) => self.when(head.plain("last heard "), at),
            (None, None) => head.with(tone, "never heard yet"),
        };
        self.line(&text, hang)?;
        if let Some(why) = &folder.trouble {
            self.below(&Text::new().with(Tone::Ask, "trying again: ").plain(why))?;
        }
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
        let Status { cases, awaited, .. } = self.status;
        if cases.is_empty() && awaited.is_empty() {
            return Ok(());
        }
        self.heading("Objections")?;
        cases.iter().try_for_each(|case| self.case(case))?;
        awaited.iter().try_for_each(|awaited| self.awaited(awaited))
    }

    fn awaited(&self, awaited: &Awaited) -> Result<(), Stopped> {
        let tone = Tone::Plain;
        let head = Text::new().with(tone, &format!("{} ", self.screen.sign(tone)));
        let head = head.with(Tone::Strong, &spelled(&awaited.accounts));
        let mailbox = format!(" in {}: ", awaited.mailbox);
        let head = head.with(Tone::Dim, &mailbox);
        self.line(&head.with(tone, "Nothing came yet"), BELOW)
    }

    fn case(&self, case: &Case) -> Result<(), Stopped> {
        let tone = tone(case.tone());
        let head = Text::new().with(tone, &format!("{} ", self.screen.sign(tone)));
        let head = head.with(Tone::Strong, &case.accounts());
        let mailbox = format!(" in {}, since {}: ", case.mailbox, case.campaign);
        let head = head.with(Tone::Dim, &mailbox);
        self.line(&head.with(tone, &capitalized(&case.called())), BELOW)?;
        if let Some(aside) = case.aside() {
            self.below(&Text::new().with(Tone::Ask, aside))?;
        }
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

fn tone(tone: status::Tone) -> Tone {
    match tone {
        status::Tone::Good => Tone::Good,
        status::Tone::Plain => Tone::Plain,
        status::Tone::Ask => Tone::Ask,
        status::Tone::Bad => Tone::Bad,
    }
}
