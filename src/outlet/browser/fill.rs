//! Fills in a form, and sends nothing.
//!
//! What is missing is said before anything is typed, and what was typed is read back: a field
//! that took something else stops it.
//!
//! SECURITY: types what the person configured into the page that was looked at, nothing else.
//! Line ends and the keys of the protocol are taken out first: some pages take Enter for Send.
//! Hostile: the page, whose fields may do what they like with what is typed.

use std::collections::BTreeMap;

use super::BrowserError;
use super::page::{Look, Page};
use super::recipe::{Form, Part, Presence, Purpose};
use super::seen::{Role, fold};
use super::webdriver::{Element, Using};
use crate::mail::plain;

/// What the person wants to be in the fields.
#[derive(Debug, Clone, Default)]
pub struct Answers(BTreeMap<Purpose, String>);

/// What stands in the form now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filled {
    /// Every field that holds something, in the form's order.
    pub fields: Vec<(Purpose, String)>,
    /// Answers that the form has no field for.
    pub unused: Vec<Purpose>,
}

impl Answers {
    /// These answers, each in one line.
    #[must_use]
    pub fn new(answers: impl IntoIterator<Item = (Purpose, String)>) -> Self {
        let answers = answers.into_iter().map(|(is, text)| (is, one_line(&text)));
        Self(answers.filter(|(_, text)| !text.is_empty()).collect())
    }
}

/// Text without what a keyboard would act on: WebDriver's private characters are keys.
fn one_line(text: &str) -> String {
    let is_key = |c: char| ('\u{e000}'..='\u{f8ff}').contains(&c);
    let typed: String = text.chars().filter(|c| !is_key(*c)).collect();
    let words: Vec<&str> = typed
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ")
}

impl Page<'_> {
    /// Fills in `form`, which `look` shows.
    ///
    /// # Errors
    /// An answer is missing; nothing was typed. Or a field did not take its answer.
    pub async fn fill(
        &self,
        look: &Look<'_>,
        form: &Form,
        answers: &Answers,
    ) -> Result<Filled, BrowserError> {
        let mut fields = Vec::new();
        let mut unused: Vec<Purpose> = answers.0.keys().copied().collect();
        for part in form.parts.iter().filter(|part| part.role != Role::Button) {
            let Some(element) = look.element(part) else {
                continue;
            };
            unused.retain(|purpose| *purpose != part.is);
            fields.push((part, element));
        }
        for (part, element) in &fields {
            self.check_answer(part, element, answers).await?;
        }
        let mut filled = Vec::new();
        for (part, element) in fields {
            let holds = match (part.role, answers.0.get(&part.is)) {
                (Role::Radio, _) => {
                    self.browser.click(element).await?;
                    "yes".to_owned()
                }
                (Role::Combobox, Some(answer)) => self.choose(part.is, element, answer).await?,
                (_, Some(answer)) => self.write(part.is, element, answer).await?,
                (_, None) => self.holds(element).await?,
            };
            if !holds.is_empty() {
                filled.push((part.is, holds));
            }
        }
        Ok(Filled {
            fields: filled,
            unused,
        })
    }

    /// Whether a field that must be filled in can be.
    async fn check_answer(
        &self,
        part: &Part,
        element: &Element,
        answers: &Answers,
    ) -> Result<(), BrowserError> {
        let is_optional = part.presence != Presence::Required || part.role == Role::Radio;
        if is_optional || answers.0.contains_key(&part.is) {
            return Ok(());
        }
        if part.prefilled && !self.holds(element).await?.is_empty() {
            return Ok(());
        }
        Err(BrowserError::NeedsUser(format!(
            "the form wants {}, which is not configured",
            part.is
        )))
    }

    /// Puts `answer` into a field for text, unless it is there.
    async fn write(
        &self,
        purpose: Purpose,
        element: &Element,
        answer: &str,
    ) -> Result<String, BrowserError> {
        if self.holds(element).await? != answer {
            self.browser.clear(element).await?;
            self.browser.type_text(element, answer).await?;
        }
        let holds = self.holds(element).await?;
        if holds == answer {
            return Ok(holds);
        }
        Err(not_taken(purpose))
    }

    /// Chooses the option that is called `answer`, in a list of HTML's own or of the page's.
    async fn choose(
        &self,
        purpose: Purpose,
        element: &Element,
        answer: &str,
    ) -> Result<String, BrowserError> {
        if answer.contains('"') {
            return Err(not_taken(purpose));
        }
        let option =
            format!("//*[self::option or @role=\"option\"][normalize-space()=\"{answer}\"]");
        let mut options = self.displayed(&option).await?;
        if options.is_empty() {
            // A list that a page makes itself is there once it is opened.
            self.browser.click(element).await?;
            options = self.displayed(&option).await?;
        }
        let [option] = options.as_slice() else {
            return Err(BrowserError::NeedsUser(format!(
                "the form does not offer `{}` for {purpose}: write it as the form does",
                plain(answer)
            )));
        };
        let wanted = self.browser.value(option).await?;
        self.browser.click(option).await?;
        let holds = self.holds(element).await?;
        let shows = self.browser.text(element).await?;
        if wanted.is_some_and(|value| value == holds)
            || [holds, shows].iter().any(|text| fold(text) == fold(answer))
        {
            return Ok(answer.to_owned());
        }
        Err(not_taken(purpose))
    }

    async fn displayed(&self, xpath: &str) -> Result<Vec<Element>, BrowserError> {
        let mut displayed = Vec::new();
        for element in self.browser.find(Using::XPath, xpath).await? {
            if self.browser.is_displayed(&element).await? {
                displayed.push(element);
            }
        }
        Ok(displayed)
    }

    /// What a field holds; for what is no field of HTML's, what it shows.
    async fn holds(&self, element: &Element) -> Result<String, BrowserError> {
        match self.browser.value(element).await? {
            Some(value) => Ok(value),
            None => self.browser.text(element).await,
        }
    }
}

fn not_taken(purpose: Purpose) -> BrowserError {
    BrowserError::NeedsUser(format!(
        "the form did not take {purpose} as it is configured: look at the page"
    ))
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn no_key_but_letters_is_ever_pressed() {
        let check = |text: &str, typed: &str| assert_eq!(one_line(text), typed);
        check(" First.\r\nSecond.\tThird. ", "First. Second. Third.");
        check("a\u{e007}b\u{e000}", "ab");
        check("a\u{7}\u{85}b", "a b");
        check("Köln 日本", "Köln 日本");
    }
}
