//! The page in a real browser: on a phone, a tablet and a wide screen, in light and in dark, by
//! keyboard and for a screen reader.

use std::fs;
use std::path::Path;

use super::chrome::Chrome;
use super::{Answer, CODE, Site};
use crate::support::meta::unsigned_code;
use crate::support::{PATIENCE, log, shows, wait_until};

/// Texts whose contrast is below what WCAG 2.2, 1.4.3 (AA) wants, with the contrast.
const PALE: &str = "
    const channel = (c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
    const colour = (text) => text.match(/[\\d.]+/g).map(Number);
    const ground = (e) => {
        for (; e; e = e.parentElement) {
            const found = colour(getComputedStyle(e).backgroundColor);
            if (found.length === 3 || found[3] === 1) return found;
            if (found[3] !== 0) throw new Error('see-through');
        }
        return [255, 255, 255];
    };
    const pale = [];
    let looked = 0;
    for (const e of document.querySelectorAll('body *')) {
        const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
        if (!own || !e.checkVisibility()) continue;
        looked++;
        const [a, b] = [light(colour(getComputedStyle(e).color)), light(ground(e))];
        const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (contrast < 4.5) pale.push(e.className + ' ' + e.textContent + ' ' + contrast);
    }
    return [looked, pale];
";

/// What is wider than the screen.
const WIDE: &str = "
    const wide = document.documentElement.scrollWidth > innerWidth ? ['the page'] : [];
    for (const e of document.querySelectorAll('body *')) {
        const box = e.getBoundingClientRect();
        if (box.right > innerWidth + 1 || box.left < -1) wide.push(e.outerHTML.slice(0, 200));
    }
    return wide;
";

/// Everything that a keyboard has to reach.
const ACTIVE: &str = "a[href], summary";

/// A story with all that a page can show: a decision, a forged mail, a case that waits.
fn rich_site() -> Site {
    let place = crate::support::place::Place::new("accounts = [\"facebook\", \"instagram\"]");
    let site = Site::on(place, "listen = \"127.0.0.1:0\"");
    site.whole_story();
    site.place.deliver("4", &unsigned_code("771204"));
    let told = || site.get("/").body.contains("only claims to be from Meta");
    wait_until(PATIENCE, told);
    let ready = wait_until(PATIENCE, || site.get("/readyz").status == 200);
    assert!(ready, "{}", site.running.talk());
    let noted = site
        .place
        .home
        .output(&["note", "filed", "--account", "instagram"], b"");
    assert!(noted.status.success(), "{noted:?}");
    log::wait_for(&site.place.home, "case.noted");
    site
}

#[test]
fn it_fits_every_screen_in_both_schemes() {
    let Some(chrome) = Chrome::start() else {
        return;
    };
    let site = rich_site();
    let message = decision(&site.get("/"));
    for (name, path) in [("status", "/?still"), ("message", message.as_str())] {
        let url = format!("http://{}{path}", site.address);
        for width in [360, 768, 1400] {
            for scheme in ["light", "dark"] {
                chrome.open(&url, width, scheme);
                assert_eq!(chrome.ask("return innerWidth"), width);
                chrome.ask("for (const d of document.querySelectorAll('details')) d.open = true");
                let wide = chrome.ask(WIDE);
                assert_eq!(wide, serde_json::json!([]), "{name} at {width}");
                readable(&chrome);
                keep(&chrome, (name, width, scheme));
            }
        }
    }
    chrome.open(&format!("http://{}/?still", site.address), 768, "dark");
    let ground = chrome.ask("return getComputedStyle(document.body).backgroundColor");
    assert_eq!(ground, "rgb(20, 21, 24)", "the scheme is obeyed");
}

#[test]
fn a_keyboard_reaches_everything_and_everything_has_a_name() {
    let Some(chrome) = Chrome::start() else {
        return;
    };
    let site = rich_site();
    let message = decision(&site.get("/"));
    for path in ["/?still", message.as_str()] {
        chrome.open(&format!("http://{}{path}", site.address), 768, "light");
        let names = chrome.names(ACTIVE);
        assert!(
            names.len() > 4 && names.iter().all(|name| !name.is_empty()),
            "{names:?}"
        );
        let mut unique = names.clone();
        unique.sort();
        unique.dedup();
        assert_eq!(
            unique.len(),
            names.len(),
            "a name says which one it is: {names:?}"
        );
        for _ in 0..names.len() {
            chrome.press_tab();
            chrome.ask("document.activeElement.dataset.reached = 'yes'");
            let seen = chrome.ask(
                "const e = document.activeElement, s = getComputedStyle(e); \
                 return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2",
            );
            assert_eq!(seen, true, "the focus is seen");
        }
        let missed = chrome.ask(&format!(
            "return [...document.querySelectorAll('{ACTIVE}')].filter((e) => !e.dataset.reached)\
             .map((e) => e.outerHTML)"
        ));
        assert_eq!(missed, serde_json::json!([]));
        structure(&chrome);
    }
}

/// Every text stands out from what is behind it, whatever the verdict is.
fn readable(chrome: &Chrome) {
    for tone in ["bad", "ask", "plain", "good"] {
        chrome.ask(&format!(
            "for (const e of document.querySelectorAll('.verdict')) e.className = 'verdict {tone}'"
        ));
        let contrast = chrome.ask(PALE);
        assert!(contrast[0].as_u64() > Some(10), "{contrast}");
        assert_eq!(contrast[1], serde_json::json!([]), "{tone}");
    }
}

/// Landmarks, headings and language, as a screen reader walks them.
fn structure(chrome: &Chrome) {
    let count = |selector: &str| {
        let script = format!("return document.querySelectorAll('{selector}').length");
        chrome.ask(&script).as_u64().unwrap()
    };
    assert_eq!(
        (count("main"), count("h1"), count("html[lang=en]")),
        (1, 1, 1)
    );
    assert_eq!(
        count("script") + count("[style]") + count("img") + count("iframe"),
        0
    );
    assert_eq!(count("time:not([datetime])"), 0);
    let levels = chrome
        .ask("return [...document.querySelectorAll('h1,h2,h3,h4')].map((h) => +h.tagName[1])");
    let levels: Vec<u64> = serde_json::from_value(levels).unwrap();
    assert!(
        levels.windows(2).all(|pair| pair[1] <= pair[0] + 1),
        "{levels:?}"
    );
    for name in chrome.names("section, article, nav, h1, h2, h3, h4") {
        assert!(!name.is_empty(), "a part of the page has no name");
    }
    let title = chrome.ask("return document.title");
    assert!(title.as_str().unwrap().ends_with("sustained"), "{title}");
}

/// The path of the decision.
fn decision(page: &Answer) -> String {
    assert!(!shows(&page.body, CODE));
    let (before, _) = page
        .body
        .split_once("\">Meta honored your objection")
        .unwrap();
    let (_, link) = before.rsplit_once("href=\"").unwrap();
    link.to_owned()
}

/// Keeps pictures where that is asked for: README's, and one of each look.
fn keep(chrome: &Chrome, (name, width, scheme): (&str, u32, &str)) {
    let mut wanted = Vec::new();
    if let Some(folder) = std::env::var_os("SUSTAINED_LOOKS") {
        wanted.push((
            1.0,
            Path::new(&folder).join(format!("{name}-{width}-{scheme}.png")),
        ));
    }
    if let Some(folder) = std::env::var_os("SUSTAINED_PICTURES")
        && (name, width) == ("status", 1400)
    {
        // As large as README shows it.
        wanted.push((0.6, Path::new(&folder).join(format!("{name}-{scheme}.png"))));
    }
    for (scale, path) in wanted {
        fs::write(path, chrome.picture(scale)).unwrap();
    }
}
