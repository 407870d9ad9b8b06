//! The recipes: which forms there are, what their fields are called, and what the pages that
//! follow look like. Pure.
//!
//! They are data, one file a form in the folder beside this one, and `after.toml` for the pages
//! that every form may lead to. A page is told by its address, its title, its words, and by the
//! roles and names of its controls, never by names that a program made up. What fits a page that
//! was seen is `reading`'s.

use std::sync::LazyLock;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::seen::{Role, fold, name};
use crate::mail::Product;

/// The built-in recipes.
pub(super) const FILES: [(&str, &str); 5] = [
    (
        "facebook-2024.toml",
        include_str!("recipes/facebook-2024.toml"),
    ),
    (
        "facebook-2025.toml",
        include_str!("recipes/facebook-2025.toml"),
    ),
    ("instagram.toml", include_str!("recipes/instagram.toml")),
    ("third-party.toml", include_str!("recipes/third-party.toml")),
    (AFTER, include_str!("recipes/after.toml")),
];

/// The file of the pages that every form may lead to.
const AFTER: &str = "after.toml";

/// The source of words that nobody reported: they were translated, or made up by likeness.
const UNSOURCED: &str = "unsourced";

/// Words, the language they are in, and who saw them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    pub(super) text: String,
    /// Their language's BCP 47 tag.
    pub language: String,
    source: String,
}

impl Words {
    /// Whether somebody saw them on a page of Meta's.
    #[must_use]
    pub fn is_sourced(&self) -> bool {
        self.source != UNSOURCED
    }
}

/// What a control of a page is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// The country of residence.
    Country,
    /// The address that the code and the answer are sent to.
    Email,
    /// How the processing impacts the person.
    Impact,
    /// Further information.
    Further,
    /// The person's name.
    Name,
    /// The person's postal address.
    Address,
    /// The person's telephone number.
    Phone,
    /// That this is an objection, among other requests.
    Objection,
    /// Sends the form.
    Send,
    /// The code that came by mail.
    Code,
    /// Goes on with the code.
    Continue,
}

/// Whether a form has a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Presence {
    /// It is there and has to be filled in.
    Required,
    /// It may be there, and may be left empty.
    Optional,
    /// Where it is, this is another form.
    Absent,
}

/// A control of a page.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// What it is there for.
    pub is: Purpose,
    /// Its role.
    pub role: Role,
    /// Whether it has to be there.
    pub presence: Presence,
    /// It may be filled in already when the page opens.
    #[serde(default)]
    pub prefilled: bool,
    /// What it is called.
    pub labels: Vec<Words>,
}

/// A path that a form was seen at, and who saw it there.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Place {
    pub(super) path: String,
    source: String,
}

/// A form.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// What it is called here.
    pub name: String,
    /// The host it is opened at.
    host: String,
    /// The product whose form this is, if nobody says otherwise.
    account: Option<Product>,
    /// The paths that it was seen at.
    pub(super) paths: Vec<Place>,
    pub(super) titles: Vec<Words>,
    /// Its fields, and the button that sends it.
    #[serde(rename = "part")]
    pub parts: Vec<Part>,
}

/// What a page is that is no form to fill in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// It asks for the code.
    Code,
    /// The objection is filed.
    Filed,
    /// The reason that was given is too short.
    TooShort,
    /// The code is not the one.
    CodeWrong,
    /// The code is no longer valid.
    CodeExpired,
    /// The person has to log in.
    LogIn,
    /// The person has to prove to be one.
    Captcha,
    /// The person has to satisfy Meta about the account first.
    Checkpoint,
    /// The form is only for certain countries.
    OtherCountry,
    /// There is no such page, or not for this browser.
    Unavailable,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PageEntry {
    pub(super) is: Kind,
    /// What it stands on or takes the place of: it alone counts where both fit.
    #[serde(default)]
    pub(super) over: Vec<Over>,
    #[serde(default, rename = "part")]
    pub(super) parts: Vec<Part>,
    #[serde(default, rename = "sign")]
    pub(super) signs: Vec<Sign>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Over {
    Form,
    Code,
}

/// One way to know a page: everything that it names holds.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sign {
    pub(super) path: Option<String>,
    pub(super) css: Option<String>,
    #[serde(default)]
    pub(super) says: Vec<Words>,
    source: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AfterFile {
    /// Meta's hosts, each with those below it.
    pub(super) hosts: Vec<String>,
    #[serde(rename = "page")]
    pub(super) pages: Vec<PageEntry>,
}

/// All recipes, checked.
#[derive(Debug, Clone)]
pub struct Recipes {
    pub(super) forms: Vec<Form>,
    pub(super) after: AfterFile,
}

/// A file that is no recipe.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {reason}")]
pub struct Fault {
    pub(super) file: String,
    pub(super) reason: String,
}

impl Form {
    /// Where it is opened: at the first of its paths.
    #[must_use]
    pub fn url(&self) -> String {
        let path = self.paths.first().map_or("/", |at| at.path.as_str());
        format!("https://{}{path}", self.host)
    }
}

impl Recipes {
    /// The form of this name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Form> {
        self.forms.iter().find(|form| form.name == name)
    }

    /// The form that objections for `account` are filed with.
    #[must_use]
    pub fn form_of(&self, account: Product) -> Option<&Form> {
        let mut forms = self.forms.iter();
        forms.find(|form| form.account == Some(account))
    }

    /// The recipes that the program comes with.
    ///
    /// # Panics
    ///
    /// Never: a test reads the same text.
    #[must_use]
    #[expect(clippy::expect_used)] // The text is part of the program, and a test reads it.
    pub fn built_in() -> &'static Self {
        static BUILT_IN: LazyLock<Recipes> =
            LazyLock::new(|| Recipes::read(&FILES).expect("the built-in recipes are tested"));
        &BUILT_IN
    }

    /// Reads recipes of files, each with its name: one a form, and `after.toml`.
    ///
    /// # Errors
    /// A file that is no recipe, or `after.toml` is missing.
    pub fn read(files: &[(&str, &str)]) -> Result<Self, Fault> {
        let mut forms = Vec::new();
        let mut after = None;
        for (file, text) in files {
            if *file == AFTER {
                after = Some(checked_after(file, parse(file, text)?)?);
            } else {
                forms.push(checked_form(file, parse(file, text)?)?);
            }
        }
        let after = after.ok_or_else(|| Fault::new(AFTER, "it is missing".to_owned()))?;
        Ok(Self { forms, after })
    }

    /// The selectors that a page has to be looked through for.
    pub fn marks(&self) -> impl Iterator<Item = &str> {
        let signs = self.after.pages.iter().flat_map(|page| &page.signs);
        signs.filter_map(|sign| sign.css.as_deref())
    }

    /// The control of the code page that is there for `purpose`.
    #[must_use]
    pub fn of_code_page(&self, purpose: Purpose) -> Option<&Part> {
        let page = self.after.pages.iter().find(|page| page.is == Kind::Code)?;
        page.parts.iter().find(|part| part.is == purpose)
    }
}

impl Fault {
    fn new(file: &str, reason: String) -> Self {
        let file = file.to_owned();
        Self { file, reason }
    }
}

fn parse<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, Fault> {
    toml::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        let line = text.get(..start).unwrap_or_default().matches('\n').count() + 1;
        Fault::new(file, format!("line {line}: {}", error.message()))
    })
}

/// A form, if there is something to know it by and all of its words can be found again.
fn checked_form(file: &str, form: Form) -> Result<Form, Fault> {
    let fault = |reason: String| Err(Fault::new(file, reason));
    if form.name.is_empty()
        || form.host.is_empty()
        || form.paths.is_empty()
        || form.titles.is_empty()
    {
        return fault("a form needs a name, a host, paths and titles".to_owned());
    }
    let is_unusable = |at: &Place| !at.path.starts_with('/') || at.source.is_empty();
    if form.paths.iter().any(is_unusable) {
        return fault("a path begins with a slash and has a source".to_owned());
    }
    let sends = |part: &&Part| part.is == Purpose::Send && part.presence == Presence::Required;
    if form.parts.iter().filter(sends).count() != 1 {
        return fault("a form needs one button that sends".to_owned());
    }
    check_words(file, form.titles.iter())?;
    check_parts(file, &form.parts)?;
    Ok(form)
}

fn checked_after(file: &str, after: AfterFile) -> Result<AfterFile, Fault> {
    for page in &after.pages {
        let fault = |reason: &str| Err(Fault::new(file, format!("{:?}: {reason}", page.is)));
        if page.parts.is_empty() && page.signs.is_empty() {
            return fault("a page needs a part or a sign to know it by");
        }
        for sign in &page.signs {
            let is_technical = sign.path.is_some() || sign.css.is_some();
            if !is_technical && sign.says.is_empty() {
                return fault("a sign needs a path, a selector or words");
            }
            if is_technical && sign.source.as_ref().is_none_or(String::is_empty) {
                return fault("a path or a selector needs a source");
            }
            check_words(file, sign.says.iter())?;
        }
        check_parts(file, &page.parts)?;
    }
    Ok(after)
}

/// Each purpose once, and no label of one part of the same role on another.
fn check_parts(file: &str, parts: &[Part]) -> Result<(), Fault> {
    for (at, part) in parts.iter().enumerate() {
        check_words(file, part.labels.iter())?;
        if part.labels.is_empty() {
            return Err(Fault::new(file, format!("{} needs labels", part.is)));
        }
        for other in parts.iter().skip(at + 1) {
            let names = |part: &Part| -> Vec<String> {
                part.labels.iter().map(|words| name(&words.text)).collect()
            };
            let known = names(part);
            let is_shared = names(other).iter().any(|name| known.contains(name));
            if part.is == other.is || (part.role == other.role && is_shared) {
                let both = format!("{} and {} cannot be told apart", part.is, other.is);
                return Err(Fault::new(file, both));
            }
        }
    }
    Ok(())
}

fn check_words<'a>(file: &str, mut all: impl Iterator<Item = &'a Words>) -> Result<(), Fault> {
    let is_incomplete = |words: &&Words| {
        let is_empty = fold(&words.text).is_empty() || words.language.is_empty();
        is_empty || words.source.is_empty()
    };
    match all.find(is_incomplete) {
        Some(words) => Err(Fault::new(
            file,
            format!("`{}` needs a text, a language and a source", words.text),
        )),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{AFTER, FILES, Recipes, Words};

    /// The built-in recipes with one text exchanged in one file.
    fn with(file: &str, (old, new): (&str, &str)) -> String {
        let files = FILES.map(|(name, text)| {
            let is_it = name == file;
            assert!(!is_it || text.contains(old), "{file} has no {old}");
            let text = if is_it {
                text.replacen(old, new, 1)
            } else {
                text.to_owned()
            };
            (name, text)
        });
        let files = files.each_ref().map(|(name, text)| (*name, text.as_str()));
        Recipes::read(&files).map_or_else(|fault| fault.to_string(), |_| String::new())
    }

    #[test]
    fn every_word_is_known_in_every_language() {
        let recipes = Recipes::built_in();
        let of_forms = recipes.forms.iter().flat_map(|form| {
            let labels = form.parts.iter().map(|part| &part.labels);
            labels.chain([&form.titles])
        });
        let of_pages = recipes.after.pages.iter().flat_map(|page| {
            let labels = page.parts.iter().map(|part| &part.labels);
            labels.chain(page.signs.iter().map(|sign| &sign.says))
        });
        let all: Vec<&Vec<Words>> = of_forms.chain(of_pages).collect();
        let expected = BTreeSet::from(["de", "en", "es", "fr", "it", "pt"]);
        for words in all.iter().filter(|words| !words.is_empty()) {
            let languages = words.iter().map(|words| words.language.as_str());
            assert_eq!(languages.collect::<BTreeSet<_>>(), expected, "{words:?}");
        }
        let sourced = all
            .iter()
            .copied()
            .flatten()
            .filter(|words| words.is_sourced());
        assert!(sourced.count() > 20);
    }

    #[test]
    fn mistakes_in_recipes_are_named() {
        let check = |file: &str, change: (&str, &str), expected: &str| {
            let said = with(file, change);
            assert!(said.starts_with(file) && said.contains(expected), "{said}");
        };
        let (form, country) = ("facebook-2024.toml", ("\"combobox\"", "\"dropdown\""));
        assert_eq!(with(form, ("\"facebook-2024\"", "\"mine\"")), "");
        check(form, country, "line 28: unknown variant `dropdown`");
        check(
            form,
            ("source = \"unsourced\"", "source = \"\""),
            "a language and a source",
        );
        check(form, ("path = \"/", "path = \""), "begins with a slash");
        check(
            form,
            ("is = \"send\"", "is = \"continue\""),
            "one button that sends",
        );
        check(
            form,
            ("\"Further information\"", "\"Email\""),
            "cannot be told apart",
        );
        check(AFTER, ("css = ", "csss = "), "unknown field `csss`");
        check(
            AFTER,
            ("source = \"Facebook's own address\"\n", ""),
            "needs a source",
        );
        let without = Recipes::read(&FILES[..2]).unwrap_err();
        assert_eq!(without.to_string(), "after.toml: it is missing");
    }
}
