//! What a page is, by the recipes. Pure.
//!
//! Exactly one reading has to fit, or the page is unknown: nothing is guessed. Of a page that
//! stands on another (an error above a form), the one on top counts.

use std::fmt;

use super::recipe::{Form, Kind, Over, PageEntry, Part, Presence, Purpose, Recipes, Sign, Words};
use super::seen::{Control, Role, Seen, fold, name};

/// What a page is.
#[derive(Debug, Clone, Copy)]
pub enum Reading<'a> {
    /// A form to fill in.
    Form(&'a Form),
    /// Another page that is known.
    Page(Kind),
    /// Nothing fits, or more than one thing.
    Unknown(Doubt<'a>),
}

/// Why a page is unknown.
#[derive(Debug, Clone, Copy)]
pub enum Doubt<'a> {
    /// It is not on a host of Meta's, or came over a connection that anybody could write to.
    Elsewhere,
    /// Nothing that is known fits.
    Nothing,
    /// It is a known form by address and title, but this is missing, or there more than once.
    Misfit(&'a Form, Purpose),
    /// More than one thing fits.
    Several,
}

impl PartialEq for Reading<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.describe() == other.describe()
    }
}

impl Reading<'_> {
    /// What the page is, in words.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Form(form) => format!("the form `{}`", form.name),
            Self::Page(kind) => kind.words().to_owned(),
            Self::Unknown(Doubt::Elsewhere) => "a page that is not Meta's".to_owned(),
            Self::Unknown(Doubt::Nothing) => "a page that is not known".to_owned(),
            Self::Unknown(Doubt::Misfit(form, purpose)) => format!(
                "the form `{}` in another shape: it is not clear where {purpose} is",
                form.name
            ),
            Self::Unknown(Doubt::Several) => {
                "a page that could be more than one of those known".to_owned()
            }
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Country => "the country",
            Self::Email => "the e-mail address",
            Self::Impact => "how the processing impacts you",
            Self::Further => "the further information",
            Self::Name => "your name",
            Self::Address => "your address",
            Self::Phone => "your telephone number",
            Self::Objection => "that you object",
            Self::Send => "the button that sends",
            Self::Code => "the code",
            Self::Continue => "the button that goes on",
        })
    }
}

impl Kind {
    fn words(self) -> &'static str {
        match self {
            Self::Code => "the page that asks for the code",
            Self::Filed => "the page that says that the objection is filed",
            Self::TooShort => "the page that says that the reason is too short",
            Self::CodeWrong => "the page that says that the code is wrong",
            Self::CodeExpired => "the page that says that the code has expired",
            Self::LogIn => "a page that wants you to log in: do that yourself, in this browser",
            Self::Captcha => "a page that wants to know whether you are a person: tell it yourself",
            Self::Checkpoint => "a page that wants to check your account first: see to it yourself",
            Self::OtherCountry => "a page that says that the form is not for your country",
            Self::Unavailable => "a page that says that there is nothing here",
        }
    }
}

impl Part {
    /// The only control that this can be; what is there twice is not there.
    #[must_use]
    pub fn only_one(&self, seen: &Seen) -> Option<usize> {
        let mut fitting = self.all(seen);
        fitting.next().filter(|_| fitting.next().is_none())
    }

    fn all<'a>(&'a self, seen: &'a Seen) -> impl Iterator<Item = usize> + 'a {
        let controls = seen.controls.iter().enumerate();
        controls.filter_map(|(at, control)| self.is(control).then_some(at))
    }

    fn is(&self, control: &Control) -> bool {
        let mut labels = self.labels.iter();
        control.role == self.role && labels.any(|words| name(&words.text) == control.label)
    }

    fn fits(&self, seen: &Seen) -> bool {
        match self.presence {
            Presence::Required => self.only_one(seen).is_some(),
            Presence::Optional => self.all(seen).count() <= 1,
            Presence::Absent => self.all(seen).next().is_none(),
        }
    }
}

impl Form {
    /// Whether it is this form by address and title.
    fn is_at(&self, seen: &Seen) -> bool {
        let headings = seen.controls.iter().filter(|c| c.role == Role::Heading);
        let shown: Vec<&str> = headings.map(|c| c.label.as_str()).collect();
        let is_shown = |title: &Words| {
            // A browser's title goes on with the name of the site.
            let title = name(&title.text);
            seen.title.starts_with(&title) || shown.contains(&title.as_str())
        };
        self.paths.iter().any(|at| at.path == seen.path) && self.titles.iter().any(is_shown)
    }

    /// The first part that does not fit.
    fn misfit(&self, seen: &Seen) -> Option<&Part> {
        self.parts.iter().find(|part| !part.fits(seen))
    }
}

impl PageEntry {
    fn fits(&self, seen: &Seen) -> bool {
        let has_sign = self.signs.is_empty() || self.signs.iter().any(|sign| sign.fits(seen));
        let has_sign = has_sign && (self.is != Kind::Filed || self.begins_a_sentence(seen));
        has_sign && self.parts.iter().all(|part| part.fits(seen))
    }

    /// Whether a sentence begins with one of its words that are written like a beginning: "Once
    /// we've received your objection, …" says nothing of the kind.
    fn begins_a_sentence(&self, seen: &Seen) -> bool {
        let begins = |said: &Words| {
            let words = fold(&said.text);
            let is_beginning = said.text.starts_with(char::is_uppercase);
            let mut found = seen.text.match_indices(&words);
            found.any(|(at, _)| {
                let before = seen.text.get(..at).unwrap_or_default();
                let last = before.trim_end_matches(' ').chars().next_back();
                !is_beginning || last.is_none_or(|last| "\n.!?:".contains(last))
            })
        };
        self.signs.iter().flat_map(|sign| &sign.says).any(begins)
    }
}

impl Sign {
    fn fits(&self, seen: &Seen) -> bool {
        let is_path = |path: &String| {
            let rest = seen.path.strip_prefix(path.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let text = seen.text.replace('\n', " ");
        let is_said = |words: &Words| text.contains(&fold(&words.text));
        self.path.as_ref().is_none_or(is_path)
            && self.css.as_ref().is_none_or(|css| seen.marks.contains(css))
            && (self.says.is_empty() || self.says.iter().any(is_said))
    }
}

impl Recipes {
    /// Whether `host` is one of Meta's.
    #[must_use]
    pub fn is_at_home(&self, host: &str) -> bool {
        self.after.hosts.iter().any(|known| is_below(host, known))
    }

    /// What a page is.
    #[must_use]
    pub fn reading(&self, seen: &Seen) -> Reading<'_> {
        if !self.is_at_home(&seen.host) {
            return Reading::Unknown(Doubt::Elsewhere);
        }
        let pages = self.after.pages.iter().filter(|page| page.fits(seen));
        let pages: Vec<&PageEntry> = pages.collect();
        let is_over = |what| pages.iter().any(|page| page.over.contains(&what));
        let at = self.forms.iter().filter(|form| form.is_at(seen));
        let (forms, misfits): (Vec<&Form>, Vec<&Form>) =
            at.partition(|form| form.misfit(seen).is_none());
        let mut readings: Vec<Reading<'_>> = Vec::new();
        if !is_over(Over::Form) {
            readings.extend(forms.into_iter().map(Reading::Form));
        }
        let counts = |page: &&&PageEntry| page.is != Kind::Code || !is_over(Over::Code);
        readings.extend(
            pages
                .iter()
                .filter(counts)
                .map(|page| Reading::Page(page.is)),
        );
        match (readings.as_slice(), misfits.as_slice()) {
            ([one], _) => *one,
            ([], [form, ..]) => match form.misfit(seen) {
                Some(part) => Reading::Unknown(Doubt::Misfit(form, part.is)),
                None => Reading::Unknown(Doubt::Nothing),
            },
            ([], []) => Reading::Unknown(Doubt::Nothing),
            _ => Reading::Unknown(Doubt::Several),
        }
    }
}

fn is_below(host: &str, known: &str) -> bool {
    let before = host.strip_suffix(known);
    before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
}
