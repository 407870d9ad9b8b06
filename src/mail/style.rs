//! Which styles hide text or turn it round.
//!
//! It knows the few ways in which mails hide things, not CSS: whatever it cannot read hides
//! nothing, except where an escape shows that somebody wants to be misread. Rules that only hold
//! for some screens are passed over.

use std::collections::BTreeSet;

/// The most rules that are kept: the mails of this kind have some twenty.
const MAX_RULES: usize = 2000;

/// The most classes of one element that are looked at.
const MAX_CLASSES: usize = 32;

/// The size in pixels up to which letters are not seen.
const UNREADABLE: f32 = 1.0;

/// How far outside something has to be moved to be out of sight.
const FAR_OUT: f32 = -500.0;

/// The elements, classes and ids that a document's style sheets hide.
#[derive(Default)]
pub struct Sheet {
    /// Element (or nothing) and the class or id with its mark (or nothing).
    hidden: BTreeSet<(String, String)>,
    /// Some rule paints the ground of something: which, is not told.
    pub paints: bool,
}

impl Sheet {
    /// Takes in the content of a `<style>` element.
    pub fn add(&mut self, css: &str) {
        let css = without_comments(css);
        self.paints |= css.contains("background");
        let mut rest = css.as_str();
        while let Some((selectors, after)) = rest.split_once('{') {
            if selectors.trim_start().starts_with('@') {
                rest = behind_block(after);
                continue;
            }
            let (declarations, after) = after.split_once('}').unwrap_or((after, ""));
            if Style::read(declarations).hides() {
                selectors
                    .split(',')
                    .for_each(|selector| self.add_selector(selector));
            }
            rest = after;
        }
    }

    fn add_selector(&mut self, selector: &str) {
        let selector = selector.split_whitespace().last().unwrap_or_default();
        if self.hidden.len() >= MAX_RULES || selector.contains([':', '[', '*', '>', '\\']) {
            return;
        }
        let at = selector.find(['.', '#']).unwrap_or(selector.len());
        let (element, mark) = selector.split_at(at);
        // Two classes at once hide less than either: left out.
        if mark.matches(['.', '#']).count() <= 1 && !selector.is_empty() {
            self.hidden
                .insert((element.to_ascii_lowercase(), mark.to_owned()));
        }
    }

    /// Whether an element with this name, id and classes is hidden.
    #[must_use]
    pub fn hides(&self, name: &str, id: &str, classes: &str) -> bool {
        if self.hidden.is_empty() {
            return false;
        }
        let has = |mark: String| {
            self.hidden.contains(&(String::new(), mark.clone()))
                || self.hidden.contains(&(name.to_owned(), mark))
        };
        self.hidden.contains(&(name.to_owned(), String::new()))
            || (!id.is_empty() && has(format!("#{id}")))
            || classes
                .split_whitespace()
                .take(MAX_CLASSES)
                .any(|class| has(format!(".{class}")))
    }
}

/// The declarations of one element or rule.
pub struct Style {
    /// Without comments, in lower case.
    text: String,
    /// Some of it is written with escapes, which no mail needs.
    is_disguised: bool,
}

impl Style {
    /// Reads declarations as a `style` attribute has them.
    #[must_use]
    pub fn read(declarations: &str) -> Self {
        Self {
            text: without_comments(declarations).to_ascii_lowercase(),
            is_disguised: declarations.contains('\\'),
        }
    }

    /// Properties and values, without blanks around them.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.text.split(';').filter_map(|declaration| {
            let (property, value) = declaration.split_once(':')?;
            let value = value.trim();
            let value = value.strip_suffix("!important").unwrap_or(value).trim();
            Some((property.trim(), value))
        })
    }

    /// Whether text under these declarations is not seen.
    #[must_use]
    pub fn hides(&self) -> bool {
        self.is_disguised
            || self
                .pairs()
                .any(|(property, value)| is_hiding(property, value))
    }

    /// Whether these declarations make text run against its own direction.
    #[must_use]
    pub fn turns(&self) -> bool {
        self.text.contains("-override")
    }
}

fn is_hiding(property: &str, value: &str) -> bool {
    let is_nothing = || number(value) == Some(0.0);
    match property {
        "display" => value == "none",
        "visibility" => value == "hidden" || value == "collapse",
        "mso-hide" => value == "all",
        "opacity" | "max-height" | "max-width" | "height" | "width" => is_nothing(),
        "font-size" | "font" => {
            is_nothing() || (is_pixels(value) && number(value) <= Some(UNREADABLE))
        }
        "text-indent" | "left" | "top" | "margin-left" | "margin-top" => {
            number(value).is_some_and(|number| number <= FAR_OUT)
        }
        "color" => value == "transparent" || is_transparent(value),
        "transform" => value.contains("scale(0)"),
        "clip" | "clip-path" => value.contains("rect(0") || value.contains("inset(50%)"),
        "text-decoration" | "text-decoration-line" => value.contains("line-through"),
        _ => false,
    }
}

fn is_transparent(value: &str) -> bool {
    let alpha = value
        .strip_prefix("rgba(")
        .and_then(|value| value.rsplit(',').next());
    alpha.is_some_and(|alpha| number(alpha.trim()) == Some(0.0))
}

fn number(value: &str) -> Option<f32> {
    let end = value
        .find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | '-' | '+'))
        .unwrap_or(value.len());
    value.get(..end)?.parse().ok()
}

fn is_pixels(value: &str) -> bool {
    value.ends_with("px") && number(value).is_some()
}

fn without_comments(css: &str) -> String {
    let mut kept = String::with_capacity(css.len());
    let mut rest = css;
    while let Some((before, after)) = rest.split_once("/*") {
        kept.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    kept.push_str(rest);
    kept
}

/// What follows a block whose brace was just opened, blocks inside it included.
fn behind_block(css: &str) -> &str {
    let mut depth = 1;
    for (at, byte) in css.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return css.get(at + 1..).unwrap_or_default();
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(declarations: &str, expected: bool) {
        assert_eq!(
            Style::read(declarations).hides(),
            expected,
            "{declarations}"
        );
    }

    #[test]
    fn hiding_declarations_are_known() {
        check("display:none", true);
        check("color:red; Visibility : Hidden", true);
        check("font-size:1px;color:#fff", true);
        check("font-size:0.5em", false);
        check("font-size:0", true);
        check("opacity:0.0", true);
        check("opacity:0.9;max-height:10px", false);
        check("display:/* x */none", true);
        check("d\\69splay:none", true);
        check("color:rgba(0, 0, 0, 0)", true);
        check("color:rgb(0,0,0)", false);
        check("font:0/0 a", true);
        check("font:bold 14px Arial", false);
        check("clip: rect(0, 0, 0, 0)", true);
        check("position:absolute;left:-9999px", true);
        check("display:block;width:100%", false);
    }

    #[test]
    fn sheets_hide_by_element_class_and_id() {
        let mut sheet = Sheet::default();
        sheet.add(
            "@media (max-width:9px) { .wide { display:none } } .a, b.c{display:none}#d{opacity:0}",
        );
        assert!(sheet.hides("p", "", "x a"));
        assert!(sheet.hides("b", "", "c") && !sheet.hides("p", "", "c"));
        assert!(sheet.hides("p", "d", "") && !sheet.hides("p", "", "wide"));
    }
}
