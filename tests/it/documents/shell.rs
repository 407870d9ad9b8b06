//! README's shell blocks, run as they stand.
//!
//! What they would do to the machine they do to a folder: absolute paths lead below it, and in
//! front of the programs that need root or a service manager stand small ones of the same names.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::block;
use crate::support::dovecot::{Dovecot, LOGIN, PASSWORD};
use crate::support::issuer::Issuer;
use crate::support::missing;
use crate::support::process::{Home, PROGRAM};

/// What stands in front of the machine's programs.
const IN_FRONT: [(&str, &str); 4] = [
    ("sudo", "exec env \"$@\""),
    (
        "cargo",
        "case \"$*\" in\n\
         'build --release') mkdir -p target/release && cp \"$PROGRAM\" target/release/ ;;\n\
         'run --release -- '*) shift 3; exec \"$PROGRAM\" \"$@\" ;;\n\
         *) exit 9 ;;\nesac",
    ),
    (
        "sustained",
        // No name server answers here: the key that `check` looks for stands in the configuration.
        "program=\"$ROOT/usr/bin/sustained\"; [ -e \"$program\" ] || program=\"$PROGRAM\"\n\
         key='\"s1024-2013-q3._domainkey.facebookmail.com\" = \"v=DKIM1; k=rsa; p=MIGf\"'\n\
         [ \"$1\" != check ] ||\n\
         printf '\\n[authenticity.pinned_keys]\\n%s\\n' \"$key\" >> \"$CONFIG\"\n\
         exec \"$program\" \"$@\" --config \"$CONFIG\" $([ \"$1\" = init ] && echo \"$FLAGS\")",
    ),
    // Units are linked below the folder by the real one; what needs a manager is only checked.
    (
        "systemctl",
        "unit=\"$ROOT/etc/systemd/system/${!#}.service\"\n\
         case \"$*\" in\n\
         'enable --now sustained' | 'disable --now sustained')\n\
         exec /usr/bin/systemctl --root=\"$ROOT\" \"$1\" sustained ;;\n\
         'edit sustained') [ -e \"$unit\" ] ;;\n\
         'clean --what=state sustained') rm -r \"$ROOT/var/lib/sustained\" ;;\n\
         *) exit 9 ;;\nesac",
    ),
];

/// A machine in a folder.
struct Machine {
    home: Home,
}

impl Machine {
    fn new() -> Self {
        let home = Home::empty();
        for folder in [
            "root/usr/bin",
            "root/etc/systemd/system",
            "root/var/lib",
            "tree",
            "bin",
        ] {
            fs::create_dir_all(home.path().join(folder)).unwrap();
        }
        for (name, script) in IN_FRONT {
            let path = home.write(&format!("bin/{name}"), &format!("#!/bin/bash\n{script}\n"));
            fs::set_permissions(path, Permissions::from_mode(0o700)).unwrap();
        }
        let tree = Path::new(env!("CARGO_MANIFEST_DIR"));
        symlink(tree.join("systemd"), home.path().join("tree/systemd")).unwrap();
        Self { home }
    }

    fn root(&self, path: &str) -> PathBuf {
        self.home.path().join("root").join(path)
    }

    /// Runs a block of README; `flags` are `init`'s, `typed` is its standard input.
    fn run(&self, first_line: &str, config: &Path, flags: &str, typed: &str) -> Output {
        let root = self.root("").display().to_string();
        let script = below(
            &block("README.md", first_line).text,
            root.trim_end_matches('/'),
        );
        let home = self.home.path();
        let mut command = Command::new("bash");
        command
            .args(["-eu", "-c", &script])
            .current_dir(home.join("tree"));
        command
            .env_clear()
            .env(
                "PATH",
                format!("{}:/usr/bin:/bin", home.join("bin").display()),
            )
            .env("HOME", home)
            .env("TMPDIR", home)
            .env("ROOT", root.trim_end_matches('/'))
            .env("PROGRAM", PROGRAM)
            .env("CONFIG", config)
            .env("FLAGS", flags)
            .env("STATE_DIRECTORY", self.home.state());
        let input = self.home.write("typed", typed);
        command.stdin(Stdio::from(fs::File::open(input).unwrap()));
        let output = command.output().unwrap();
        assert!(output.status.success(), "{first_line}: {}", talk(&output));
        output
    }
}

/// The script with every absolute path below `root`. A path that it does not know is not run.
fn below(script: &str, root: &str) -> String {
    let mut whole = script.to_owned();
    for folder in ["/etc/", "/usr/bin/", "/var/lib/"] {
        for before in [" ", "=", "\""] {
            whole = whole.replace(
                &format!("{before}{folder}"),
                &format!("{before}{root}{folder}"),
            );
        }
    }
    for word in whole
        .split([' ', '=', '"', '\n'])
        .filter(|word| word.starts_with(['/', '~']))
    {
        assert!(
            word.starts_with(root),
            "{word} is outside of the test's folder"
        );
    }
    whole
}

fn talk(output: &Output) -> String {
    let both = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8_lossy(&both).into_owned()
}

#[test]
fn the_rehearsal_is_the_first_command() {
    let machine = Machine::new();
    let first = "cargo run --release -- rehearse";
    let output = machine.run(first, Path::new("/nonexistent"), "", "");
    assert!(talk(&output).contains("honored"), "{}", talk(&output));
}

#[test]
fn the_set_up_leads_to_a_configuration_that_works() {
    let Some(dovecot) = Dovecot::start() else {
        return;
    };
    let machine = Machine::new();
    let config = machine.root("etc/sustained/config.toml");
    let flags = format!(
        "--host localhost --port {} --ca-file {}",
        dovecot.port(),
        dovecot.ca_file().display()
    );
    let typed = format!("{LOGIN}\nfacebook\n{PASSWORD}\n\n");
    let output = machine.run("cargo build --release", &config, &flags, &typed);
    let said = talk(&output);
    assert!(said.contains("  ok    sign-in: accepted"), "{said}");
    assert!(!said.contains("FAIL"), "{said}");
    assert!(machine.root("usr/bin/sustained").exists());
    let secret = fs::metadata(machine.root("etc/sustained/imap-me")).unwrap();
    assert_eq!(secret.permissions().mode() & 0o777, 0o600);
    assert!(
        fs::read_to_string(config)
            .unwrap()
            .contains("credential = \"imap-me\"")
    );
}

#[test]
fn the_service_is_enabled_and_wiped_again() {
    if !Path::new("/usr/bin/systemctl").exists() {
        missing("systemctl", "systemd");
        return;
    }
    let machine = Machine::new();
    let nowhere = Path::new("/nonexistent");
    let install = "sudo install -m 644 systemd/sustained.service /etc/systemd/system/";
    machine.run(install, nowhere, "", "");
    let link = machine.root("etc/systemd/system/multi-user.target.wants/sustained.service");
    assert!(fs::symlink_metadata(&link).is_ok(), "it is not enabled");

    for folder in ["etc/sustained", "var/lib/sustained"] {
        fs::create_dir(machine.root(folder)).unwrap();
    }
    machine.run("sudo systemctl disable --now sustained", nowhere, "", "");
    assert!(fs::symlink_metadata(&link).is_err(), "it is still enabled");
    assert!(!machine.root("etc/sustained").exists() && !machine.root("var/lib/sustained").exists());
}

#[test]
fn the_consent_is_given_on_another_device() {
    let machine = Machine::new();
    let issuer = Issuer::start(LOGIN);
    issuer.set_pending(1);
    let oauth = issuer
        .table("device_url")
        .replace("\"own\"", "\"microsoft\"");
    let config = format!(
        "[[mailbox]]\nname = \"me\"\naddress = \"{LOGIN}\"\naccounts = [\"facebook\"]\n\
         imap = {{ host = \"localhost\", login = \"{LOGIN}\" }}\n{oauth}\n"
    );
    let config = machine.home.write("config.toml", &config);
    let output = machine.run("sustained init --oauth microsoft", &config, "", "");
    assert!(
        talk(&output).contains("and enter WDJB-MJHT"),
        "{}",
        talk(&output)
    );
    assert!(machine.home.state().join("tokens/me.json").exists());
}

#[test]
fn nothing_outside_of_the_folder_is_run() {
    assert_eq!(below("rm -r /etc/x\n", "/tmp/r"), "rm -r /tmp/r/etc/x\n");
    for script in ["rm -r /home", "rm -r ~/x", "cp a \"/lib\""] {
        let outside = std::panic::catch_unwind(|| below(script, "/tmp/r"));
        assert!(outside.is_err(), "{script}");
    }
}
