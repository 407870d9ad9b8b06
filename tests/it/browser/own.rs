//! The person's own recipes, and what `check` says of the browser.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;
use sustained::outlet::browser::reading::Reading;
use sustained::outlet::browser::recipe::{Kind, Recipes};
use sustained::outlet::browser::seen::Seen;

use crate::support::process::Home;

const AFTER: &str = include_str!("../../../src/outlet/browser/recipes/after.toml");

/// A home whose configuration names a driver that is there, and a folder of recipes.
fn home() -> Home {
    let home = Home::new(
        "[[mailbox]]\nname = \"me\"\naddress = \"me@example.org\"\naccounts = [\"facebook\"]\n\
         maildir = \"/nonexistent\"\n\n[authenticity]\nresolver = \"127.0.0.1:9\"\n\n\
         [browser]\ndriver = \"/bin/true\"\nrecipes = \"recipes\"\n",
    );
    fs::create_dir(home.config().with_file_name("recipes")).unwrap();
    home
}

/// Status and words of one of the checks.
fn checked(home: &Home, name: &str) -> Option<(String, String)> {
    let output = home.output(&["check", "--json"], b"");
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    let checks = said["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["name"] == name)?;
    let text = |what: &str| check[what].as_str().unwrap().to_owned();
    Some((text("status"), text("observed")))
}

#[test]
fn own_recipes_take_the_place_of_the_built_in_ones() {
    let place = tempfile::tempdir().unwrap();
    let is_log_in = |host: &str| {
        let recipes = Recipes::with(Some(place.path())).unwrap();
        let (host, path) = (host.to_owned(), "/login".to_owned());
        let seen = Seen {
            host,
            path,
            ..Seen::default()
        };
        recipes.reading(&seen) == Reading::Page(Kind::LogIn)
    };
    assert!(is_log_in("www.facebook.com") && !is_log_in("127.0.0.1"));
    let own = AFTER.replace("hosts = [\"facebook.com\"", "hosts = [\"127.0.0.1\"");
    fs::write(place.path().join("after.toml"), own).unwrap();
    fs::write(place.path().join("notes.txt"), "no recipe").unwrap();
    assert!(!is_log_in("www.facebook.com") && is_log_in("127.0.0.1"));
}

#[test]
fn check_says_what_is_wrong_with_own_recipes() {
    let home = home();
    let folder = home.config().with_file_name("recipes");
    let says = |status: &str, expected: &str| {
        let (found, said) = checked(&home, "browser: recipes").unwrap();
        assert!(
            found == status && said.contains(expected),
            "{found}: {said}"
        );
    };
    says("pass", "/recipes");
    fs::write(folder.join("mine.toml"), "name = \"mine\"\npath = []\n").unwrap();
    says("fail", "/recipes/mine.toml: line 2: unknown field `path`");
    fs::set_permissions(folder.join("mine.toml"), Permissions::from_mode(0o666)).unwrap();
    says("fail", "/recipes/mine.toml: every user of this machine");
    fs::remove_dir_all(&folder).unwrap();
    says("fail", "/recipes: ");
}

#[test]
fn check_says_whether_the_driver_is_there() {
    let home = home();
    let (status, said) = checked(&home, "browser: driver").unwrap();
    assert_eq!((status.as_str(), said.as_str()), ("pass", "/bin/true"));
    let text = fs::read_to_string(home.config()).unwrap();
    let change = |driver: &str| {
        let text = text.replace("driver = \"/bin/true\"", driver);
        fs::write(home.config(), text).unwrap();
        checked(&home, "browser: driver")
    };
    let (status, said) = change("driver = \"no-such-driver\"").unwrap();
    assert_eq!(status, "fail");
    assert!(said.contains("no-such-driver was not found"), "{said}");
    let bare = text.split("[browser]").next().unwrap().to_owned();
    fs::write(home.config(), bare).unwrap();
    assert_eq!(
        checked(&home, "browser: driver"),
        None,
        "no browser is wanted"
    );
}
