//! The tokens of one mailbox: kept in a file of the state folder, refreshed before they are
//! needed.
//!
//! An issuer may give another refresh token each time and forget the one before, so an answer of
//! its is never dropped, the file is written before the new one is used, and one process at a time
//! refreshes. What a full disk does not take is used all the same, and written later.
//!
//! SECURITY: the file is readable by its owner only, and is replaced whole or not at all.

use std::fmt::{self, Debug};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::OwnedMutexGuard;
use tokio::time::sleep;
use tracing::{debug, warn};

use crate::config::OAuth;
use crate::config::secret::Secret;
use crate::mail::MailboxName;

use super::OAuthError;
use super::exchange::{Denied, Granted, token};

/// A token that lives for less than this is as good as dead: a sign-in may take that long.
const SPARE: SignedDuration = SignedDuration::from_mins(1);

/// A token this young was not cut short by time.
const FRESH: SignedDuration = SignedDuration::from_mins(2);

/// Refreshed so long before its end, or when a fifth of its life is left if that is shorter: time
/// enough to find out that the consent is gone while the last token still works.
const AHEAD: SignedDuration = SignedDuration::from_mins(10);

/// Between two tries ahead of need.
const AGAIN: Duration = Duration::from_mins(2);

/// After the issuer wants something of the person.
const REFUSED: Duration = Duration::from_mins(15);

/// Tokens that live shorter are fetched when they are needed.
const SHORTEST_LIFE: SignedDuration = SignedDuration::from_mins(4);

/// The tokens of one mailbox.
#[derive(Clone)]
pub struct Keyring {
    oauth: OAuth,
    file: PathBuf,
    /// What could not be written yet.
    unwritten: Arc<Mutex<Option<Kept>>>,
    /// Waiting for a lock of the file takes one of few threads: one connection of the mailbox does.
    turn: Arc<tokio::sync::Mutex<()>>,
}

/// Held while tokens are exchanged.
type Held = (OwnedMutexGuard<()>, File);

/// What the file holds.
#[derive(Clone, Serialize, Deserialize)]
struct Kept {
    refresh_token: String,
    access_token: String,
    granted_at: Timestamp,
    expires_at: Timestamp,
}

impl Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // No token of what is not written yet.
        f.debug_struct("Keyring")
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}

impl Keyring {
    /// The keyring of `mailbox`, below the state folder.
    #[must_use]
    pub fn new(oauth: OAuth, mailbox: &MailboxName, state_dir: &Path) -> Self {
        let file = state_dir.join("tokens").join(format!("{}.json", mailbox.0));
        Self {
            oauth,
            file,
            unwritten: Arc::default(),
            turn: Arc::default(),
        }
    }

    /// Keeps what the person consented to.
    ///
    /// # Errors
    /// If the issuer gave no refresh token, or the file cannot be written.
    pub fn keep(&self, granted: &Granted) -> Result<(), OAuthError> {
        let Some(refresh) = &granted.refresh else {
            return Err(OAuthError::NeedsPerson(format!(
                "{} gave a token that cannot be refreshed: ask for offline access in `scope`",
                self.oauth.issuer
            )));
        };
        self.write(&Kept::from(granted, refresh))
    }

    /// A token that holds now, refreshed if need be.
    ///
    /// # Errors
    /// If there is none and none is to be had.
    pub async fn access(&self) -> Result<Secret, OAuthError> {
        let kept = self.read()?;
        if kept.left() > SPARE {
            return Ok(Secret::new(kept.access_token));
        }
        self.refresh(&kept.access_token).await
    }

    /// Gets another token than `refused`, which the server did not take. `false` if that one was
    /// fresh: then another would fare no better.
    ///
    /// # Errors
    /// If none is to be had.
    pub async fn replace_refused(&self, refused: &Secret) -> Result<bool, OAuthError> {
        let kept = self.read()?;
        let age = Timestamp::now().duration_since(kept.granted_at);
        // One from a time to come is of a clock that was set back since: nobody knows its age.
        let is_fresh = !age.is_negative() && age < FRESH;
        if kept.access_token == refused.reveal() && is_fresh {
            return Ok(false);
        }
        self.refresh(refused.reveal()).await.map(|_| true)
    }

    /// Refreshes ahead of need, for as long as the program runs.
    pub async fn keep_fresh(&self) {
        loop {
            self.write_late().await;
            let pause = match self.read() {
                Ok(kept) if kept.is_due() => {
                    let refreshed = self.refresh(&kept.access_token).await;
                    if let Err(error) = &refreshed {
                        // The person is told when a sign-in needs it; the last one may hold.
                        let issuer = &self.oauth.issuer;
                        warn!(issuer, "refreshing ahead of need: {error}");
                    }
                    match refreshed {
                        Ok(_) | Err(OAuthError::Outage(_)) => AGAIN,
                        Err(OAuthError::Revoked(_) | OAuthError::NeedsPerson(_)) => REFUSED,
                    }
                }
                Ok(kept) if kept.life() > SHORTEST_LIFE => {
                    // Looked at again before that: the machine may have slept.
                    Duration::try_from(kept.due_in())
                        .unwrap_or(AGAIN)
                        .min(AGAIN)
                }
                // Where there are none, whoever signs in says so.
                Ok(_) | Err(_) => AGAIN,
            };
            sleep(pause).await;
        }
    }

    /// Gets another token than `known`, unless somebody else has done so.
    async fn refresh(&self, known: &str) -> Result<Secret, OAuthError> {
        let (keyring, known) = (self.clone(), Secret::new(known.to_owned()));
        // In a task of its own: whoever waits may be stopped, the answer must still be kept.
        let refreshed = tokio::spawn(async move { keyring.exchange(known.reveal()).await });
        let refreshed = refreshed.await;
        refreshed.map_err(|error| OAuthError::Outage(error.to_string()))?
    }

    async fn exchange(&self, known: &str) -> Result<Secret, OAuthError> {
        let lock = self.lock().await?;
        let kept = self.read()?;
        if kept.access_token != known && kept.left() > SPARE {
            return Ok(Secret::new(kept.access_token));
        }
        let fields = [
            ("grant_type", "refresh_token"),
            ("refresh_token", kept.refresh_token.as_str()),
            ("scope", self.oauth.scope.as_str()),
        ];
        let granted = token(&self.oauth, &fields).await.map_err(|why| match why {
            Denied::Trouble(error) => error,
            Denied::Pending | Denied::SlowDown => super::exchange::nonsense(&self.oauth),
        })?;
        let before = Secret::new(kept.refresh_token);
        let kept = Kept::from(&granted, granted.refresh.as_ref().unwrap_or(&before));
        let written = self.write(&kept);
        if let Err(error) = &written {
            let issuer = &self.oauth.issuer;
            warn!(issuer, "a token that must be kept: {error}; written later");
        }
        *self.unwritten() = written.is_err().then_some(kept);
        drop(lock);
        debug!(issuer = self.oauth.issuer, "refreshed a token");
        Ok(granted.access)
    }

    /// Writes what could not be written before.
    async fn write_late(&self) {
        if self.unwritten().is_none() {
            return;
        }
        // Trouble that lasts was told already: it is tried again.
        let Ok(_lock) = self.lock().await else {
            return;
        };
        if self.read().is_ok_and(|kept| self.write(&kept).is_ok()) {
            *self.unwritten() = None;
        }
    }

    fn read(&self) -> Result<Kept, OAuthError> {
        let stored = self.stored();
        match self.unwritten().clone() {
            // The person may have consented anew since.
            Some(kept)
                if stored
                    .as_ref()
                    .map_or(true, |it| it.granted_at <= kept.granted_at) =>
            {
                Ok(kept)
            }
            Some(_) | None => stored,
        }
    }

    fn stored(&self) -> Result<Kept, OAuthError> {
        let OAuth { issuer, .. } = &self.oauth;
        let sign_in = format!("sign in once: sustained init --oauth {issuer}");
        let text = fs::read_to_string(&self.file).map_err(|error| {
            if error.kind() == io::ErrorKind::NotFound {
                OAuthError::Revoked(format!("nobody has consented yet; {sign_in}"))
            } else {
                self.unusable(&error)
            }
        })?;
        serde_json::from_str(&text).map_err(|_| {
            let file = self.file.display();
            OAuthError::Revoked(format!("{file} holds no tokens; {sign_in}"))
        })
    }

    fn write(&self, kept: &Kept) -> Result<(), OAuthError> {
        let text = serde_json::to_vec(kept).map_err(|error| self.unusable(&error.into()))?;
        self.replace(&text).map_err(|error| self.unusable(&error))
    }

    /// Writes beside the file and puts the new one in its place.
    fn replace(&self, text: &[u8]) -> io::Result<()> {
        let folder = self.folder()?;
        let draft = self.file.with_extension("new");
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&draft)?;
        file.write_all(text)?;
        file.sync_all()?;
        give_to_owner_of(folder, &draft)?;
        fs::rename(&draft, &self.file)?;
        File::open(folder)?.sync_all()
    }

    fn folder(&self) -> io::Result<&Path> {
        let folder = self.file.parent().unwrap_or(Path::new(""));
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
        give_to_owner_of(folder.parent().unwrap_or(folder), folder)?;
        Ok(folder)
    }

    /// Held while tokens are exchanged, also against `check` beside the daemon.
    async fn lock(&self) -> Result<Held, OAuthError> {
        let turn = self.turn.clone().lock_owned().await;
        self.folder().map_err(|error| self.unusable(&error))?;
        let path = self.file.with_extension("lock");
        let locked = tokio::task::spawn_blocking(move || {
            let file = File::create(&path)?;
            give_to_owner_of(path.parent().unwrap_or(&path), &path)?;
            file.lock()?;
            Ok::<_, io::Error>(file)
        });
        let locked = locked
            .await
            .map_err(|error| OAuthError::Outage(error.to_string()))?;
        let locked = locked.map_err(|error| self.unusable(&error))?;
        Ok((turn, locked))
    }

    fn unwritten(&self) -> MutexGuard<'_, Option<Kept>> {
        self.unwritten
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn unusable(&self, error: &io::Error) -> OAuthError {
        OAuthError::Outage(format!("{}: {error}", self.file.display()))
    }
}

/// The administrator may consent for a service that runs as somebody else.
fn give_to_owner_of(folder: &Path, path: &Path) -> io::Result<()> {
    let (wanted, found) = (fs::metadata(folder)?, fs::metadata(path)?);
    if (wanted.uid(), wanted.gid()) != (found.uid(), found.gid()) {
        chown(path, Some(wanted.uid()), Some(wanted.gid()))?;
    }
    Ok(())
}

impl Kept {
    fn from(granted: &Granted, refresh: &Secret) -> Self {
        let now = Timestamp::now();
        let lives = SignedDuration::try_from(granted.lives).unwrap_or(SPARE);
        Self {
            refresh_token: refresh.reveal().to_owned(),
            access_token: granted.access.reveal().to_owned(),
            granted_at: now,
            expires_at: now.saturating_add(lives).unwrap_or(now),
        }
    }

    /// How long it still lives. Where the clock was set back since, nobody knows: not at all.
    fn left(&self) -> SignedDuration {
        let now = Timestamp::now();
        if self.granted_at > now {
            return SignedDuration::ZERO;
        }
        self.expires_at.duration_since(now)
    }

    /// How long until it should be refreshed.
    fn due_in(&self) -> SignedDuration {
        self.left().saturating_sub((self.life() / 5).min(AHEAD))
    }

    fn life(&self) -> SignedDuration {
        self.expires_at.duration_since(self.granted_at)
    }

    /// One that lives shorter than two looks at it is fetched when it is needed: an issuer whose
    /// tokens are born dead must not be asked without end.
    fn is_due(&self) -> bool {
        self.due_in() <= SignedDuration::ZERO && self.life() > SHORTEST_LIFE
    }
}
