//! Letters in the colour of what they stand on.
//!
//! It knows the ways in which mails write colours, and takes the page for white. What it cannot
//! tell, such as the ground under an element that a style sheet paints, hides nothing.

use super::style::Style;
use super::tag::Tag;

/// How far the channels of two colours may lie apart that no eye tells apart.
const INDISTINCT: u8 = 10;

/// Named colours that text is hidden with.
const NAMES: [(&str, Colour); 4] = [
    ("white", Colour([255; 3])),
    ("snow", Colour([255, 250, 250])),
    ("ivory", Colour([255, 255, 240])),
    ("black", Colour([0; 3])),
];

/// Red, green and blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour([u8; 3]);

/// What an element writes with, and on; nothing where it cannot be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paint {
    ink: Option<Colour>,
    ground: Option<Colour>,
}

impl Paint {
    /// A page before anything is painted: unknown letters on white.
    pub const PAGE: Self = Self {
        ink: None,
        ground: Some(Colour([255; 3])),
    };

    /// The paint of an element inside one with this paint.
    #[must_use]
    pub fn inside(self, tag: &Tag, style: Option<&Style>, sheet_paints: bool) -> Self {
        let mut paint = self;
        if sheet_paints && (tag.get("class").is_some() || tag.get("id").is_some()) {
            paint.ground = None;
        }
        if let Some(ground) = tag.get("bgcolor") {
            paint.ground = Colour::read(ground);
        }
        if tag.get("background").is_some() {
            paint.ground = None;
        }
        if let Some(ink) = tag.get("color") {
            paint.ink = Colour::read(ink);
        }
        for (property, value) in style.iter().flat_map(|style| style.pairs()) {
            match property {
                "color" => paint.ink = Colour::read(value),
                "background-color" | "background" => paint.ground = Colour::read(value),
                "background-image" => paint.ground = None,
                _ => {}
            }
        }
        paint
    }

    /// Whether the letters cannot be told from what they stand on.
    #[must_use]
    pub fn hides(self) -> bool {
        let (Some(Colour(ink)), Some(Colour(ground))) = (self.ink, self.ground) else {
            return false;
        };
        ink.iter()
            .zip(ground)
            .all(|(ink, ground)| ink.abs_diff(ground) <= INDISTINCT)
    }
}

impl Colour {
    /// A colour as HTML or CSS writes it; nothing for what is not known here.
    fn read(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        if let Some((_, colour)) = NAMES.iter().find(|(name, _)| *name == text) {
            return Some(*colour);
        }
        if let Some(channels) = text
            .strip_prefix("rgb(")
            .and_then(|rest| rest.strip_suffix(')'))
        {
            let mut channels = channels
                .split(',')
                .map(|channel| channel.trim().parse().ok());
            return Some(Self([
                channels.next()??,
                channels.next()??,
                channels.next()??,
            ]));
        }
        let hex = text.strip_prefix('#')?;
        let digit = |at: usize| {
            let digit = hex
                .get(at..=at)
                .and_then(|digit| u8::from_str_radix(digit, 16).ok());
            digit.map(|digit| digit * 17)
        };
        let pair = |at: usize| {
            hex.get(at..at + 2)
                .and_then(|pair| u8::from_str_radix(pair, 16).ok())
        };
        match hex.len() {
            3 => Some(Self([digit(0)?, digit(1)?, digit(2)?])),
            6 => Some(Self([pair(0)?, pair(2)?, pair(4)?])),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(style: &str, bgcolor: Option<&str>, expected: bool) {
        let tag = bgcolor.map_or_else(Tag::default, |value| Tag::with("bgcolor", value));
        let paint = Paint::PAGE.inside(&tag, Some(&Style::read(style)), false);
        assert_eq!(paint.hides(), expected, "{style}");
    }

    #[test]
    fn letters_on_their_own_colour_are_not_seen() {
        check("color:#fff", None, true);
        check("COLOR: White !important", None, true);
        check("color:rgb(254, 254, 254)", None, true);
        check("color:#1c1e21", None, false);
        check("color:#ffffff;background-color:#1877f2", None, false);
        check("color:#fff", Some("#1877f2"), false);
        check("color:#000;background:black", None, true);
        check("color:#fff;background:url(x.png)", None, false);
        check("color:inherit", None, false);
    }

    #[test]
    fn paint_is_handed_down_unless_a_sheet_may_paint() {
        let none = Tag::default();
        let white = Paint::PAGE.inside(&none, Some(&Style::read("color:#fff")), false);
        assert!(white.inside(&none, None, true).hides());
        let blue = Paint::PAGE.inside(&Tag::with("bgcolor", "#1877f2"), None, false);
        assert!(
            !blue
                .inside(&Tag::with("color", "white"), None, false)
                .hides()
        );
        let button = Tag::with("class", "button");
        assert!(!white.inside(&button, None, true).hides());
        assert!(white.inside(&button, None, false).hides());
    }
}
