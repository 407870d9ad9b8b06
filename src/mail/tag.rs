//! The tags and texts of an HTML document, one after the other.
//!
//! It keeps the attributes that decide what is seen and drops the rest. What a tag does to the
//! text inside it is `text`'s business. The only user of `html5gum`, but for `redact`.

use std::borrow::Cow;
use std::convert::Infallible;

use html5gum::emitters::callback::{Callback, CallbackEmitter, CallbackEvent};
use html5gum::{Emitter, ForwardingEmitter, Span, Tokenizer};

/// The attributes that are kept, in alphabetical order.
const KEPT: [&str; 11] = [
    "background",
    "bgcolor",
    "class",
    "color",
    "dir",
    "height",
    "hidden",
    "href",
    "id",
    "style",
    "width",
];

/// A piece of a document.
pub enum Event<'a> {
    /// `<p class=x>`
    Start(&'a Tag),
    /// `</p>`, by its name.
    End(&'a str),
    /// What stands between tags, entities decoded.
    Text(&'a str),
}

/// A start tag.
#[derive(Default)]
pub struct Tag {
    /// Its name, lower case.
    pub name: String,
    /// The values of the attributes that it has. Of two with one name the first counts (HTML,
    /// 13.2.5.33).
    values: [Option<String>; KEPT.len()],
}

impl Tag {
    /// The value of an attribute; empty if it has none.
    #[must_use]
    pub fn get(&self, attribute: &str) -> Option<&str> {
        let at = KEPT.binary_search(&attribute).ok()?;
        self.values.get(at)?.as_deref()
    }

    /// A tag with one attribute.
    #[cfg(test)]
    pub fn with(attribute: &str, value: &str) -> Self {
        let mut tag = Self::default();
        let at = KEPT.binary_search(&attribute).unwrap();
        tag.values[at] = Some(value.to_owned());
        tag
    }
}

/// Walks through a document.
pub fn walk(html: &str, visit: impl FnMut(Event<'_>)) {
    let mut emitter = CallbackEmitter::new(Walk {
        visit,
        tag: Tag::default(),
        attribute: None,
    });
    emitter.naively_switch_states(true);
    // It yields nothing: everything was visited on the way.
    Tokenizer::new_with_emitter(html, Silent(emitter)).for_each(drop);
}

/// Where the walk is.
struct Walk<V> {
    visit: V,
    tag: Tag,
    /// The attribute whose name was read last, if it is kept and new.
    attribute: Option<usize>,
}

impl<V: FnMut(Event<'_>)> Callback<Infallible, ()> for Walk<V> {
    fn handle_event(&mut self, event: CallbackEvent<'_>, _: Span<()>) -> Option<Infallible> {
        match event {
            CallbackEvent::OpenStartTag { name } => {
                self.tag = Tag {
                    name: text(name).into_owned(),
                    ..Tag::default()
                };
                self.attribute = None;
            }
            CallbackEvent::AttributeName { name } => {
                let kept = KEPT.binary_search(&text(name).as_ref()).ok();
                self.attribute = kept.filter(|at| matches!(self.tag.values.get(*at), Some(None)));
                self.set("");
            }
            CallbackEvent::AttributeValue { value } => self.set(&text(value)),
            CallbackEvent::CloseStartTag { .. } => (self.visit)(Event::Start(&self.tag)),
            CallbackEvent::EndTag { name } => (self.visit)(Event::End(&text(name))),
            CallbackEvent::String { value } => (self.visit)(Event::Text(&text(value))),
            CallbackEvent::Comment { .. }
            | CallbackEvent::Doctype { .. }
            | CallbackEvent::Error(_) => {}
        }
        None
    }
}

impl<V> Walk<V> {
    fn set(&mut self, value: &str) {
        let place = self.attribute.and_then(|at| self.tag.values.get_mut(at));
        if let Some(place) = place {
            *place = Some(value.to_owned());
        }
    }
}

fn text(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// Asks the tokenizer for no errors: to find them it would look at every byte once more.
struct Silent<E>(E);

impl<E: Emitter> ForwardingEmitter for Silent<E> {
    type Token = E::Token;

    fn inner(&mut self) -> &mut impl Emitter<Token = Self::Token> {
        &mut self.0
    }

    fn should_emit_errors(&mut self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walked(html: &str) -> String {
        let mut seen = Vec::new();
        walk(html, |event| match event {
            Event::Start(tag) => {
                seen.extend(["<", &tag.name].map(str::to_owned));
                for name in KEPT {
                    seen.extend(tag.get(name).map(|value| format!(" {name}={value}")));
                }
                seen.push(">".to_owned());
            }
            Event::End(name) => seen.push(format!("</{name}>")),
            Event::Text(text) => seen.push(text.to_owned()),
        });
        seen.concat()
    }

    #[test]
    fn tags_have_the_attributes_that_matter() {
        assert_eq!(
            walked("<P Class='a b' ID=x align=left>a &amp; b</P><!-- c --><br/>"),
            "<p class=a b id=x>a & b</p><br>"
        );
        assert_eq!(walked("<i hidden>1</i>"), "<i hidden=>1</i>");
        assert_eq!(walked("<i id=1 id=2 style>"), "<i id=1 style=>");
        assert_eq!(walked("<a href='x'"), "");
    }

    #[test]
    fn scripts_and_styles_hold_no_tags() {
        assert_eq!(walked("<style>a<b></style>c"), "<style>a<b></style>c");
        assert_eq!(walked("<title>a<b></title>c"), "<title>a<b></title>c");
    }
}
