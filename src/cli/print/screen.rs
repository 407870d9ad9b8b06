//! What standard output is: a terminal or not, how wide, and whether colours and signs may be used.
//!
//! It asks the system and the environment once and prints nothing. `--color` wins over everything,
//! `NO_COLOR` (no-color.org) over `CLICOLOR_FORCE` (bixense.com/clicolors), and both over what the
//! terminal can do.

use std::ffi::OsString;
use std::io::{self, IsTerminal as _};
use std::os::fd::AsFd;

use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use rustix::termios::tcgetwinsize;

use super::text::Tone;

/// The width of a terminal that does not tell it.
const USUAL_WIDTH: usize = 80;

/// Longer lines are hard to read, however wide the terminal is.
const WIDEST: usize = 120;

/// Narrower is not readable; a terminal of no width is one that does not tell it.
const NARROWEST: usize = 20;

/// When colours are used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless the environment says otherwise.
    #[default]
    Auto,
    /// Always, as if for a terminal.
    Always,
    /// Never.
    Never,
}

/// What standard output is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Screen {
    /// A person looks at it: else it is plain, one thing a line.
    pub is_for_a_person: bool,
    /// Where lines are wrapped, in cells; `None`: nowhere.
    pub width: Option<usize>,
    is_coloured: bool,
    has_signs: bool,
}

impl Screen {
    /// What this process's standard output is.
    pub fn of_stdout(color: Color) -> Self {
        let out = io::stdout();
        let columns = out
            .is_terminal()
            .then(|| columns(&out).unwrap_or(USUAL_WIDTH));
        Self::with(color, columns, &|name| std::env::var_os(name))
    }

    /// `columns` of a terminal; `None` for anything else.
    fn with(
        color: Color,
        columns: Option<usize>,
        environment: &dyn Fn(&str) -> Option<OsString>,
    ) -> Self {
        let text = |name: &str| {
            let value = environment(name).unwrap_or_default();
            value.to_string_lossy().into_owned()
        };
        let is_set = |name: &str| !text(name).is_empty();
        let forces = is_set("CLICOLOR_FORCE") && text("CLICOLOR_FORCE") != "0";
        let is_able = is_set("TERM") && text("TERM") != "dumb";
        let is_coloured = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto if is_set("NO_COLOR") => false,
            Color::Auto => forces || (columns.is_some() && is_able),
        };
        // What the environment forces are colours; other words in a pipe want to be asked for.
        let is_for_a_person = columns.is_some() || color == Color::Always;
        let told = text("COLUMNS").parse().ok().filter(|told| *told > 0);
        let width = told.or(columns).filter(|_| is_for_a_person);
        // The first that is set counts (POSIX, 8.2).
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().map(text);
        let locale = locale.into_iter().find(|value| !value.is_empty());
        let locale = locale.unwrap_or_default().to_lowercase();
        Self {
            is_for_a_person,
            width: width.map(|width| width.clamp(NARROWEST, WIDEST)),
            is_coloured,
            has_signs: locale.contains("utf-8") || locale.contains("utf8"),
        }
    }

    /// Less than a line of prose: columns are not worth their room.
    pub fn is_narrow(self) -> bool {
        self.width.is_some_and(|width| width < 64)
    }

    /// The sign that stands before what is meant so. It never says anything that no word says.
    pub fn sign(self, tone: Tone) -> &'static str {
        match (tone, self.has_signs) {
            (Tone::Good, true) => "✓",
            (Tone::Good, false) => "+",
            (Tone::Bad, true) => "✕",
            (Tone::Bad, false) => "x",
            (Tone::Ask, _) => "!",
            (Tone::Plain | Tone::Strong | Tone::Dim, true) => "·",
            (Tone::Plain | Tone::Strong | Tone::Dim, false) => "-",
        }
    }

    /// Text as it is sent there. It must be fit to be shown.
    pub(super) fn paint(self, tone: Tone, text: &str) -> String {
        let style = match tone {
            Tone::Plain => Style::new(),
            Tone::Strong => Style::new().bold(),
            Tone::Dim => Style::new().dimmed(),
            Tone::Good => AnsiColor::Green.on_default(),
            Tone::Ask => AnsiColor::Yellow.on_default(),
            Tone::Bad => AnsiColor::Red.on_default().bold(),
        };
        if self.is_coloured {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }
}

/// How wide a terminal says that it is; a serial line says 0.
pub(super) fn columns(terminal: &impl AsFd) -> Option<usize> {
    let size = tcgetwinsize(terminal).ok()?;
    Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
}

#[cfg(test)]
mod tests {
    use super::{Color, Screen};

    fn screen(color: Color, columns: Option<usize>, environment: &[(&str, &str)]) -> Screen {
        Screen::with(color, columns, &|name| {
            let found = environment.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).into())
        })
    }

    #[test]
    fn the_flag_wins_over_the_environment_and_that_over_the_terminal() {
        let xterm = ("TERM", "xterm");
        for (color, columns, environment, expected) in [
            (Color::Auto, Some(80), &[xterm][..], true),
            (Color::Auto, Some(80), &[], false),
            (Color::Auto, Some(80), &[("TERM", "dumb")], false),
            (Color::Auto, None, &[xterm], false),
            (Color::Auto, Some(80), &[xterm, ("NO_COLOR", "1")], false),
            (Color::Auto, Some(80), &[xterm, ("NO_COLOR", "")], true),
            (Color::Auto, None, &[("CLICOLOR_FORCE", "1")], true),
            (Color::Auto, None, &[("CLICOLOR_FORCE", "0")], false),
            (
                Color::Auto,
                None,
                &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")],
                false,
            ),
            (Color::Always, None, &[("NO_COLOR", "1")], true),
            (
                Color::Never,
                Some(80),
                &[xterm, ("CLICOLOR_FORCE", "1")],
                false,
            ),
        ] {
            let screen = screen(color, columns, environment);
            assert_eq!(screen.is_coloured, expected, "{color:?} {environment:?}");
            let is_for_a_person = columns.is_some() || color == Color::Always;
            assert_eq!(screen.is_for_a_person, is_for_a_person, "{environment:?}");
        }
    }

    #[test]
    fn the_width_is_the_persons_word_the_terminals_or_none() {
        for (color, columns, told, expected) in [
            (Color::Auto, Some(100), "", Some(100)),
            (Color::Auto, Some(100), "60", Some(60)),
            (Color::Auto, Some(100), "wide", Some(100)),
            (Color::Auto, Some(100), "0", Some(100)),
            (Color::Auto, Some(3), "", Some(20)),
            (Color::Auto, Some(500), "", Some(120)),
            (Color::Auto, None, "60", None),
            (Color::Always, None, "", None),
            (Color::Always, None, "60", Some(60)),
        ] {
            let screen = screen(color, columns, &[("COLUMNS", told)]);
            assert_eq!(screen.width, expected, "{columns:?} {told:?}");
        }
    }

    #[test]
    fn signs_are_for_those_whose_locale_has_them() {
        for (environment, expected) in [
            (&[("LANG", "de_DE.UTF-8")][..], true),
            (&[("LANG", "C.utf8")], true),
            (&[("LC_ALL", "C"), ("LANG", "de_DE.UTF-8")], false),
            (&[("LC_ALL", ""), ("LANG", "de_DE.UTF-8")], true),
            (&[], false),
        ] {
            let screen = screen(Color::Auto, Some(80), environment);
            assert_eq!(screen.has_signs, expected, "{environment:?}");
        }
    }
}
